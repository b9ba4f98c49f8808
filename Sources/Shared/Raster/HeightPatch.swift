public import Geo

/// The heights under some ground, read whole before anything is laid over them, so that what is missing is known at once.
public struct HeightPatch: Sendable {
    /// Where the heights lie; degrees go on beyond 180 rather than round.
    public let grid: GeoGrid
    /// Metres as the files have them, or above the ellipsoid; `void` where they have none.
    var pixels: RasterBuffer<Float>
    /// Metres to add.
    let offset: Double
    /// The height taken in voids, without `offset`.
    var voidHeight: Double?

    /// The longitude that others are told from, so that none jumps where they go round; nil where x is no longitude.
    private let middle: Double?

    /// What stands for no height.
    static let void: Float = -32_768
    /// Heights outside of this are voids, said or not: from the lowest land to the highest, with the geoid and some hundred metres
    /// to spare (our choice).
    static let plausible: ClosedRange<Float> = -1_000...9_500
    /// The most pixels that are read: heights of 30 m under six scenes by six.
    static let largest = 1 << 28
    /// Pixels around the ground, for interpolation.
    static let margin = 3

    /// The heights under a target grid and the ground around it that a shift may need.
    /// - Throws: `RasterError`: `missing` for a file or a tile of a virtual raster that is not there, `unreadable` for a
    ///   broken one, `invalid` if there is no height under the grid.
    public init(_ model: ElevationModel, under target: GeoGrid) throws {
        let ground = try target.padded(by: PositionLattice.margin)
        let steps = 32
        let (width, height) = (Double(ground.size.width), Double(ground.size.height))
        let places = (0...steps).flatMap { row in
            (0...steps).map { column in
                ground.transform.map(
                    column: width * Double(column) / Double(steps),
                    row: height * Double(row) / Double(steps))
            }
        }
        let degrees = try CoordinateTransform(from: target.crs, to: .wgs84).map(places)
        guard let patch = try HeightPatch(model, around: degrees.compactMap(\.self)) else {
            throw RasterError(
                .invalid, path: model.name,
                "has no heights under the image; give the tiles that cover it")
        }
        self = patch
    }

    /// The heights around places (x is longitude); nil if none of them lies on the raster.
    init?(_ model: ElevationModel, around places: [Position]) throws {
        var pieces: [HeightPiece] = []
        for rasters in try HeightMosaic.groups(model.paths) {
            let file = try HeightMosaic.open(rasters, named: model.name)
            pieces += try HeightPiece.pieces(of: file, around: places, named: model.name)
        }
        guard let whole = try HeightPiece.joined(pieces, named: model.name) else { return nil }
        (grid, pixels) = (whole.grid, whole.pixels)
        (offset, voidHeight) = (model.offset, model.voidHeight)
        let bounds = whole.grid.bounds
        middle = whole.grid.goesRound ? (bounds.left + bounds.right) / 2 : nil
    }

    /// The height at places (x is longitude), nearest pixel and offset added; nil where there is none.
    /// - Throws: `RasterError` if the raster's system has no way to longitude and latitude.
    public func heights(at places: [Position]) throws -> [Double?] {
        let ground = try CoordinateTransform(from: .wgs84, to: grid.crs).map(places)
        let toPixel = try grid.transform.inverse()
        return ground.map { place in
            guard let at = place.map({ toPixel.map(column: near($0.x), row: $0.y) }), at.x >= 0,
                at.y >= 0, at.x < Double(grid.size.width), at.y < Double(grid.size.height)
            else { return nil }
            let height = pixels[0, Int(at.y), Int(at.x)]
            return height == Self.void ? nil : Double(height) + offset
        }
    }

    /// A longitude as the patch counts them; anything else as it is.
    func near(_ longitude: Double) -> Double {
        middle.map { longitude.longitude(near: $0) } ?? longitude
    }
}
