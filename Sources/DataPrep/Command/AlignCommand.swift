import ArgumentParser
import Console
import DataPrep
import Raster
import Tensors

/// Finds the shift of dates against a reference and writes nothing.
struct AlignCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "align", abstract: "Finds how dates lie against a reference.",
        discussion: """
            Prints a shift per date: what the reference shows at (row, column) the date shows at (row + rows, column + \
            columns).

              matter-prep align scenes/T33UUU --json
            """)

    @Argument(help: "Scenes, files, or a folder of them.")
    var paths: [String]

    @OptionGroup var alignment: AlignmentOptions
    @OptionGroup var network: NetworkOptions
    @OptionGroup var work: WorkOptions
    @OptionGroup var loose: LooseOption
    @OptionGroup var json: JSONOption
    @OptionGroup var logging: LoggingOptions

    func run() throws {
        network.start()
        work.start()
        defer { work.stop() }
        // The transforms are small: threads would spend their time waiting for one another.
        Torch.setThreads(1)
        var settings = PrepSettings()
        try alignment.apply(to: &settings)
        loose.apply(to: &settings)
        settings.bands = settings.alignmentBands
        let plan = try PrepPlan(
            regions: [RegionInput(name: "scenes", paths: paths)], settings: settings, output: "")
        let found = try plan.align(threads: work.threads)
        try json.print(found) { PrepSession.table(found) }
        let unread = found.flatMap(\.dates).filter { DecodeFault.isReason($0.reason) }
        guard unread.isEmpty else {
            throw Quarantined(items: unread.map { "\($0.scene): \($0.reason ?? "")" })
        }
    }
}
