import Geo
import Raster

/// The reference pictures that other dates are held against, and the pixels they are measured in.
struct AlignmentFrame {
    /// One picture a band.
    var images: [AlignmentImage]
    /// The grid of all of them.
    let grid: GeoGrid
    /// The region's grid, in whose pixels shifts are told.
    let region: GeoGrid

    init(_ files: SceneFiles, bands: [Sentinel2Band], region: GeoGrid) throws {
        grid = try files.grid(of: files.scene.source(of: bands[0]))
        images = try bands.map { try files.picture($0).image }
        self.region = region
    }

    /// Pixels of the region in one pixel of the picture.
    var scale: Double {
        grid.transform.resolution.alongRow / region.transform.resolution.alongRow
    }

    /// Another date's pictures, and where the reference's first pixel lies in them.
    struct Moving {
        var images: [AlignmentImage]
        /// In whole pixels.
        var origin: (row: Int, column: Int)
        /// What of the geolocation remains, in pixels: part of every shift that is found.
        var fraction: Shift
    }

    /// The date's own pixels where they lie parallel to the reference's, else its picture warped onto them.
    func moving(_ files: SceneFiles, bands: [Sentinel2Band]) throws -> Moving {
        let own = try files.grid(of: files.scene.source(of: bands[0]))
        guard GridOverlap.isParallel(grid, own) else {
            let warp = try SceneWarp(
                files: files, region: region, applied: nil, kernel: .lanczos)
            return Moving(
                images: try bands.map { try warp.picture($0, onto: grid) }, origin: (0, 0),
                fraction: .zero)
        }
        let place = GridOverlap.origin(of: grid, in: own)
        let (row, column) = (place.y.rounded(), place.x.rounded())
        return Moving(
            images: try bands.map { try files.picture($0).image }, origin: (Int(row), Int(column)),
            fraction: Shift(rows: place.y - row, columns: place.x - column))
    }
}

/// How two grids lie to each other.
enum GridOverlap {
    /// Whether two grids have the same projection, pixel size and orientation.
    static func isParallel(_ left: GeoGrid, _ right: GeoGrid) -> Bool {
        let (a, b) = (left.transform, right.transform)
        return left.crs == right.crs && a.pixelWidth == b.pixelWidth
            && a.pixelHeight == b.pixelHeight && a.isAxisAligned && b.isAxisAligned
    }

    /// Whether pixels of one coincide with pixels of the other.
    static func isCongruent(_ left: GeoGrid, _ right: GeoGrid) -> Bool {
        guard isParallel(left, right) else { return false }
        let place = origin(of: left, in: right)
        return abs(place.x - place.x.rounded()) < 1e-6 && abs(place.y - place.y.rounded()) < 1e-6
    }

    /// Where the first corner of a grid lies in the pixels of a parallel one.
    static func origin(of grid: GeoGrid, in other: GeoGrid) -> Position {
        let (a, b) = (grid.transform, other.transform)
        return Position(
            x: (a.originX - b.originX) / b.pixelWidth, y: (a.originY - b.originY) / b.pixelHeight)
    }

    /// The share of a grid's area that the other one's outline covers, by bounds.
    static func fraction(of grid: GeoGrid, by other: GeoGrid) throws -> Double {
        let bounds = try other.crs == grid.crs ? other.bounds : outline(of: other, in: grid.crs)
        let area = grid.bounds.width * grid.bounds.height
        guard let common = grid.bounds.intersection(bounds), area > 0 else { return 0 }
        return common.width * common.height / area
    }

    /// The bounds of a grid in another projection, from points along its border.
    static func outline(of grid: GeoGrid, in crs: CRS) throws -> MapBounds {
        guard grid.crs != crs else { return grid.bounds }
        let steps = (0...20).map { Double($0) / 20 }
        let (width, height) = (Double(grid.size.width), Double(grid.size.height))
        let border: [(Double, Double)] = steps.flatMap { step in
            [(step * width, 0), (step * width, height), (0, step * height), (width, step * height)]
        }
        let points = border.map { grid.transform.map(column: $0.0, row: $0.1) }
        let transform = try CoordinateTransform(from: grid.crs, to: crs)
        guard let bounds = MapBounds(around: transform.map(points).compactMap(\.self)) else {
            throw GeoError("no outline of \(grid) in \(crs)")
        }
        return bounds
    }
}
