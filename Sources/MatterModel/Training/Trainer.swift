import Foundation
import Manifests
import Tensors

/// Pretrains an encoder: the steps, and what is written so that a killed run goes on as if it had not been.
///
/// With a group, every process runs a trainer of the same plan; the first one writes.
public final class Trainer {
    private let plan: PretrainPlan
    private let onEvent: (PretrainEvent) -> Void
    private let group: ProcessGroup?
    private let source: PatchDataset.Source
    private let cropsAnEpoch: Int
    private let training: TrainingStep
    private let output: RunOutput?
    private var watch: CurveWatch

    /// Opens the store, claims the output folder and builds the networks.
    ///
    /// - Throws: `StoreError`, `TrainingError`, `ManifestError`, `TorchError`: what keeps the run from starting.
    public init(_ plan: PretrainPlan, onEvent: @escaping (PretrainEvent) -> Void) throws {
        (self.plan, self.onEvent) = (plan, onEvent)
        try plan.device.require()
        let slots = try plan.slots()
        // Who waits for this process learns at once if what follows fails.
        group = try plan.meeting.map { try ProcessGroup($0) }
        let recipe = plan.recipe
        let places = try plan.places()
        let regions = Set(places.map(\.region)).sorted()
        if recipe.loss.negatives == .regions, regions.count == 1 {
            throw TrainingError.oneRegion(store: plan.store, region: regions[0])
        }
        let lock = plan.isWriter ? try FolderLock(folder: plan.output) : nil
        let record = try Ranks.together(group) { try plan.record() }
        try Ranks.requireSame(record, group)
        let changes = plan.isWriter ? try plan.claimOutput(record) : []
        onEvent(.reading(samples: places.reduce(0) { $0 + $1.keys.count }))
        let source = try Ranks.together(group) {
            try PatchDataset.Source(plan, places, slots: slots)
        }
        self.source = source
        cropsAnEpoch = try PatchDataset(source).count
        let training = try TrainingStep(plan, group: group, regions: regions)
        self.training = training
        output = lock.map { RunOutput(plan, training, source.statistics, lock: $0, onEvent) }
        watch = CurveWatch(recipe)
        onEvent(.runtime(libtorch: Torch.version, threads: Torch.threads))
        if !changes.isEmpty { onEvent(.planChanged(changes)) }
        onEvent(.opened(places: places.count, regions: regions.count, cropsAnEpoch: cropsAnEpoch))
    }

    /// Trains to the end, or until `shouldStop` says so on any rank.
    ///
    /// - Throws: `TrainingError` (`diverged`) if the loss or a gradient is not finite: the weights are those before that step;
    ///   `TorchError` (`disconnected`) if another rank is gone.
    public func run(shouldStop: () -> Bool = { false }) throws -> PretrainOutcome {
        guard let begun = try resume() else {
            onEvent(.wasDone)
            return .done
        }
        var step = begun
        let (steps, each) = (plan.recipe.run.steps, plan.recipe.optimiser.accumulate)
        let prefetch = PatchPrefetch(
            plan.store, numbers: step * each..<steps * each, patience: plan.patience
        ) { [source] in try PatchDataset(source).batch }
        let start = ContinuousClock.now
        defer {
            let seconds = start.duration(to: .now) / .seconds(1)
            onEvent(
                .timing(
                    stepsASecond: Double(step - begun) / max(seconds, 1e-9),
                    stallShare: prefetch.stallShare))
        }
        while step < steps {
            let due = try agree(stop: shouldStop(), checkpoint: output?.isCheckpointDue ?? false)
            if due.stop || due.checkpoint { try checkpoint(step) }
            if due.stop { return .stopped(step: step) }
            let batches = try (0..<each).map { _ in try prefetch.next() }
            let point = try take(step, batches)
            step += 1
            try log(point, stallShare: prefetch.stallShare)
            if step % plan.recipe.run.snapshotEvery == 0 || step == steps { try snapshot(step) }
            if step % plan.recipe.run.checkpointEvery == 0 { try checkpoint(step) }
        }
        try output?.finish(step)
        try group?.barrier()
        return .done
    }

    // MARK: Beginning

    /// Loads the newest checkpoint on every rank, or begins with a snapshot of the untrained encoder.
    ///
    /// - Returns: the steps that are taken already; nil if all are, and the encoder is written.
    private func resume() throws -> Int? {
        var found: Checkpoint?
        var isDone = false
        if let output {
            isDone = try output.wasFinished()
            if !isDone { found = try output.latestCheckpoint() }
        }
        if let group {
            let state = try group.broadcast(found?.serialized() ?? [isDone ? 1 : 0])
            isDone = state == [1]
            if state.count > 1 { found = try Checkpoint(bytes: state, path: "rank 0") }
        }
        guard !isDone else { return nil }
        if let found { try training.restore(found.arrays) }
        let step = found?.step ?? 0
        if let output {
            for (index, point) in try output.open(after: step).enumerated() {
                _ = watch.add(point)
                if (index + 1) % plan.recipe.run.snapshotEvery == 0 { _ = watch.snapshotMean() }
            }
            if found == nil { try output.snapshot(0) } else { onEvent(.resumed(step: step)) }
        }
        return step
    }

    // MARK: Steps

    /// What any rank wants, all do.
    private func agree(
        stop: Bool, checkpoint: Bool
    ) throws -> (stop: Bool, checkpoint: Bool) {
        guard let group else { return (stop, checkpoint) }
        let votes = try group.sums([stop ? 1 : 0, checkpoint ? 1 : 0])
        return (votes[0] > 0, votes[1] > 0)
    }

    private func take(_ step: Int, _ batches: [PatchBatch]) throws -> CurvePoint {
        let number = step * plan.recipe.optimiser.accumulate
        do {
            return try training.take(
                step, batches, epoch: number * plan.recipe.data.batch / cropsAnEpoch)
        } catch let fault as TrainingFault {
            let own = batches.flatMap(\.crops).map(\.description)
            // All ranks are here, as all come to the same loss.
            let crops = (try? training.ranks.all(own)) ?? own
            try output?.noteDivergence(step + 1, fault.what, crops)
            throw TrainingError.diverged(
                what: fault.what, step: step + 1, crops: crops,
                checkpoint: Checkpoint.newestName(in: "\(plan.output)/checkpoints"))
        }
    }

    private func log(_ point: CurvePoint, stallShare: Double) throws {
        let events = watch.add(point)
        guard let output else { return }
        try output.log(point, stallShare: stallShare)
        onEvent(.step(point, of: plan.recipe.run.steps))
        events.forEach(onEvent)
    }

    private func snapshot(_ step: Int) throws {
        let mean = watch.snapshotMean()
        try output?.snapshot(step)
        if let mean { try output?.best(step, mean) }
    }

    /// Rank 0 commits when all ranks have taken the step.
    private func checkpoint(_ step: Int) throws {
        try group?.barrier()
        try output?.checkpoint(step)
    }
}
