import Foundation
import Manifests
import Tensors

/// What a run writes into its folder; the process that has one is the run's writer.
final class RunOutput {
    private let plan: PretrainPlan
    private let training: TrainingStep
    private let statistics: BandStatistics
    private let lock: FolderLock
    private let onEvent: (PretrainEvent) -> Void
    private var curves: CurveLog?
    private var board: EventFile?
    private var lastCheckpoint = ContinuousClock.now

    init(
        _ plan: PretrainPlan, _ training: TrainingStep, _ statistics: BandStatistics,
        lock: FolderLock, _ onEvent: @escaping (PretrainEvent) -> Void
    ) {
        (self.plan, self.training, self.statistics) = (plan, training, statistics)
        (self.lock, self.onEvent) = (lock, onEvent)
    }

    /// A noncopyable file in a class of its own, so that it can be made later.
    private final class CurveLog {
        let file: JSONLinesWriter

        init(_ path: String) throws {
            file = try JSONLinesWriter(appendingTo: path)
        }
    }

    private var run: Recipe.Run { plan.recipe.run }
    private var checkpoints: String { "\(plan.output)/checkpoints" }
    private var encoder: String { "\(plan.output)/\(PretrainPlan.encoderName)" }

    // MARK: Beginning

    /// Whether the encoder is written; what a killed end left is then cleared away.
    func wasFinished() throws -> Bool {
        guard FileManager.default.fileExists(atPath: encoder) else { return false }
        try cleanUp()
        return true
    }

    /// The newest whole checkpoint, nil if there is none.
    func latestCheckpoint() throws -> Checkpoint? {
        try Checkpoint.latest(in: checkpoints) { onEvent(.damagedCheckpoint($0)) }
    }

    /// Opens the curves, cut to the steps before a checkpoint.
    ///
    /// - Returns: those steps.
    func open(after step: Int) throws -> [CurvePoint] {
        let path = "\(plan.output)/curves.jsonl"
        let kept = try Curves.rewind(path, to: step)
        curves = try CurveLog(path)
        onBoard { board = try EventFile("\(plan.output)/\(EventFile.name)", after: step) }
        return kept
    }

    // MARK: Steps

    /// Adds a step to the curves.
    func log(_ point: CurvePoint, stallShare: Double) throws {
        try curves?.file.append(point)
        onBoard {
            try board?.add(
                [
                    ("train/loss", point.loss), ("train/learningRate", point.learningRate),
                    ("train/gradientNorm", point.gradientNorm),
                    ("features/embeddingStd", point.embeddingStd),
                    ("features/alignment", point.alignment),
                    ("features/uniformity", point.uniformity), ("time/stallShare", stallShare),
                ], step: point.step)
        }
    }

    /// TensorBoard's file is for looking at: a run does not end because it cannot be written.
    private func onBoard(_ body: () throws -> Void) {
        do { try body() } catch {
            board = nil
            onEvent(.boardLost("\(error)"))
        }
    }

    /// Whether the clock asks for a checkpoint.
    var isCheckpointDue: Bool {
        run.checkpointMinutes > 0
            && lastCheckpoint.duration(to: .now) >= .seconds(60 * run.checkpointMinutes)
    }

    /// Writes the state after a step, all of it finite.
    func checkpoint(_ step: Int) throws {
        try requireWhole(step)
        try curves?.file.synchronize()
        try Checkpoint(step: step, arrays: training.hostState()).write(
            to: checkpoints, keeping: run.keep)
        lastCheckpoint = .now
        onEvent(.checkpoint(step: step))
    }

    /// Writes the encoder after a step.
    func snapshot(_ step: Int) throws {
        let folder = "\(plan.output)/snapshots"
        try AtomicFile.makeFolder(at: folder)
        try write(step, to: "\(folder)/\(stepName(step))")
        onEvent(.snapshot(step: step))
    }

    /// Writes the encoder after a step as the best so far.
    func best(_ step: Int, _ value: Double) throws {
        try write(step, to: "\(plan.output)/best.safetensors")
        onEvent(.best(step: step, value: value))
    }

    /// Writes down at which step and on which crops training broke, for whoever looks for the reason.
    func noteDivergence(_ step: Int, _ what: String, _ crops: [String]) throws {
        let note = JSONValue.object([
            "step": .integer(Int64(step)), "what": .string(what),
            "crops": .array(crops.map(JSONValue.string)),
        ])
        try AtomicFile.write(
            note.serialized(pretty: true) + "\n", to: "\(plan.output)/diverged.json")
    }

    // MARK: End

    /// Writes the encoder.
    ///
    /// A finished run keeps no checkpoints: where they lay depends on when it was stopped.
    func finish(_ step: Int) throws {
        try curves?.file.synchronize()
        try write(step, to: encoder)
        try cleanUp()
    }

    private func cleanUp() throws {
        try? FileManager.default.removeItem(atPath: checkpoints)
        try AtomicFile.removeLeftovers(in: plan.output)
    }

    /// What is not finite is never written: it would take the place of a state or an encoder that is good.
    private func requireWhole(_ step: Int) throws {
        guard let broken = try training.firstBrokenState() else { return }
        throw TrainingError.diverged(
            what: "\(broken) is not finite", step: step, crops: [],
            checkpoint: Checkpoint.newestName(in: checkpoints))
    }

    private func write(_ step: Int, to path: String) throws {
        try requireWhole(step)
        // As it lies in the folder: with what was changed on the way.
        let run = try RunRecord(readingFrom: plan.output)
        try EncoderFile.write(
            training.encoderState(), recipe: plan.recipe, statistics: statistics, step: step,
            run: run, to: path)
    }
}
