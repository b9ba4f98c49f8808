import ArgumentParser
import Console
import DataPrep
import Geo
import Logging
import Raster

/// Brings an image in sensor geometry onto a map grid.
struct OrthorectifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "orthorectify",
        abstract: "Brings an image in sensor geometry onto a map grid over a DEM.",
        discussion: """
              matter-prep orthorectify scene.tif --dem heights.tif --epsg 32633 --resolution 10 --out ortho.tif
            """)

    @Argument(
        help:
            "A GeoTIFF with a camera model (RPC), in it or beside it (NAME.RPB, NAME_RPC.TXT), or control points."
    )
    var image: String

    @Option(
        help:
            "A file of the camera model, RPB or _RPC.TXT. Default: that in the image, or else one beside it."
    )
    var rpc: String?

    @Option(
        help:
            "Heights in metres: GeoTIFF, SRTM .hgt, a zip of either, or a VRT of many; repeat it for several. Without it the ground is taken as flat, and the result says so."
    )
    var dem: [String] = []

    @Option(
        help:
            "Metres to add to the heights to get metres above the ellipsoid (the geoid's height); \"gcps\" to find them from the control points; \"geoid\" to take them, for each place, from PROJ's grid for the system that the DEM says its heights are in; \"auto\" for the same if it says so, else none. Default: none."
    )
    var heightOffset: String?

    @Option(
        help: "Height in metres where the DEM has none, as the DEM counts. Default: no data there.")
    var voidHeight: Double?

    @Option(
        help:
            "Control points (CSV or GeoJSON) that take the camera model's bias out, or, without one, fix a camera of their own. Default: those in the image; \"none\" ignores them."
    )
    var gcps: String?

    @Option(help: "EPSG code of the map projection. Default: the UTM zone of the image's centre.")
    var epsg: Int?

    @Option(help: "Side of a pixel of the result, in units of the projection. Default: 10.")
    var resolution: Double?

    @Option(
        help:
            "A map image of which the result gets the very grid: projection, pixels and extent. In place of --epsg and --resolution."
    )
    var like: String?

    @Option(help: "How values between pixels are made: nearest, bilinear, cubic or lanczos.")
    var resampling = ResamplingKernel.lanczos

    @Option(help: "The GeoTIFF to write.")
    var out: String

    @OptionGroup var work: WorkOptions
    @OptionGroup var json: JSONOption
    @OptionGroup var logging: LoggingOptions

    func validate() throws {
        if let heightOffset, Self.geoid[heightOffset] == nil, heightOffset != "gcps",
            Double(heightOffset)?.isFinite != true
        {
            throw ValidationError("--height-offset is metres, gcps, geoid or auto.")
        }
        if dem.isEmpty, heightOffset != nil || voidHeight != nil {
            throw ValidationError("--height-offset and --void-height belong to --dem.")
        }
        if like != nil, epsg != nil || resolution != nil {
            throw ValidationError("--like takes the place of --epsg and --resolution; give either.")
        }
    }

    private static let geoid = ["geoid": GeoidRule.stated, "auto": .ifStated]

    func run() throws {
        work.start()
        defer { work.stop() }
        let result = try resolve().write(to: out)
        for warning in result.warnings { logging.logger("matter-prep").warning("\(warning)") }
        try json.print(result) {
            ["\(out): \(result.width)×\(result.height) pixels in \(result.crs)"]
                + fitted(result) + result.warnings
        }
    }

    private func resolve() throws -> Orthorectification {
        let heights =
            dem.isEmpty
            ? nil
            : ElevationModel(
                paths: dem, offset: heightOffset.flatMap(Double.init) ?? 0, voidHeight: voidHeight)
        var work = Orthorectification(
            image: image, elevation: heights, crs: epsg.map { CRS(epsg: $0) },
            resolution: resolution ?? 10)
        work.target = try like.map { try Orthorectification.grid(like: $0) }
        (work.kernel, work.threads) = (resampling, self.work.threads)
        work.cameraFile = rpc
        work.findsHeightOffset = heightOffset == "gcps"
        work.geoid = heightOffset.flatMap { Self.geoid[$0] } ?? .ignored
        if let gcps { work.controls = gcps == "none" ? [] : try GroundControlFile.read(gcps) }
        return work
    }

    private func fitted(_ result: Orthorectification.Outcome) -> [String] {
        var lines = result.camera.map { ["camera model of \($0)"] } ?? []
        if let before = result.controlResidualBefore, let after = result.controlResidual {
            lines.append(
                "\(result.controlPoints) control points: \(rounded(before)) px from the camera model, "
                    + "\(rounded(after)) px after its bias was taken out")
        }
        if result.controlResidualBefore == nil, let residual = result.controlResidual {
            lines.append("\(rounded(residual)) px between the fitted camera and its control points")
        }
        if let system = result.heightSystem { lines.append("heights are \(system)") }
        if let range = result.heightOffsetRange {
            let metres = range.map(rounded).joined(separator: " to ")
            let grids = (result.heightGrids ?? []).map { " " + $0 }.joined()
            lines.append("\(metres) m added to the heights by PROJ\(grids)")
        } else if let offset = result.heightOffset, offset != 0 {
            lines.append("\(rounded(offset)) m added to the heights")
        }
        return lines
    }

    private func rounded(_ value: Double) -> String {
        "\((value * 100).rounded() / 100)"
    }
}
