import ArgumentParser
import Bench
import Console
import Foundation
import Manifests
import Tensors

/// How runs are made: from which weights, with which seeds, where.
struct TrainingOptions: ParsableArguments {
    @Option(
        help:
            "Encoder (.safetensors): of matter-model, or a ResNet-18, 34, 50 or 101 under torchvision's or timm's names; {seed} in it stands for each run's seed."
    )
    var encoder: String?

    @Option(
        help: "A choice that wins over the recipe's, such as run.epochs=5; may be given often.")
    var set: [String] = []

    @Option(help: "The seed of every random choice; the first of several.")
    var seed: UInt64 = 1

    @Option(help: "How many seeds: a run for each.")
    var seeds = 1

    @OptionGroup var place: DeviceOption

    func validate() throws {
        guard (1...10_000).contains(seeds) else {
            throw ValidationError("--seeds is 1…10000, not \(seeds).")
        }
    }

    /// All seeds.
    var allSeeds: [UInt64] { (0..<UInt64(seeds)).map { seed &+ $0 } }
}

/// A task on a data set: train, select, score.
struct RunTaskCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "task",
        abstract: "Learn a task from a data set, score its test split.",
        discussion: """
            matter-bench run change oscd OSCD --encoder encoder.safetensors --recipe manifests/recipes/bench-oscd-unet.toml --out RUN
            matter-bench run multilabel bigearthnet-v2 BEN --recipe manifests/recipes/bench-bigearthnet-probe.toml --seeds 5 --out SWEEP

            Tasks: change, segmentation, multilabel, classification. A grid in the recipe, or several seeds, make a sweep: a run folder \
            for each combination and seed. Started again, it goes on where it was stopped. A model is never selected on the test \
            split, unless the recipe says so, which its record and every report tell.
            """)

    @Argument(help: "change, segmentation, multilabel or classification.")
    var task: TaskPlan.Task

    @OptionGroup var data: DatasetArguments

    @Option(help: "The recipe, a TOML file; the usual choices if not given.")
    var recipe: String?

    @OptionGroup var options: TrainingOptions

    @Option(
        help:
            "What the method is called in reports, to be told from others of its kind: another encoder of the same name, say."
    )
    var name: String?

    @Option(
        help:
            "A key that may differ from the run that the folder holds, as in optimiser.learningRate; may be given often."
    )
    var allowChange: [String] = []

    @Option(help: "Part of a sweep's runs, I/N, for one of several machines.")
    var shard: String?

    @Option(help: "Folder of the run, or of the sweep.")
    var out: String

    @OptionGroup var output: JSONOption
    @OptionGroup var logging: LoggingOptions

    func validate() throws {
        do { _ = try part() } catch { throw ValidationError("\(error)") }
    }

    /// The part of the runs that is done.
    func part() throws -> PackShard? { try shard.map { try PackShard(argument: $0) } }

    /// The recipe with all that the command line says.
    func resolve() throws -> TaskRecipe {
        let chosen = try data.options()
        return try TaskRecipe(
            path: recipe, task: task, hasEncoder: options.encoder != nil,
            settings: options.set
        ) { plan in
            plan.variant = name
            plan.data.dataset = data.dataset
            plan.data.options.merge(chosen.values) { _, new in new }
            if chosen.isStrict { plan.data.strict = true }
        }
    }

    func run() throws {
        Torch.retainFreedMemory()
        let signal = StopSignal()
        let sweep = TaskSweep(
            try resolve(),
            paths: TaskPaths(data: data.root, output: out, encoder: options.encoder),
            seeds: options.allSeeds, shard: try part(), device: options.place.device,
            allowing: Set(allowChange))
        let progress = TaskProgress(logging: logging)
        let summaries = try sweep.run(onEvent: progress.show, shouldStop: signal.shouldStop)
        progress.end()
        guard let summaries else {
            try signal.check()
            return
        }
        try output.print(summaries) { TaskProgress.lines(of: summaries) }
    }
}
