package import Geo
import Raster

/// Brings footprints into the pixel coordinates of an image.
///
/// Keeps the last coordinate transform, for a data set has one; not `Sendable`.
package final class GroundToPixels {
    private var transform: CoordinateTransform?
    private var pair: (source: CRS, target: CRS)?

    /// Knows no transform yet.
    package init() {}

    /// The features in pixels of a grid.
    ///
    /// Without a `crs` member coordinates are longitudes and latitudes (RFC 7946), or the image's own where they cannot be.
    /// - Throws: `BenchError`, 65: an unknown reference system; no polygon on the image although there are some.
    package func features(
        of collection: FootprintCollection, on grid: GeoGrid, path: String
    ) throws -> [FootprintFeature] {
        var features = collection.features
        if !collection.isInPixels {
            let source = try Self.system(of: collection, on: grid, path: path)
            try project(&features, from: source, to: grid.crs)
            let pixels = PixelMapping(grid.transform)
            Self.change(&features, pixels.map)
        }
        try Self.checkOverlap(features, collection, on: grid, path: path)
        return features
    }

    private static func change(
        _ features: inout [FootprintFeature], _ map: (Position) -> Position
    ) {
        for feature in features.indices {
            features[feature].polygons = features[feature].polygons.map { $0.map { $0.map(map) } }
        }
    }

    // MARK: Reference systems

    private static func system(
        of collection: FootprintCollection, on grid: GeoGrid, path: String
    ) throws -> CRS {
        guard let name = collection.crs else {
            let isDegrees = collection.features.allSatisfy { feature in
                feature.polygons.allSatisfy { polygon in
                    polygon.allSatisfy { $0.allSatisfy { abs($0.x) <= 180 && abs($0.y) <= 90 } }
                }
            }
            return isDegrees ? .wgs84 : grid.crs
        }
        if name.hasSuffix("CRS84") { return .wgs84 }
        let code = name.split(separator: ":").last.flatMap { Int($0) }
        guard name.contains("EPSG"), let code, (1024...32767).contains(code) else {
            throw BenchError(
                .invalid,
                "\(path): the reference system \(name.prefix(80)) is not known; expected CRS84 or EPSG"
            )
        }
        return CRS(epsg: code)
    }

    private func project(
        _ features: inout [FootprintFeature], from source: CRS, to target: CRS
    ) throws {
        if pair?.source != source || pair?.target != target {
            let isSame = CoordinateTransform.isSame(source, target)
            transform = isSame ? nil : try CoordinateTransform(from: source, to: target)
            pair = (source, target)
        }
        guard transform != nil else { return }
        for feature in features.indices {
            for polygon in features[feature].polygons.indices {
                for ring in features[feature].polygons[polygon].indices {
                    let places = transform?.map(features[feature].polygons[polygon][ring]) ?? []
                    features[feature].polygons[polygon][ring] = places.map {
                        $0 ?? Position(x: .infinity, y: .infinity)
                    }
                }
            }
        }
    }

    // MARK: Overlap

    private static func checkOverlap(
        _ features: [FootprintFeature], _ collection: FootprintCollection, on grid: GeoGrid,
        path: String
    ) throws {
        let count = features.reduce(0) { $0 + $1.polygons.count }
        guard count > 0, !overlaps(features, grid.size) else { return }
        throw BenchError(
            .invalid,
            "\(path): 0 of \(count) polygons intersect the image (\(grid)); \(hint(collection, grid))"
        )
    }

    private static func overlaps(_ features: [FootprintFeature], _ size: PixelSize) -> Bool {
        let (width, height) = (Double(size.width), Double(size.height))
        return features.contains { feature in
            feature.polygons.contains { polygon in
                guard let box = MapBounds(around: polygon.first ?? []) else { return false }
                return box.left <= width && box.right >= 0 && box.bottom <= height && box.top >= 0
            }
        }
    }

    /// What the mistake most likely is.
    private static func hint(_ collection: FootprintCollection, _ grid: GeoGrid) -> String {
        var swapped = collection.features
        change(&swapped) { Position(x: $0.y, y: $0.x) }
        let pixels = PixelMapping(grid.transform)
        change(&swapped, pixels.map)
        if !collection.isInPixels, overlaps(swapped, grid.size) {
            return "longitude and latitude are swapped"
        }
        return "the footprints are of another image, or in another reference system than they say"
    }
}

/// Map coordinates to pixels, in the order of GDAL's arithmetic, so that ties on pixel centres fall as there.
private struct PixelMapping {
    private let numbers: [Double]

    init(_ transform: AffineTransform) {
        if transform.isAxisAligned {
            numbers = [
                -transform.originX / transform.pixelWidth, 1 / transform.pixelWidth, 0,
                -transform.originY / transform.pixelHeight, 0, 1 / transform.pixelHeight,
            ]
        } else {
            // An image whose transform has no inverse was refused when it was made.
            numbers = (try? transform.inverse().gdal) ?? transform.gdal
        }
    }

    func map(_ place: Position) -> Position {
        Position(
            x: numbers[0] + place.x * numbers[1] + place.y * numbers[2],
            y: numbers[3] + place.x * numbers[4] + place.y * numbers[5])
    }
}
