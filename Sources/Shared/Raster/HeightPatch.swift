public import Geo

/// The heights under some ground, read whole before anything is laid over them, so that what is missing is known at once.
public struct HeightPatch: Sendable {
    /// Where the heights lie.
    public let grid: GeoGrid
    /// Metres as the files have them; `void` where they have none.
    let pixels: RasterBuffer<Float>
    /// Metres to add.
    let offset: Double
    /// The height taken in voids, without `offset`.
    let voidHeight: Double?

    /// What stands for no height.
    static let void: Float = -32_768
    /// Heights outside of this are voids, said or not: from the lowest land to the highest, with the geoid and some hundred metres
    /// to spare (our choice).
    static let plausible: ClosedRange<Float> = -1_000...9_500
    /// The most pixels that are read: heights of 30 m under six scenes by six.
    static let largest = 1 << 28
    /// Pixels around the ground, for interpolation.
    private static let margin = 3

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
        let file = try HeightMosaic.open(model.paths)
        guard let whole = file.grid else {
            throw RasterError(.invalid, path: model.name, "heights without georeference")
        }
        let ground = try CoordinateTransform(from: .wgs84, to: whole.crs).map(places)
        let toPixel = try whole.transform.inverse()
        let positions = ground.compactMap(\.self).map { toPixel.map(column: $0.x, row: $0.y) }
        guard let area = MapBounds(around: positions.filter { abs($0.x) < 1e9 && abs($0.y) < 1e9 })
        else { return nil }
        guard let window = try Self.window(area, in: whole.size) else { return nil }
        guard window.size.count <= Self.largest else {
            throw RasterError(
                .invalid, path: model.name,
                "has \(window.size) heights under the image; at most \(Self.largest) are read, give coarser ones"
            )
        }
        pixels = try Self.read(file, window, named: model.name)
        grid = try whole.cropped(to: window)
        (offset, voidHeight) = (model.offset, model.voidHeight)
    }

    /// The height at places (x is longitude), nearest pixel and offset added; nil where there is none.
    /// - Throws: `RasterError` if the raster's system has no way to longitude and latitude.
    public func heights(at places: [Position]) throws -> [Double?] {
        let ground = try CoordinateTransform(from: .wgs84, to: grid.crs).map(places)
        let toPixel = try grid.transform.inverse()
        return ground.map { place in
            guard let at = place.map({ toPixel.map(column: $0.x, row: $0.y) }), at.x >= 0,
                at.y >= 0, at.x < Double(grid.size.width), at.y < Double(grid.size.height)
            else { return nil }
            let height = pixels[0, Int(at.y), Int(at.x)]
            return height == Self.void ? nil : Double(height) + offset
        }
    }

    private static func window(_ area: MapBounds, in size: PixelSize) throws -> PixelWindow? {
        let (left, top) = (Int(area.left.rounded(.down)), Int(area.bottom.rounded(.down)))
        let (right, bottom) = (Int(area.right.rounded(.up)), Int(area.top.rounded(.up)))
        let wanted = try PixelWindow(
            column: left - margin, row: top - margin, width: right - left + 2 * margin,
            height: bottom - top + 2 * margin)
        return size.window.intersection(wanted)
    }

    /// Reads heights; every message of GDAL's counts, also those of the tiles behind a virtual raster.
    private static func read(
        _ file: borrowing RasterFile, _ window: PixelWindow, named name: String
    ) throws -> RasterBuffer<Float> {
        let nodata = file.nodata.map { Float($0) }
        do {
            var heights = try file.read(window, bands: [0], as: Float.self)
            for index in heights.pixels.indices {
                let height = heights.pixels[index]
                // A NaN is in no range.
                if height == nodata || !plausible.contains(height) { heights.pixels[index] = void }
            }
            return heights
        } catch let error as RasterError {
            let isMissing = error.messages.contains {
                $0.contains("No such file") || $0.contains("does not exist")
            }
            throw RasterError(
                isMissing ? .missing : .unreadable, path: name,
                messages: [
                    isMissing
                        ? "a tile of the heights under the image is missing"
                        : "the heights under the image cannot be read"
                ] + error.messages.dropFirst())
        }
    }
}
