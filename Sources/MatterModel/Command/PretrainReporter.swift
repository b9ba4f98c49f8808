import Console
import Foundation
import Logging
import MatterModel

/// Turns the events of a run into log lines, the progress bar and `pretrain.log`.
final class PretrainReporter {
    private let logger: Logger
    private let logPath: String
    private let isWriter: Bool
    private var progress: ProgressBar

    init(_ plan: PretrainPlan, _ options: LoggingOptions) {
        logger = options.logger("matter-model")
        logPath = "\(plan.output)/pretrain.log"
        isWriter = plan.isWriter
        progress = options.progressBar("pretrain", total: plan.recipe.run.steps)
    }

    /// Tells an event; processes other than the first keep silent, as they would only repeat it.
    func report(_ event: PretrainEvent) {
        guard isWriter else { return }
        switch event {
        case .reading(let samples):
            say("reading the means and deviations of all samples", ["samples": "\(samples)"])
        case .opened(let places, let regions, let crops):
            progress.begin()
            say(
                "store opened",
                ["places": "\(places)", "regions": "\(regions)", "crops": "\(crops)"])
        case .runtime(let libtorch, let threads):
            note(
                "libtorch \(libtorch), \(threads) threads: results are the same to the bit for these"
            )
        case .planChanged(let changes):
            warn(
                "the plan was changed: the end is that of neither plan, and not exact to the bit",
                ["changes": "\(changes.joined(separator: "; "))"])
        case .resumed(let step):
            progress.begin(at: step)
            say("resumed after a checkpoint", ["step": "\(step)"])
        case .damagedCheckpoint(let reason):
            warn("damaged checkpoint passed over", ["reason": "\(reason)"])
        case .collapsed(let step, let deviation):
            warn(
                "features collapse: a tenth or less of the spread of features that fill the sphere",
                ["step": "\(step)", "embeddingStd": "\(deviation)"])
        case .constantLoss(let step, let loss):
            warn(
                "the loss does not change any more: nothing is learned",
                ["step": "\(step)", "loss": "\(loss)"])
        case .boardLost(let reason):
            warn("TensorBoard's file cannot be written; going on without", ["reason": "\(reason)"])
        case .best(let step, let value): note("best so far: step \(step), \(value)")
        case .timing(let rate, let stall):
            say(
                "steps over",
                [
                    "stepsASecond": "\((rate * 1000).rounded() / 1000)",
                    "stallShare": "\((stall * 10000).rounded() / 10000)",
                ])
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

    private func warn(_ message: String, _ facts: Logger.Metadata) {
        progress.erase()
        logger.warning("\(message)", metadata: facts)
        note("warning: \(message)")
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
