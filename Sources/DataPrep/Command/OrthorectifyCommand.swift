import ArgumentParser
import Console
import DataPrep
import Geo
import Logging

/// Brings an image in sensor geometry onto a map grid.
struct OrthorectifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "orthorectify", abstract: "Brings an RPC image onto a map grid over a DEM.",
        discussion: """
              matter-prep orthorectify scene.tif --dem heights.tif --epsg 32633 --resolution 10 --out ortho.tif
            """)

    @Argument(help: "A GeoTIFF with a camera model (RPC).")
    var image: String

    @Option(
        help: "Heights in metres. Without it the ground is taken as flat, and the result says so.")
    var dem: String?

    @Option(help: "EPSG code of the map projection. Default: the UTM zone of the image's centre.")
    var epsg: Int?

    @Option(help: "Side of a pixel of the result, in units of the projection.")
    var resolution = 10.0

    @Option(help: "The GeoTIFF to write.")
    var out: String

    @OptionGroup var json: JSONOption
    @OptionGroup var logging: LoggingOptions

    func run() throws {
        let result = try Orthorectification(
            image: image, elevation: dem, crs: epsg.map { CRS(epsg: $0) }, resolution: resolution
        ).write(to: out)
        if let warning = result.warning { logging.logger("matter-prep").warning("\(warning)") }
        try json.print(result) {
            ["\(out): \(result.width)×\(result.height) pixels in \(result.crs)"]
                + [result.warning].compactMap { $0 }
        }
    }
}
