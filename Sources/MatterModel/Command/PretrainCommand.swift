import ArgumentParser
import Console
import Foundation
import Logging
import Manifests
import MatterModel
import Tensors

struct PretrainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pretrain",
        abstract: "Trains an encoder on tiles seen at two or more dates.",
        discussion: """
            Killed anywhere and run again with the same options, it goes on after its last checkpoint and ends with the same files.
            Example: matter-model pretrain --tiles TILES --recipe manifests/recipes/matter-demo.toml --out RUN
            """)

    @Option(help: "Output folder of matter-prep run.")
    var tiles: String?

    @Option(help: "A training store by itself, instead of --tiles.")
    var store: String?

    @Option(help: "The recipe, a TOML file.")
    var recipe: String

    @OptionGroup var changes: SettingOptions

    @Option(help: "The folder to write.")
    var out: String

    @Option(help: "The seed of every random choice.")
    var seed: UInt64 = 1

    @Option(help: "Steps, instead of the recipe's.")
    var steps: Int?

    @Option(help: "cpu, cuda, cuda:1, or auto.")
    var device = "auto"

    @OptionGroup var logging: LoggingOptions

    func validate() throws {
        guard (tiles == nil) != (store == nil) else {
            throw ValidationError("Give either --tiles or --store.")
        }
        guard steps.map({ $0 > 0 }) ?? true else {
            throw ValidationError("--steps must be positive.")
        }
        guard device == "auto" || Device(name: device) != nil else {
            throw ValidationError("--device must be cpu, cuda, cuda:1, or auto.")
        }
    }

    func resolve() throws -> PretrainPlan {
        var recipe = try RecipeFile(path: recipe, settings: changes.settings).recipe
        recipe.run.steps = steps ?? recipe.run.steps
        let chosen =
            Device(name: device) ?? (Device.cuda.isAvailable ? .cuda : .cpu)
        return PretrainPlan(
            store: store ?? "\(tiles ?? "")/store", manifest: tiles.map { "\($0)/manifest.jsonl" },
            recipe: recipe, output: out, seed: seed, device: chosen)
    }

    func run() throws {
        Torch.retainFreedMemory()
        let plan = try resolve()
        let signal = StopSignal()
        let reporter = PretrainReporter(plan, logging)
        let trainer = try Trainer(plan, onEvent: reporter.report)
        let outcome = try trainer.run(shouldStop: signal.shouldStop)
        reporter.finish(outcome)
        try signal.check()
        try StandardStreams.printResult("\(out)/encoder.safetensors")
    }
}

/// Turns the events of a run into log lines, the progress bar and `pretrain.log`.
private final class PretrainReporter {
    private let logger: Logger
    private let logPath: String
    private var progress: ProgressBar
    private let start = Date()

    init(_ plan: PretrainPlan, _ options: LoggingOptions) {
        logger = options.logger("matter-model")
        logPath = "\(plan.output)/pretrain.log"
        progress = options.progressBar("pretrain", total: plan.recipe.run.steps)
    }

    func report(_ event: PretrainEvent) {
        switch event {
        case .opened(let places, let regions, let crops):
            say(
                "store opened",
                ["places": "\(places)", "regions": "\(regions)", "crops": "\(crops)"])
        case .resumed(let step): say("resumed after a checkpoint", ["step": "\(step)"])
        case .damagedCheckpoint(let reason):
            progress.erase()
            logger.warning("damaged checkpoint passed over", metadata: ["reason": "\(reason)"])
        case .step(let point, _):
            progress.update(done: point.step)
            note("step \(point.step) loss \(point.loss)")
        case .checkpoint(let step): note("checkpoint \(step)")
        case .snapshot(let step): note("snapshot \(step)")
        case .wasDone: say("the encoder is there already", [:])
        }
    }

    func finish(_ outcome: PretrainOutcome) {
        progress.erase()
        if case .stopped(let step) = outcome { say("stopped, state saved", ["step": "\(step)"]) }
    }

    private func say(_ message: String, _ facts: Logger.Metadata) {
        progress.erase()
        logger.info("\(message)", metadata: facts)
        note("\(message) \(facts.map { "\($0.key)=\($0.value)" }.sorted().joined(separator: " "))")
    }

    /// Adds a line with the time to the log file; a log that cannot be written stops nothing.
    private func note(_ line: String) {
        let time = Date().ISO8601Format()
        guard let file = fopen(logPath, "a") else { return }
        fputs("\(time) \(line)\n", file)
        fclose(file)
    }
}
