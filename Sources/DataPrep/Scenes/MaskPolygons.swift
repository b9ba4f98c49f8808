import Foundation
import Geo
import Synchronization

/// The polygons of a mask in GML, as Sentinel-2 products had them before baseline 04.00.
struct MaskPolygons: Sendable {
    /// A polygon: rings in map coordinates, of which an odd number around a place means inside.
    struct Polygon: Sendable {
        /// What it marks, such as "OPAQUE" or "QT_SATURATED_PIXELS".
        let kind: String
        /// The number in "detector_footprint-B01-05-0", where there is one.
        let detector: UInt16?
        let rings: [[Position]]
    }

    let polygons: [Polygon]

    /// Reads a file; one without polygons marks nothing.
    ///
    /// - Throws: `PrepError` (`badData`) for a ring that is none.
    init(contentsOf path: String) throws {
        polygons = try SafeXML.read(path).all("MaskFeature").map { feature in
            let id = (feature.attributes["gml:id"] ?? "").split(separator: "-")
            return Polygon(
                kind: feature.first("maskType")?.value ?? "",
                detector: id.count == 4 ? UInt16(id[2]) : nil,
                rings: try feature.all("posList").map { try Self.ring($0, path: path) })
        }
    }

    private static func ring(_ list: XMLElementNode, path: String) throws -> [Position] {
        let numbers = list.value.split { " \n\t\r".contains($0) }.map { Double($0) ?? .nan }
        let dimension = list.attributes["srsDimension"].flatMap(Int.init) ?? 2
        guard (2...3).contains(dimension), numbers.count % dimension == 0,
            numbers.allSatisfy({ $0.isFinite && abs($0) < 1e9 })
        else { throw PrepError(.badData, path, "a posList is not made of coordinates") }
        return stride(from: 0, to: numbers.count, by: dimension).map {
            Position(x: numbers[$0], y: numbers[$0 + 1])
        }
    }

    /// Calls `mark` with every run of pixels of a row whose centres lie in a polygon.
    static func fill(
        _ polygon: Polygon, on grid: GeoGrid, mark: (_ row: Int, _ columns: Range<Int>) -> Void
    ) throws {
        let inverse = try grid.transform.inverse()
        var crossings: [Int: [Double]] = [:]
        for ring in polygon.rings where ring.count > 2 {
            let points = ring.map { inverse.map(column: $0.x, row: $0.y) }
            for (start, end) in zip(points, points.dropFirst() + points.prefix(1)) {
                let (top, bottom) = (min(start.y, end.y), max(start.y, end.y))
                let first = max(0, (top - 0.5).rounded(.up))
                let last = min(Double(grid.size.height), (bottom - 0.5).rounded(.up))
                guard first < last else { continue }
                for row in Int(first)..<Int(last) {
                    let share = (Double(row) + 0.5 - start.y) / (end.y - start.y)
                    crossings[row, default: []].append(start.x + share * (end.x - start.x))
                }
            }
        }
        let width = Double(grid.size.width)
        for (row, places) in crossings {
            let sorted = places.sorted()
            for pair in stride(from: 0, to: sorted.count - 1, by: 2) {
                let start = min(max(0, (sorted[pair] - 0.5).rounded(.up)), width)
                let end = min(max(0, (sorted[pair + 1] - 0.5).rounded(.up)), width)
                if start < end { mark(row, Int(start)..<Int(end)) }
            }
        }
    }
}

/// Masks in GML, each parsed once, however many tiles are cut of it and by how many threads.
final class ParsedMasks: Sendable {
    private let known = Mutex<[String: MaskPolygons]>([:])

    /// A file's polygons.
    ///
    /// - Throws: `PrepError` as `MaskPolygons`.
    func polygons(of path: String) throws -> MaskPolygons {
        // Who comes meanwhile waits: it wants the same file.
        try known.withLock { known in
            if let there = known[path] { return there }
            let read = try MaskPolygons(contentsOf: path)
            known[path] = read
            return read
        }
    }
}
