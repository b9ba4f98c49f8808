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
            encoder's. Ends in OUT/report, where matter-eval sets them beside the published rows. Started again, it goes on.
            Another encoder's rows join the table under a name: --encoder resnet18.safetensors --tag imagenet
            """)

    @Option(help: "Folder that holds OSCD's images and labels.")
    var data: String

    @Option(help: "Folder of the recipes bench-oscd-*.toml.")
    var recipes = "manifests/recipes"

    @OptionGroup var options: TrainingOptions

    @Option(
        help:
            "Names the encoder's rows, so that several encoders fit into one table; rows of random weights need no tag."
    )
    var tag: String?

    @Option(help: "Folder of the table.")
    var out: String

    @OptionGroup var output: JSONOption
    @OptionGroup var logging: LoggingOptions

    func run() throws {
        Torch.retainFreedMemory()
        let signal = StopSignal()
        let paper = OSCDPaper(
            paths: TaskPaths(data: data, output: out, encoder: options.encoder), recipes: recipes,
            settings: options.set, seeds: options.allSeeds, device: options.place.device, tag: tag)
        let progress = TaskProgress(logging: logging)
        let summaries = try paper.run(onEvent: progress.show, shouldStop: signal.shouldStop)
        progress.end()
        guard let summaries else {
            try signal.check()
            return
        }
        try output.print(summaries) {
            TaskProgress.lines(of: summaries) + [""]
        }
        try report(signal)
    }

    /// Lets matter-eval, which lies beside this program, set the runs beside the published table.
    private func report(_ signal: StopSignal) throws {
        let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let program = URL(filePath: own).deletingLastPathComponent().appending(path: "matter-eval")
        let words = ["paper", "oscd-matter", out, "--out", "\(out)/report"]
        guard FileManager.default.isExecutableFile(atPath: program.path) else {
            throw BenchError(
                .missing,
                "\(program.path): is missing, so there is no report; build it, then: matter-eval \(words.joined(separator: " "))"
            )
        }
        let process = Process()
        (process.executableURL, process.arguments) = (program, words)
        if output.json { process.standardOutput = FileHandle.nullDevice }
        try process.run()
        process.waitUntilExit()
        guard process.terminationReason == .exit else {
            // The terminal's Ctrl-C ends both programs; else a signal's number is no exit code of ours.
            try signal.check()
            let cause = "ended by signal \(process.terminationStatus), so there is no report"
            StandardStreams.printMessage(
                "\(program.path): \(cause); run: matter-eval \(words.joined(separator: " "))")
            throw ArgumentParser.ExitCode(Manifests.ExitCode.bug.rawValue)
        }
        guard process.terminationStatus == 0 else {
            throw ArgumentParser.ExitCode(process.terminationStatus)
        }
    }
}
