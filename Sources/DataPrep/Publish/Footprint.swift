import Geo
import Manifests
import Raster

/// A rectangle of longitudes and latitudes; west is larger than east where it crosses the antimeridian (RFC 7946, 5.2).
struct GeographicBox: Hashable {
    var west, south, east, north: Double

    /// west, south, east, north.
    var json: JSONValue { .array([west, south, east, north].map { .number($0) }) }

    /// The box around some boxes with the shortest way from west to east, across the antimeridian if that is shorter.
    static func around(_ boxes: [GeographicBox]) -> GeographicBox? {
        let spans = boxes.map { (west: $0.west, east: $0.east < $0.west ? $0.east + 360 : $0.east) }
            .sorted { $0 < $1 }
        guard let first = spans.first else { return nil }
        let farthest = spans.map(\.east).reduce(first.east, max)
        var widest = (gap: first.west + 360 - farthest, west: first.west, east: farthest)
        var end = first.east
        for span in spans.dropFirst() {
            if span.west - end > widest.gap {
                widest = (span.west - end, span.west, max(end + 360, farthest))
            }
            end = max(end, span.east)
        }
        let (west, east) = widest.gap > 0 ? (widest.west, widest.east) : (-180, 180)
        return GeographicBox(
            west: west, south: boxes.map(\.south).reduce(90, min),
            east: east > 180 ? east - 360 : east, north: boxes.map(\.north).reduce(-90, max))
    }
}

/// Where a grid lies on the globe: polygons in longitude and latitude, none of which crosses the antimeridian.
struct Footprint: Hashable {
    /// Closed rings, counter-clockwise; two where the grid lies on both sides of the antimeridian.
    let rings: [[Position]]
    /// The box around them.
    let box: GeographicBox

    /// A footprint from a ring of longitudes and latitudes that may jump by 360°.
    init?(ring: [Position]) {
        guard let first = ring.first else { return nil }
        var points = ring.map { point in
            let turns = ((point.x - first.x) / 360).rounded()
            return Position(x: point.x - 360 * turns, y: point.y)
        }
        guard let bounds = MapBounds(around: points) else { return nil }
        let turns = ((bounds.left + 180) / 360).rounded(.down)
        points = points.map { Position(x: Self.rounded($0.x - 360 * turns), y: Self.rounded($0.y)) }
        guard let area = MapBounds(around: points), area.width < 180 else { return nil }
        let crosses = area.right > 180
        box = GeographicBox(
            west: area.left, south: area.bottom, east: crosses ? area.right - 360 : area.right,
            north: area.top)
        let parts =
            crosses
            ? [
                Self.clipped(points) { $0 <= 180 },
                Self.clipped(points) { $0 >= 180 }.map { Position(x: $0.x - 360, y: $0.y) },
            ] : [points]
        rings = parts.map(Self.closed)
    }

    /// A `Polygon`, or a `MultiPolygon` on both sides of the antimeridian.
    var geometry: JSONValue {
        let polygons = rings.map { ring in
            JSONValue.array([.array(ring.map { .array([.number($0.x), .number($0.y)]) })])
        }
        return polygons.count == 1
            ? ["type": "Polygon", "coordinates": polygons[0]]
            : ["type": "MultiPolygon", "coordinates": .array(polygons)]
    }

    /// To 10⁻⁷ degrees, a centimetre.
    private static func rounded(_ degrees: Double) -> Double { (degrees * 1e7).rounded() / 1e7 }

    /// The part of a ring on one side of the meridian of 180° (Sutherland and Hodgman, 1974).
    private static func clipped(_ ring: [Position], _ isInside: (Double) -> Bool) -> [Position] {
        var kept: [Position] = []
        for (index, point) in ring.enumerated() {
            let before = ring[(index + ring.count - 1) % ring.count]
            if isInside(before.x) != isInside(point.x) {
                let part = (180 - before.x) / (point.x - before.x)
                let y = rounded(before.y + part * (point.y - before.y))
                kept.append(Position(x: 180, y: y))
            }
            if isInside(point.x) { kept.append(point) }
        }
        return kept
    }

    /// Counter-clockwise, the first point again at the end.
    private static func closed(_ ring: [Position]) -> [Position] {
        let next = ring.dropFirst() + ring.prefix(1)
        let area = zip(ring, next).map { $0.x * $1.y - $1.x * $0.y }.reduce(0, +)
        let turned = area < 0 ? ring.reversed() : ring
        return turned + turned.prefix(1)
    }
}

/// Tells where grids of one projection lie on the globe.
final class GlobeView {
    private let transform: CoordinateTransform
    private let crs: CRS

    init(_ crs: CRS) throws {
        self.crs = crs
        transform = try CoordinateTransform(from: crs, to: .wgs84)
    }

    /// The footprint of a grid, its sides followed in eight steps each, since they are no straight lines on the globe.
    func footprint(of grid: GeoGrid) throws -> Footprint {
        let corners = grid.corners
        let points = zip(corners, corners.dropFirst() + corners.prefix(1)).flatMap { from, to in
            (0..<8).map { step in
                let part = Double(step) / 8
                return Position(
                    x: from.x + part * (to.x - from.x), y: from.y + part * (to.y - from.y))
            }
        }
        let places = transform.map(points).compactMap(\.self)
        guard places.count == points.count, let footprint = Footprint(ring: places) else {
            throw PrepError(
                .badData, "\(grid)", "has no place in longitude and latitude; check its projection")
        }
        return footprint
    }
}
