import ArgumentParser
import Bench
import Console
import Foundation
import Manifests
import Tensors

/// A trained run on other data.
struct PredictCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "predict",
        abstract: "Predict another folder or split with a trained run.",
        discussion: """
            matter-bench predict RUN --data OSCD --split train --out PREDICTIONS

            RUN is the folder of a finished "matter-bench run" of a task. Bands, statistics, windows and threshold are those of the run; \
            the result is a run folder that matter-eval reads.
            """)

    @Argument(help: "Folder of the trained run.")
    var folder: String

    @Option(help: "Folder that holds the data set.")
    var data: String

    @Option(help: "Name of the data set; the run's if not given.")
    var dataset: String?

    @Option(help: "A choice of the data set's, such as images=native; the run's if none is given.")
    var option: [String] = []

    @Option(help: "The split to score; the run's if not given.")
    var split: String?

    @OptionGroup var place: DeviceOption

    @Option(help: "Folder to write.")
    var out: String

    @OptionGroup var output: JSONOption
    @OptionGroup var logging: LoggingOptions

    func validate() throws {
        _ = try DatasetArguments.values(of: option)
    }

    /// The resolved plan.
    func plan() throws -> TaskPrediction.Plan {
        var plan = TaskPrediction.Plan(run: folder, data: data, output: out)
        (plan.dataset, plan.split) = (dataset, split)
        plan.options = option.isEmpty ? nil : try DatasetArguments.values(of: option)
        return plan
    }

    func run() throws {
        Torch.retainFreedMemory()
        let signal = StopSignal()
        let progress = TaskProgress(logging: logging)
        let summary = try TaskPrediction(plan(), device: place.device).run(
            onEvent: progress.show, shouldStop: signal.shouldStop)
        progress.end()
        guard let summary else {
            try signal.check()
            return
        }
        try output.print(summary) { TaskProgress.lines(of: ["": summary]) }
    }
}
