import Foundation
import Geo
import Manifests
public import Raster

/// Reads control points that somebody measured: a CSV or a GeoJSON.
///
/// CSV: a header "column,row,longitude,latitude,height" and a line a point. GeoJSON: point features in longitude,
/// latitude and height above the ellipsoid, with "ji": [column, row] in their properties. Pixel centres are at +0.5.
public enum GroundControlFile {
    private static let header = "column,row,longitude,latitude,height"

    /// The points of a file.
    ///
    /// - Throws: `PrepError` that names the line or the feature.
    public static func read(_ path: String) throws -> [GroundControlPoint] {
        guard FileManager.default.fileExists(atPath: path) else {
            throw PrepError(.missing, path, "no such file of control points")
        }
        let text = try WholeFile.readText(path)
        let isJSON = text.first { !$0.isWhitespace } == "{"
        let points = try isJSON ? features(text, path) : lines(text, path)
        guard !points.isEmpty else { throw PrepError(.badData, path, "no control point in it") }
        return points
    }

    private static func lines(_ text: String, _ path: String) throws -> [GroundControlPoint] {
        let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        guard lines.first?.filter({ $0 != " " }) == header else {
            throw PrepError(.badData, path, "line 1: expected the header \"\(header)\"")
        }
        return try lines.enumerated().dropFirst().compactMap { index, line in
            guard !line.allSatisfy(\.isWhitespace) else { return nil }
            let numbers = line.split(separator: ",").compactMap {
                Double($0.trimmingCharacters(in: .whitespaces))
            }
            return try point(numbers, "\(path): line \(index + 1)")
        }
    }

    private static func features(_ text: String, _ path: String) throws -> [GroundControlPoint] {
        let features = try JSONValue.parse(text)["features"]?.array ?? []
        return try features.enumerated().map { index, feature in
            let pixel = feature["properties"]?["ji"]?.array ?? []
            let place = feature["geometry"]?["coordinates"]?.array ?? []
            return try point(
                (pixel + place).compactMap(\.double), "\(path): feature \(index + 1)")
        }
    }

    private static func point(_ numbers: [Double], _ subject: String) throws -> GroundControlPoint {
        guard numbers.count == 5, numbers.allSatisfy(\.isFinite), abs(numbers[2]) <= 180,
            abs(numbers[3]) <= 90
        else {
            throw PrepError(
                .badData, subject, "expected five numbers: \(header), degrees and metres")
        }
        return GroundControlPoint(
            pixel: Position(x: numbers[0], y: numbers[1]), longitude: numbers[2],
            latitude: numbers[3], height: numbers[4])
    }
}
