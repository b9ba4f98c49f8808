import Foundation
import Manifests
import Store
import Tensors

/// Pretrains an encoder: the steps, and what is written so that a killed run goes on as if it had not been.
public final class Trainer {
    private let plan: PretrainPlan
    private let onEvent: (PretrainEvent) -> Void
    private let lock: FolderLock
    private let dataset: PatchDataset
    private let statistics: BandStatistics
    private let model: MatterEncoder
    private let optimiser: any Optimizer
    private let rate: LearningRate
    private let contrast: Contrast

    /// Opens the store, claims the output folder and builds the networks.
    ///
    /// - Throws: `StoreError`, `TrainingError`, `ManifestError`: what keeps the run from starting.
    public init(_ plan: PretrainPlan, onEvent: @escaping (PretrainEvent) -> Void) throws {
        (self.plan, self.onEvent) = (plan, onEvent)
        try plan.device.require()
        let store = try SampleStore(plan.store, for: .reading)
        let recipe = plan.recipe
        let records = try plan.manifest.map {
            try JSONLinesReader.read(TileRecord.self, from: $0).records
        }
        let places = try TilePlace.all(in: store, records: records, crop: recipe.data.crop)
        let regions = Set(places.map(\.region))
        if recipe.loss.negatives == .regions, regions.count == 1 {
            throw TrainingError.oneRegion(store: plan.store, region: places[0].region)
        }
        lock = try FolderLock(folder: plan.output)
        try plan.claimOutput()
        statistics = try BandStatistics(
            of: places.flatMap(\.keys), bands: recipe.data.bands, in: store)
        dataset = PatchDataset(
            store: store, places: places, recipe: recipe, statistics: statistics, seed: plan.seed)
        model = MatterEncoder(recipe)
        model.initialise(seed: plan.seed)
        model.move(to: plan.device)
        optimiser = recipe.optimiser.make(for: model)
        rate = LearningRate(
            highest: recipe.optimiser.learningRate, warmUp: recipe.optimiser.warmUp,
            steps: recipe.run.steps)
        contrast = Contrast(recipe.loss)
        onEvent(
            .opened(places: places.count, regions: regions.count, cropsAnEpoch: dataset.count))
    }

    private var checkpoints: String { "\(plan.output)/checkpoints" }
    private var curves: String { "\(plan.output)/curves.jsonl" }
    private var encoder: String { "\(plan.output)/encoder.safetensors" }

    /// Trains to the end, or until `shouldStop` says so.
    ///
    /// - Throws: `TrainingError` (`diverged`) if the loss or a gradient is not finite: the weights are those before that step.
    public func run(shouldStop: () -> Bool = { false }) throws -> PretrainOutcome {
        guard !FileManager.default.fileExists(atPath: encoder) else {
            try cleanUp()
            onEvent(.wasDone)
            return .done
        }
        var step = try resume()
        let log = try JSONLinesWriter(appendingTo: curves)
        while step < plan.recipe.run.steps {
            if shouldStop() {
                try checkpoint(step, log)
                return .stopped(step: step)
            }
            let point = try take(step)
            step += 1
            try log.append(point)
            onEvent(.step(point, of: plan.recipe.run.steps))
            if step % plan.recipe.run.snapshotEvery == 0 { try snapshot(step) }
            if step % plan.recipe.run.checkpointEvery == 0 { try checkpoint(step, log) }
        }
        try log.synchronize()
        try snapshot(step)
        try EncoderFile.write(
            model, recipe: plan.recipe, statistics: statistics, step: step, to: encoder)
        try cleanUp()
        return .done
    }

    /// Loads the newest checkpoint, or begins with a snapshot of the untrained encoder.
    private func resume() throws -> Int {
        let found = try Checkpoint.latest(in: checkpoints) { onEvent(.damagedCheckpoint($0)) }
        guard let found else {
            try Curves.rewind(curves, to: 0)
            try snapshot(0)
            return 0
        }
        try Curves.rewind(curves, to: found.step)
        try model.load(found.arrays.under("model."))
        try optimiser.restore(found.arrays.under("optimiser."))
        onEvent(.resumed(step: found.step))
        return found.step
    }

    /// One step of the optimiser; `step` counts from 0.
    private func take(_ step: Int) throws -> CurvePoint {
        let batch = try dataset.batch(step)
        let recipe = plan.recipe
        let side = recipe.data.crop
        let shape = [recipe.data.batch, recipe.data.bands.count, side, side]
        // Both dates go through the network as one batch, so that they share their batch statistics.
        let images = Tensor.cat([
            Tensor(batch.anchors, shape: shape), Tensor(batch.positives, shape: shape),
        ])
        let positions = Tensor(twice(batch.positions), shape: [2 * batch.grounds.count, 3])
        let mask = Contrast.mask(
            batch.grounds, negatives: recipe.loss.negatives, window: recipe.patches.window)
        model.setTraining(true)
        let features = model(
            images.to(plan.device), at: positions.to(plan.device), window: recipe.patches.window)
        let count = batch.grounds.count
        let (anchors, positives) = (
            features.narrow(0, start: 0, length: count),
            features.narrow(0, start: count, length: count)
        )
        let loss = contrast.loss(
            anchors: anchors, positives: positives,
            mask: Tensor(mask, shape: [count, count]).to(plan.device))
        try descend(loss, step)
        let spread = FeatureSpread(anchors: anchors, positives: positives)
        return CurvePoint(
            step: step + 1, epoch: dataset.epoch(ofStep: step),
            loss: Double(loss.item(as: Float.self)), learningRate: rate(step),
            embeddingStd: spread.embeddingStd, alignment: spread.alignment,
            uniformity: spread.uniformity)
    }

    /// The positions of the first date, then the same in the images of the second.
    private func twice(_ positions: [Int64]) -> [Int64] {
        let batch = Int64(plan.recipe.data.batch)
        return positions
            + positions.enumerated().map { $0.offset % 3 == 0 ? $0.element + batch : $0.element }
    }

    private func descend(_ loss: Tensor, _ step: Int) throws {
        try check(loss, "the loss", step)
        optimiser.zeroGradients()
        loss.backward()
        for (name, parameter) in model.namedParameters {
            guard let gradient = parameter.gradient else { continue }
            try check(gradient.abs().max(), "the gradient of \(name)", step)
        }
        optimiser.learningRate = rate(step)
        optimiser.step()
    }

    private func check(_ value: Tensor, _ what: String, _ step: Int) throws {
        guard !value.item(as: Float.self).isFinite else { return }
        throw TrainingError.diverged(
            what: what, step: step + 1, checkpoint: Checkpoint.newestName(in: checkpoints))
    }

    // MARK: What is written

    private func checkpoint(_ step: Int, _ log: borrowing JSONLinesWriter) throws {
        try log.synchronize()
        let arrays = model.hostState().prefixed("model.")
            .merging(optimiser.hostState().prefixed("optimiser.")) { first, _ in first }
        try Checkpoint(step: step, arrays: arrays).write(to: checkpoints)
        onEvent(.checkpoint(step: step))
    }

    private func snapshot(_ step: Int) throws {
        let folder = "\(plan.output)/snapshots"
        try AtomicFile.makeFolder(at: folder)
        try EncoderFile.write(
            model, recipe: plan.recipe, statistics: statistics, step: step,
            to: "\(folder)/\(stepName(step))")
        onEvent(.snapshot(step: step))
    }

    /// A finished run keeps no checkpoints: where they lay depends on when it was stopped.
    private func cleanUp() throws {
        try? FileManager.default.removeItem(atPath: checkpoints)
        try AtomicFile.removeLeftovers(in: plan.output)
    }
}

extension [String: HostArray] {
    /// The arrays whose names begin with a prefix, without it.
    fileprivate func under(_ prefix: String) -> Self {
        Dictionary(
            uniqueKeysWithValues: compactMap { name, array in
                name.hasPrefix(prefix) ? (String(name.dropFirst(prefix.count)), array) : nil
            })
    }

    /// The arrays with a prefix before their names.
    fileprivate func prefixed(_ prefix: String) -> Self {
        Dictionary(uniqueKeysWithValues: map { (prefix + $0.key, $0.value) })
    }
}
