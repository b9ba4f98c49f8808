import ArgumentParser
import Console
import Foundation
import Glibc
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
            Under torchrun --no-python the processes share each batch: every one draws its part and all compare with all.
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

    @Option(
        help: "Seconds after which a batch or another process that does not come counts as lost.")
    var timeout = 120

    @Option(
        help:
            "A key that may differ from the run that the folder holds, as in optimiser.learningRate."
    )
    var allowChange: [String] = []

    @OptionGroup var logging: LoggingOptions

    func validate() throws {
        guard (tiles == nil) != (store == nil) else {
            throw ValidationError("Give either --tiles or --store.")
        }
        guard steps.map((1...1_000_000_000).contains) ?? true else {
            throw ValidationError("--steps must be 1…1000000000.")
        }
        guard (1...1_000_000).contains(timeout) else {
            throw ValidationError("--timeout must be 1…1000000.")
        }
        guard device == "auto" || Device(name: device) != nil else {
            throw ValidationError("--device must be cpu, cuda, cuda:1, or auto.")
        }
    }

    func resolve() throws -> PretrainPlan {
        var recipe = try RecipeFile(path: recipe, settings: changes.settings).recipe
        recipe.run.steps = steps ?? recipe.run.steps
        var meeting = try ProcessGroup.Meeting(
            environment: ProcessInfo.processInfo.environment)
        meeting?.timeout = .seconds(timeout)
        var plan = PretrainPlan(
            store: store ?? "\(tiles ?? "")/store", manifest: tiles.map { "\($0)/manifest.jsonl" },
            unchanged: tiles.map { "\($0)/unchanged" }, recipe: recipe, output: out, seed: seed,
            device: try chosenDevice(meeting),
            meeting: meeting)
        plan.allowedChanges = Set(allowChange)
        plan.patience = .seconds(timeout)
        return plan
    }

    private func chosenDevice(_ meeting: ProcessGroup.Meeting?) throws -> Device {
        guard meeting != nil else {
            return Device(name: device) ?? (Device.cuda.isAvailable ? .cuda : .cpu)
        }
        let named = Device(name: device) ?? .cpu
        guard named == .cpu else {
            throw TorchError(
                .unavailable, operation: "device \(named)",
                message:
                    "several processes compute on CPUs, over Gloo; use --device cpu, or one process"
            )
        }
        return .cpu
    }

    func run() throws {
        Torch.retainFreedMemory()
        let plan = try resolve()
        if plan.meeting != nil, plan.isWriter, device == "auto", Device.cuda.isAvailable {
            logging.logger("matter-model").warning(
                "several processes compute on CPUs, over Gloo; the GPU is not used, as it is by one"
            )
        }
        let signal = StopSignal()
        let reporter = PretrainReporter(plan, logging)
        let trainer = try Trainer(plan, onEvent: reporter.report)
        let outcome = try trainer.run(shouldStop: signal.shouldStop)
        reporter.finish(outcome)
        if case .stopped = outcome {
            try signal.check()
            // Another process was asked to.
            throw Stopped(signal: SIGTERM)
        }
        guard plan.isWriter else { return }
        try StandardStreams.printResult("\(out)/encoder.safetensors")
    }
}
