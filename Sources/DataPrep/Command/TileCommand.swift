import ArgumentParser
import Console
import DataPrep

/// Cuts tiles by the products' own geometry, without alignment.
struct TileCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tile", abstract: "Cuts scenes into tiles without aligning them.",
        discussion: "  matter-prep tile scenes/S2A_MSIL2A_….SAFE --out tiles")

    @Argument(help: "Scenes, files, or a folder of them.")
    var paths: [String]

    @Option(help: "Folder for tiles, quick-looks, manifest and training store.")
    var out: String

    @Option(help: "The region's name.")
    var name = "scene"

    @OptionGroup var tiles: TileOptions
    @OptionGroup var network: NetworkOptions
    @OptionGroup var loose: LooseOption
    @OptionGroup var work: WorkOptions
    @OptionGroup var json: JSONOption
    @OptionGroup var logging: LoggingOptions

    func run() throws {
        network.start()
        work.start()
        defer { work.stop() }
        var settings = PrepSettings()
        try tiles.apply(to: &settings)
        loose.apply(to: &settings)
        settings.aligns = false
        let region = try RegionInput(argument: "\(name)=\(paths.joined(separator: ","))")
        let plan = try PrepPlan(regions: [region], settings: settings, output: out)
        try PrepSession(PrepJob(plan), threads: work.threads, logging: logging, json: json)
            .run()
    }
}
