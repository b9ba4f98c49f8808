import Foundation
public import Geo
import Manifests
public import Raster

/// Brings an image in sensor geometry onto a map grid, in one resampling, through its camera model over heights.
///
/// Control points take the camera model's bias out. An image without camera model gets one fitted to them where heights are
/// given and the points' own heights fix it (`ControlCamera`), else it is laid by a polynomial through them.
public struct Orthorectification: Sendable {
    /// A GeoTIFF of 8 or 16 bits with a camera model in it or beside it, or with control points.
    public var image: String
    /// A file of the camera model; `nil` for that which the image carries, or else one beside it.
    public var cameraFile: String?
    /// Heights; `nil` for flat ground.
    public var elevation: ElevationModel?
    /// Whether `elevation.offset` is to be found from the control points' own heights.
    public var findsHeightOffset = false
    /// Whether heights that say what they count from are brought onto the ellipsoid from there.
    public var geoid = GeoidRule.ignored
    /// Control points; `nil` for those that the image carries, empty for none.
    public var controls: [GroundControlPoint]?
    /// The map projection; `nil` for the UTM zone of the camera model's centre.
    public var crs: CRS?
    /// Side of a pixel in units of the projection.
    public var resolution: Double
    /// The grid of the result, in place of `crs` and `resolution`; `nil` for one that just covers the image.
    public var target: GeoGrid?
    /// How values between pixels are made.
    public var kernel = ResamplingKernel.lanczos
    /// How many threads resample, which is not seen in the result; `nil` for one on each core.
    public var threads: Int?

    /// What was written.
    public struct Outcome: Sendable, Codable {
        /// Columns.
        public var width: Int
        /// Rows.
        public var height: Int
        /// The projection.
        public var crs: String
        /// The share of pixels that the image covers, 0…1.
        public var covered: Double
        /// The file that the camera model was read from; nil where it is the image's own, or there is none.
        public var camera: String?
        /// Control points used.
        public var controlPoints: Int
        /// Root mean square distance in source pixels between control points and camera model, before its bias was taken out.
        public var controlResidualBefore: Double?
        /// The same afterwards.
        public var controlResidual: Double?
        /// Metres added to the heights; the mean of them where they differ from place to place.
        public var heightOffset: Double?
        /// The least and the most metres added where they differ from place to place.
        public var heightOffsetRange: [Double]?
        /// What the heights count from, by their own word, such as "EGM96 height"; nil where they say nothing of it.
        public var heightSystem: String?
        /// The grids of PROJ's by which the heights were brought onto the ellipsoid; nil where they were not.
        public var heightGrids: [String]?
        /// Whether hills lie where they belong: not without heights, nor by a polynomial through control points.
        public var isTerrainCorrected = true
        /// The share of the image, 0…1, under which the rasters have no height.
        public var withoutHeights: Double?
        /// What a user should know, such as that no heights were given.
        public var warnings: [String]
    }

    /// An orthorectification.
    public init(image: String, elevation: ElevationModel?, crs: CRS?, resolution: Double) {
        self.image = image
        self.elevation = elevation
        self.crs = crs
        self.resolution = resolution
    }

    /// Writes a GeoTIFF that says in its metadata which heights, points and file of a camera model it was made with.
    ///
    /// - Throws: `PrepError` for an image without camera model or of other numbers than whole ones of 8 or 16 bits, for a
    ///   file of a camera model that is missing or wrong, and for a resolution that makes too many pixels; `RasterError`
    ///   for files that cannot be read or written.
    public func write(to path: String) throws -> Outcome {
        for path in elevation?.paths ?? [] where !StoredFile(path).exists {
            throw PrepError(.missing, path, "no such file of heights")
        }
        guard resolution > 0, resolution.isFinite else {
            throw PrepError(.usage, "--resolution \(resolution)", "must be above 0")
        }
        let file = try ForeignRaster(reading: image)
        let controls = try self.controls ?? file.groundControlPoints()
        let camera = try camera(file)
        var placement = try placement(rpc: camera?.model, size: file.size, controls)
        placement.outcome.camera = camera?.file
        placement.outcome.warnings += camera?.warnings ?? []
        let grid = target ?? placement.warp.target
        try refuseTooLarge(grid.size, bands: file.bandCount)
        let source = try source(file)
        let result = try placement.warp.resample(
            source, nodata: 0, kernel: kernel,
            threads: threads ?? ProcessInfo.processInfo.activeProcessorCount)
        let clear = result.valid.pixels.reduce(into: 0) { $0 += Int($1) }
        (placement.outcome.width, placement.outcome.height) = (grid.size.width, grid.size.height)
        placement.outcome.covered = Double(clear) / Double(grid.size.count)
        try RasterWriter.write(
            laid(result.image, over: placement.warp.target), grid: grid, as: .cog(.deflate),
            nodata: 0, bandNames: file.bandDescriptions, metadata: tags(placement.outcome),
            to: path)
        return placement.outcome
    }

    /// How every warning begins that hills do not lie where they belong.
    private static let notCorrected = "terrain not corrected"

    // MARK: Where pixels lie

    private struct Placement {
        var warp: StripedWarp
        var outcome: Outcome
    }

    private func placement(
        rpc: RPCModel?, size: PixelSize, _ controls: [GroundControlPoint]
    ) throws -> Placement {
        guard let rpc else {
            guard elevation != nil, let camera = try ControlCamera(controls, size: size) else {
                return try placement(size: size, controls)
            }
            return try placement(camera, size: size, controls)
        }
        let correction = rpc.corrected(by: controls)
        let model = correction?.model ?? rpc
        var placed = try placement(model, size: size, controls)
        placed.outcome.controlResidualBefore = correction?.before
        placed.outcome.controlResidual = correction?.after
        return placed
    }

    /// Through a camera that was fitted to the control points.
    private func placement(
        _ camera: ControlCamera, size: PixelSize, _ controls: [GroundControlPoint]
    ) throws -> Placement {
        var placed = try placement(camera.model, size: size, controls)
        placed.outcome.controlResidual = camera.residual
        placed.outcome.warnings.append(
            "no camera model: \(camera.isPerspective ? "a perspective" : "an affine") camera was fitted to "
                + "\(controls.count) control points, \(camera.outliers) of them false; each is foretold by the others to within "
                + "\((camera.foretold * 100).rounded() / 100) px")
        return placed
    }

    private func placement(
        _ model: RPCModel, size: PixelSize, _ controls: [GroundControlPoint]
    ) throws -> Placement {
        let model = (model: model, size: size)
        let grid = try grid(model.model, crs: target?.crs ?? self.crs ?? utm(model.model))
        let heights = try elevation.map { try self.heights($0, controls, under: grid) }
        let warp = StripedWarp(from: model.model, size: size, heights: heights?.patch, onto: grid)
        var outcome = outcome(grid, controls.count)
        if let heights {
            heights.tell(&outcome)
            outcome.withoutHeights = try shareWithoutHeights(of: model, on: grid, heights.patch)
            outcome.warnings += try warnings(heights, outcome.withoutHeights ?? 0)
        } else {
            outcome.isTerrainCorrected = false
            outcome.warnings.append(
                Self.notCorrected + ": flat ground, no heights were given; hills are displaced")
        }
        return Placement(warp: warp, outcome: outcome)
    }

    private func placement(
        size: PixelSize, _ controls: [GroundControlPoint]
    ) throws -> Placement {
        guard controls.count >= 3 else {
            throw PrepError(
                .badData, image,
                "no camera model (RPC) in it or beside it (NAME.RPB, NAME_RPC.TXT) and \(controls.count) control "
                    + "points, 3 are needed; give --rpc FILE or --gcps FILE; matter-prep tile takes map images"
            )
        }
        let middle = controls.middleLongitude
        let crs =
            try target?.crs ?? self.crs
            ?? utm(longitude: middle, isNorthern: controls[0].latitude >= 0)
        let transform = try CoordinateTransform(from: .wgs84, to: crs)
        let places = try controls.outline(of: size)
        guard let bounds = MapBounds(around: transform.map(places).compactMap(\.self)) else {
            throw PrepError(.badData, image, "its control points lie outside of \(crs)")
        }
        let grid = try grid(covering: bounds, crs: crs)
        var outcome = outcome(grid, controls.count)
        outcome.isTerrainCorrected = false
        outcome.warnings.append(
            Self.notCorrected
                + ": a polynomial through \(controls.count) control points, no camera model; hills are displaced"
                + (elevation == nil
                    ? ""
                    : "; the heights are ignored: a camera needs five points that lie in no plane"))
        return Placement(
            warp: StripedWarp(from: controls, size: size, onto: grid), outcome: outcome)
    }

    private func outcome(_ grid: GeoGrid, _ points: Int) -> Outcome {
        Outcome(
            width: grid.size.width, height: grid.size.height, crs: grid.crs.definition, covered: 0,
            controlPoints: points, warnings: [])
    }

    private func tags(_ outcome: Outcome) -> [String: String] {
        var tags = [
            "MATTER_HEIGHTS": heightTag(outcome) ?? "none: flat ground",
            "MATTER_CONTROL_POINTS": "\(outcome.controlPoints)",
            "MATTER_TERRAIN": outcome.isTerrainCorrected
                ? "corrected"
                : outcome.warnings.first { $0.hasPrefix(Self.notCorrected) } ?? Self.notCorrected,
        ]
        tags["MATTER_CAMERA"] = outcome.camera?.split(separator: "/").last.map(String.init)
        tags["MATTER_WITHOUT_HEIGHTS"] = outcome.withoutHeights.map { "\($0)" }
        return tags
    }

    private func utm(_ rpc: RPCModel) throws -> CRS {
        try utm(longitude: rpc.longitude.offset, isNorthern: rpc.latitude.offset >= 0)
    }

    private func utm(longitude: Double, isNorthern: Bool) throws -> CRS {
        // The middle of a scene across 180° may be told as more.
        let degrees = longitude.remainder(dividingBy: 360)
        let zone = Int(((degrees + 180) / 6).rounded(.down)) + 1
        return try CRS.utm(zone: min(max(zone, 1), 60), isNorthern: isNorthern)
    }

    /// The ground that the camera model says it covers.
    private func grid(_ rpc: RPCModel, crs: CRS) throws -> GeoGrid {
        let steps = (0...20).map { Double($0) / 10 - 1 }
        let corners: [(Double, Double)] = steps.flatMap { step in
            [(step, -1.0), (step, 1.0), (-1.0, step), (1.0, step)]
        }
        let border = corners.map { corner in
            Position(
                x: rpc.longitude.offset + corner.0 * rpc.longitude.scale,
                y: rpc.latitude.offset + corner.1 * rpc.latitude.scale)
        }
        let transform = try CoordinateTransform(from: .wgs84, to: crs)
        guard let bounds = MapBounds(around: transform.map(border).compactMap(\.self)) else {
            throw PrepError(.badData, image, "its camera model lies outside of \(crs)")
        }
        return try grid(covering: bounds, crs: crs)
    }
}
