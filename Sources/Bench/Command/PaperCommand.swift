import ArgumentParser
import Bench
import Console
import Foundation
import Manifests
import Tensors

/// The tables of papers.
struct PaperCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "paper",
        abstract: "Run all that a published table can be compared with.",
        subcommands: [PaperOSCDCommand.self])
}

/// The table of change detection.
struct PaperOSCDCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "oscd",
        abstract: "Run every row of OSCD's table that can be run here.",
        discussion: """
            matter-bench paper oscd --data OSCD --encoder encoder.safetensors --seeds 5 --out TABLE

            Without labels (change vector analysis, MATTER's features), linear, U-Net and DeepLab, each with random weights and with the \
            encoder's. Prints the matter-eval command that sets them beside the published rows. Started again, it goes on.
            """)

    @Option(help: "Folder that holds OSCD's images and labels.")
    var data: String

    @Option(help: "Folder of the recipes bench-oscd-*.toml.")
    var recipes = "manifests/recipes"

    @OptionGroup var options: TrainingOptions

    @Option(help: "Folder of the table.")
    var out: String

    @OptionGroup var output: JSONOption
    @OptionGroup var logging: LoggingOptions

    func run() throws {
        Torch.retainFreedMemory()
        let signal = StopSignal()
        let paper = OSCDPaper(
            paths: TaskPaths(data: data, output: out, encoder: options.encoder), recipes: recipes,
            settings: options.set, seeds: options.allSeeds, device: options.place.device)
        let progress = TaskProgress(logging: logging)
        let summaries = try paper.run(onEvent: progress.show, shouldStop: signal.shouldStop)
        progress.end()
        guard let summaries else {
            try signal.check()
            return
        }
        try output.print(summaries) {
            TaskProgress.lines(of: summaries) + ["", "matter-eval paper oscd-matter \(out)"]
        }
    }
}
