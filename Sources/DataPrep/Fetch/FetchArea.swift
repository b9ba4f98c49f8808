import Foundation
public import Geo
import Raster

/// The ground that is wanted.
public enum FetchArea: Hashable, Sendable {
    /// A box in degrees: west, south, east, north; one that crosses the antimeridian has west > east.
    case box(MapBounds)
    /// A square of a side in metres around a longitude and latitude in degrees.
    case square(longitude: Double, latitude: Double, sideInMetres: Double)

    /// A box.
    ///
    /// - Throws: `PrepError` (`usage`) for one without area or off the Earth.
    public init(west: Double, south: Double, east: Double, north: Double) throws {
        guard (-180...180).contains(west), (-180...180).contains(east), west != east,
            (-90...90).contains(south), (-90...90).contains(north), south < north
        else {
            throw PrepError(
                .usage, "--bbox", "expected WEST,SOUTH,EAST,NORTH in degrees with SOUTH < NORTH")
        }
        self = .box(MapBounds(left: west, bottom: south, right: east, top: north))
    }

    /// A square around a point.
    ///
    /// - Throws: `PrepError` (`usage`) for a point off the Earth, or a side that is not 60 m to 220 km.
    public init(longitude: Double, latitude: Double, sideInMetres: Double) throws {
        guard (-180...180).contains(longitude), (-90...90).contains(latitude),
            (60...220_000).contains(sideInMetres)
        else {
            throw PrepError(
                .usage, "--point",
                "expected LONGITUDE,LATITUDE in degrees and a side of 60 to "
                    + "220000 metres")
        }
        self = .square(longitude: longitude, latitude: latitude, sideInMetres: sideInMetres)
    }

    /// What is searched for: west, south, east, north; a point is searched for within 0.001°.
    var searchBox: [Double] {
        switch self {
        case .box(let box): return [box.left, box.bottom, box.right, box.top]
        case .square(let longitude, let latitude, _):
            let (dx, dy) = (0.001, 0.001)
            return [
                max(longitude - dx, -180), max(latitude - dy, -90), min(longitude + dx, 180),
                min(latitude + dy, 90),
            ]
        }
    }

    /// What a tile should cover: the box that is searched for, or the square itself.
    ///
    /// A square too large for the overlap of two tiles is cut off by either, and wanted of the tile of its centre.
    private var wantedBox: [Double] {
        guard case .square(_, _, let side) = self, side <= 20_000 else { return searchBox }
        return wholeBox
    }

    /// All of the ground in degrees, whatever its size.
    private var wholeBox: [Double] {
        guard case .square(let longitude, let latitude, let side) = self else { return searchBox }
        let dy = side / 2 / 111_320
        let dx = dy / max(cos(latitude * .pi / 180), 0.01)
        return [
            max(longitude - dx, -180), max(latitude - dy, -90), min(longitude + dx, 180),
            min(latitude + dy, 90),
        ]
    }

    /// The share of all of the ground that lies in an item's tile, 0…1; nil for an item that says nothing of it.
    func share(inTileOf item: STACItem) throws -> Double? {
        let grounds = item.assets().sorted { $0.value.key < $1.value.key }.lazy
            .filter { $0.key != .granule }.compactMap(\.value.ground)
        guard let ground = grounds.first else {
            return item.bounds.map { Self.share(of: wholeBox, coveredBy: $0) }
        }
        let wanted = try bounds(in: ground.crs)
        let common = wanted.intersection(ground.bounds).map { $0.width * $0.height } ?? 0
        return common / (wanted.width * wanted.height)
    }

    /// The share of what is wanted that an item's box covers, 0…1.
    func share(coveredBy item: MapBounds) -> Double {
        Self.share(of: wantedBox, coveredBy: item)
    }

    private static func share(of box: [Double], coveredBy item: MapBounds) -> Double {
        let wanted = MapBounds(
            left: box[0], bottom: box[1], right: box[2] < box[0] ? box[2] + 360 : box[2],
            top: box[3])
        let offered = MapBounds(
            left: item.left, bottom: item.bottom,
            right: item.right < item.left ? item.right + 360 : item.right, top: item.top)
        let parts = [-360.0, 0, 360].compactMap { turn in
            wanted.intersection(
                MapBounds(
                    left: offered.left + turn, bottom: offered.bottom, right: offered.right + turn,
                    top: offered.top))
        }
        let common = parts.map { $0.width * $0.height }.reduce(0, +)
        return min(1, common / (wanted.width * wanted.height))
    }

    /// The pixels of a grid that are wanted, whole pixels of 60 m counted from the grid's corner; nil where there are none.
    ///
    /// So windows of 10, 20 and 60 m bands of a granule cover the same ground.
    func window(on grid: GeoGrid) throws -> PixelWindow? {
        let bounds = try bounds(in: grid.crs)
        let step = 60.0
        let (left, top) = (grid.transform.originX, grid.transform.originY)
        let snapped = MapBounds(
            left: left + ((bounds.left - left) / step).rounded(.down) * step,
            bottom: top - ((top - bounds.bottom) / step).rounded(.up) * step,
            right: left + ((bounds.right - left) / step).rounded(.up) * step,
            top: top - ((top - bounds.top) / step).rounded(.down) * step)
        guard let inside = snapped.intersection(grid.bounds) else { return nil }
        return try grid.window(at: inside).intersection(grid.size.window)
    }

    /// The rectangle in a projection around the area.
    private func bounds(in crs: CRS) throws -> MapBounds {
        let transform = try CoordinateTransform(from: CRS(epsg: 4326), to: crs)
        switch self {
        case .square(let longitude, let latitude, let side):
            guard let centre = transform.map([Position(x: longitude, y: latitude)])[0] else {
                throw PrepError(.usage, "--point", "has no place in \(crs)")
            }
            // Whole metres, so that rounding of the projection moves no pixel.
            let (x, y, half) = (centre.x.rounded(), centre.y.rounded(), side / 2)
            return MapBounds(left: x - half, bottom: y - half, right: x + half, top: y + half)
        case .box(let box):
            let right = box.right < box.left ? box.right + 360 : box.right
            let outline = (0...32).flatMap { step -> [Position] in
                let share = Double(step) / 32
                let x = box.left + (right - box.left) * share
                let y = box.bottom + (box.top - box.bottom) * share
                return [
                    Position(x: x, y: box.bottom), Position(x: x, y: box.top),
                    Position(x: box.left, y: y), Position(x: right, y: y),
                ]
            }
            let mapped = transform.map(outline)
            guard let bounds = MapBounds(around: mapped.compactMap(\.self)),
                !mapped.contains(where: { $0 == nil })
            else { throw PrepError(.usage, "--bbox", "has no place in \(crs)") }
            return bounds
        }
    }
}

extension FetchArea: Codable {
    private enum CodingKeys: String, CodingKey { case bbox, point, sideInMetres }

    /// Decodes `{"bbox": […]}` or `{"point": [longitude, latitude], "sideInMetres": …}`.
    public init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        if let box = try fields.decodeIfPresent([Double].self, forKey: .bbox), box.count == 4 {
            try self.init(west: box[0], south: box[1], east: box[2], north: box[3])
            return
        }
        let point = try fields.decode([Double].self, forKey: .point)
        guard point.count == 2 else {
            throw PrepError(.usage, "point", "expected LONGITUDE,LATITUDE")
        }
        try self.init(
            longitude: point[0], latitude: point[1],
            sideInMetres: fields.decode(Double.self, forKey: .sideInMetres))
    }

    /// Encodes the same.
    public func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: CodingKeys.self)
        switch self {
        case .box: try fields.encode(searchBox, forKey: .bbox)
        case .square(let longitude, let latitude, let side):
            try fields.encode([longitude, latitude], forKey: .point)
            try fields.encode(side, forKey: .sideInMetres)
        }
    }
}
