public import Geo

/// One pass from source pixels to a target grid: shift, map projection and camera model in a single resampling.
///
/// A target pixel's centre, moved by the shift, is mapped to the ground and from there into the source.
public struct Warp: Sendable {
    /// Which pixels are made.
    public let target: GeoGrid
    /// Extent of the whole source.
    public let sourceSize: PixelSize
    /// How far the source's content lies from where the target has it.
    public let shift: any ShiftField
    let map: PixelMap
    /// What `step` is, where the map knows only some of the target's rows.
    private var knownStep: SIMD2<Double>?

    /// From a raster with a grid; exact where both share a system, else within 0.005 source pixels.
    /// - Throws: `RasterError` (`invalid`) if there is no way between the two systems.
    public init(
        from source: GeoGrid, onto target: GeoGrid, shift: any ShiftField = ConstantShift.zero
    ) throws {
        let toSource = try source.transform.inverse()
        if CoordinateTransform.isSame(source.crs, target.crs) {
            map = .affine(try Self.affine(from: source, onto: target))
        } else {
            let coordinates = try CoordinateTransform(from: target.crs, to: source.crs)
            map = .lattice(
                PositionLattice(over: target.size) { places in
                    let ground = places.map { target.transform.map(column: $0.x, row: $0.y) }
                    return coordinates.map(ground).map {
                        $0.map { toSource.map(column: $0.x, row: $0.y) }
                            ?? Position(x: .nan, y: .nan)
                    }
                })
        }
        self.target = target
        self.shift = shift
        sourceSize = source.size
    }

    /// From a scene in sensor geometry, over heights or at the model's mean height.
    /// - Throws: `RasterError` if the heights cannot be read, or the target's system has no way to longitude and latitude.
    public init(
        from rpc: RPCModel, size: PixelSize, elevation: ElevationModel?, onto target: GeoGrid,
        shift: any ShiftField = ConstantShift.zero
    ) throws {
        let heights = try elevation.map { try HeightPatch($0, under: target) }
        try self.init(from: rpc, size: size, heights: heights, onto: target, shift: shift)
    }

    /// From a scene in sensor geometry, over heights that have been read already, or at the model's mean height.
    /// - Throws: `RasterError` if the target's system has no way to longitude and latitude.
    public init(
        from rpc: RPCModel, size: PixelSize, heights: HeightPatch?, onto target: GeoGrid,
        shift: any ShiftField = ConstantShift.zero
    ) throws {
        let projection = try RPCProjection(rpc, heights: heights)
        try self.init(size: size, onto: target, shift: shift) {
            projection.pixels(longitudes: $0, latitudes: $1)
        }
    }

    /// From a scene of which only control points are known, by a polynomial through them; heights play no part.
    /// - Throws: `RasterError` if there are fewer than three points, or the target's system has no way to longitude and latitude.
    public init(
        from points: [GroundControlPoint], size: PixelSize, onto target: GeoGrid,
        shift: any ShiftField = ConstantShift.zero
    ) throws {
        let projection = try ControlProjection(points)
        try self.init(size: size, onto: target, shift: shift) {
            projection.pixels(longitudes: $0, latitudes: $1)
        }
    }

    private init(
        size: PixelSize, onto target: GeoGrid, shift: any ShiftField,
        pixels: (_ longitudes: [Double], _ latitudes: [Double]) -> [Position]
    ) throws {
        let coordinates = try CoordinateTransform(from: target.crs, to: .wgs84)
        map = .lattice(
            PositionLattice(over: target.size) { places in
                let degrees = coordinates.degrees(under: places, of: target)
                return pixels(degrees.map(\.x), degrees.map(\.y))
            })
        self.target = target
        self.shift = shift
        sourceSize = size
    }

    private init(_ other: Warp, shift: any ShiftField) {
        target = other.target
        sourceSize = other.sourceSize
        map = other.map
        knownStep = other.knownStep
        self.shift = shift
    }

    /// A warp that knows the positions under some of the target's rows only.
    ///
    /// - Parameters:
    ///   - map: Positions under these rows.
    ///   - size: Size of the whole source.
    ///   - target: The whole target.
    ///   - step: What `step` is for the whole target.
    init(
        part map: PixelMap, of size: PixelSize, onto target: GeoGrid, step: (x: Double, y: Double)
    ) {
        self.target = target
        sourceSize = size
        self.map = map
        shift = ConstantShift.zero
        knownStep = SIMD2(step.x, step.y)
    }

    /// The same warp with another shift; the projection is not computed again.
    public func shifted(by shift: any ShiftField) -> Warp {
        Warp(self, shift: shift)
    }

    /// Where a place in the target's pixel coordinates lies in the source's, shift included; NaN if nowhere.
    public func sourcePosition(column: Double, row: Double) -> Position {
        let shift = shift.constant ?? shift.shift(atColumn: column, row: row)
        return map.source(column: column + shift.columns, row: row + shift.rows)
    }

    /// Whether target pixels are source pixels, so that nothing is resampled.
    public var isCopy: Bool { copyOffset != nil }

    var copyOffset: PixelOffset? {
        shift.constant.flatMap { map.wholePixelOffset(with: $0) }
    }

    /// The source pixels that the target needs, with a margin for the kernel; nil if the two do not overlap.
    ///
    /// A copy needs its own pixels only.
    public func sourceWindow(margin: Int = 16) -> PixelWindow? {
        if let copyOffset {
            return (try? PixelWindow(offset: copyOffset, size: target.size)).flatMap {
                sourceSize.window.intersection($0)
            }
        }
        let (width, height) = (target.size.width, target.size.height)
        let step = max(1, max(width, height) / 64)
        let columns = Array(stride(from: 0, through: width, by: step)) + [width]
        let rows = Array(stride(from: 0, through: height, by: step)) + [height]
        let positions = rows.flatMap { row in
            columns.map { sourcePosition(column: Double($0), row: Double(row)) }
        }.filter { $0.x.isFinite && $0.y.isFinite && abs($0.x) < 1e9 && abs($0.y) < 1e9 }
        guard let area = MapBounds(around: positions) else { return nil }
        let (left, top) = (Int(area.left.rounded(.down)), Int(area.bottom.rounded(.down)))
        let (right, bottom) = (Int(area.right.rounded(.up)), Int(area.top.rounded(.up)))
        let window = try? PixelWindow(
            column: left - margin, row: top - margin, width: right - left + 2 * margin,
            height: bottom - top + 2 * margin)
        return window.flatMap { sourceSize.window.intersection($0) }
    }

    /// Source pixels that a step of one target pixel crosses, along x and y: at the target's centre, or, where that has no
    /// place in the source, at the first of some others that has.
    var step: (x: Double, y: Double) {
        if let knownStep { return (knownStep.x, knownStep.y) }
        return Self.step(over: target.size) { _ in map }
    }

    /// The same for positions that are made row by row.
    ///
    /// - Parameters:
    ///   - size: The target's size.
    ///   - map: Gives the positions from a row to two rows below it.
    /// - Returns: Source pixels along x and y.
    static func step(
        over size: PixelSize, map: (_ row: Double) -> PixelMap
    ) -> (x: Double, y: Double) {
        let shares = [0.5, 0.25, 0.75, 0.125, 0.375, 0.625, 0.875]
        for down in shares {
            let row = Double(size.height) * down
            let positions = map(row)
            for across in shares {
                let step = positions.crossed(column: Double(size.width) * across, row: row)
                if step.x.isFinite, step.y.isFinite { return step }
            }
        }
        return (1, 1)
    }

    /// The margin that `sourceWindow` needs for a kernel, which reaches far where the target is much coarser than the source.
    public func margin(for kernel: ResamplingKernel) -> Int {
        let step = step
        let reach = Double(kernel.radius) * max(1, step.x, step.y)
        return max(16, Int(min(reach, 1e6).rounded(.up)) + 2)
    }

    /// Composed relative to the source's origin, so that map coordinates of millions cost no digits.
    private static func affine(
        from source: GeoGrid, onto target: GeoGrid
    ) throws -> AffineTransform {
        let (s, t) = (source.transform, target.transform)
        let centred = try AffineTransform(gdal: [
            0, s.pixelWidth, s.rowRotation, 0, s.columnRotation, s.pixelHeight,
        ])
        let offset = try AffineTransform(gdal: [
            t.originX - s.originX, t.pixelWidth, t.rowRotation,
            t.originY - s.originY, t.columnRotation, t.pixelHeight,
        ])
        return try centred.inverse().composed(after: offset)
    }
}

extension CoordinateTransform {
    /// Longitude (x) and latitude of a target's pixel coordinates; NaN for those that have none.
    func degrees(under places: [Position], of target: GeoGrid) -> [Position] {
        map(places.map { target.transform.map(column: $0.x, row: $0.y) })
            .map { $0 ?? Position(x: .nan, y: .nan) }
    }
}
