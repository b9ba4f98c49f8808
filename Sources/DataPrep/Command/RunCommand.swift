import ArgumentParser
import Console
import DataPrep
import Logging
import Manifests

/// Scenes in, aligned tiles out.
struct RunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Orthorectifies, aligns and tiles regions.",
        discussion: """
            A region is a folder of scenes, or a list of scenes and files. Stopped, it goes on where it was.

              matter-prep run --region berlin=scenes/T33UUU --out tiles
            """)

    @Option(name: .long, help: "NAME=PATH[,PATH…]; may be given more than once.")
    var region: [String]

    @Option(help: "Folder for tiles, quick-looks, manifest and training store.")
    var out: String

    @OptionGroup var tiles: TileOptions
    @OptionGroup var alignment: AlignmentOptions

    @Flag(help: "Say what would be done and write nothing.")
    var dryRun = false

    @OptionGroup var json: JSONOption
    @OptionGroup var logging: LoggingOptions

    func resolve() throws -> PrepPlan {
        var settings = PrepSettings()
        try tiles.apply(to: &settings)
        alignment.apply(to: &settings)
        return try PrepPlan(
            regions: region.map { try RegionInput(argument: $0) }, settings: settings, output: out)
    }

    func run() throws {
        let plan = try resolve()
        if dryRun {
            let preview = try PrepPreview(plan)
            try json.print(preview) { preview.lines }
            return
        }
        try PrepSession(plan, logging: logging, json: json).run()
    }
}
