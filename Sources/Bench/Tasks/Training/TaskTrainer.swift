import Geo
import Manifests
import Store
import Tensors

/// What a validation gave.
struct TaskValidation {
    /// All that was measured, by name; nil where it is undefined.
    let metrics: [String: Double?]
    /// The one that models are selected by.
    let metric: String

    /// Its value.
    var value: Double? { metrics[metric] ?? nil }
}

/// Trains the network of a task: epochs of steps, validations, and what is written so that a killed run goes on.
final class TaskTrainer {
    private let inputs: TaskInputs
    private let network: TaskNetwork
    private let descent: TaskDescent
    private let folder: String
    private let validate: () throws -> TaskValidation?
    private let onEvent: (TaskEvent) -> Void

    private var position = TaskCheckpoint.Position()
    private var best: [String: HostArray]?
    private var lastCheckpoint = 0
    private var seen = SeenLabels()
    private var hasRemarked = false

    /// Prepares.
    ///
    /// - Parameters:
    ///   - inputs: the samples.
    ///   - network: what is trained, on its device.
    ///   - descent: how.
    ///   - folder: the run's folder.
    ///   - validate: scores the network; nil where nothing is selected.
    ///   - onEvent: is told what happens.
    init(
        _ inputs: TaskInputs, _ network: TaskNetwork, _ descent: TaskDescent, folder: String,
        validate: @escaping () throws -> TaskValidation?, onEvent: @escaping (TaskEvent) -> Void
    ) {
        (self.inputs, self.network, self.descent) = (inputs, network, descent)
        (self.folder, self.validate, self.onEvent) = (folder, validate, onEvent)
    }

    /// Trains to the end and leaves the network with the best weights.
    ///
    /// - Returns: where it ended; nil where it was asked to stop, its state saved.
    /// - Throws: what reading throws; `DivergedError`.
    func run(shouldStop: () -> Bool) throws -> TaskCheckpoint.Position? {
        let plan = inputs.plan
        let batches = try inputs.trainingPlan()
        let perEpoch = SampleOrder(inputs.labelled.indices, batches, epoch: 0).batchCount
        let rate = plan.optimiser.schedule(stepsAnEpoch: perEpoch, epochs: plan.run.epochs)
        try resume()
        let log = try JSONLinesWriter(appendingTo: "\(folder)/curves.jsonl")
        guard position.epoch < plan.run.epochs else { return try finish() }
        var prefetch = BatchStream.Prefetch()
        prefetch.memory = HostMemory(for: descent.device)
        let stream = try BatchStream(
            inputs.training, inputs.labelled, batches,
            epochs: position.epoch..<plan.run.epochs, from: position.batch, prefetch: prefetch)
        onEvent(.training(steps: perEpoch * plan.run.epochs, from: position.step))
        var began = ContinuousClock.now
        while position.epoch < plan.run.epochs {
            if shouldStop() {
                try checkpoint(log)
                return nil
            }
            guard let batch = try stream.next() else { break }
            let loss = try take(batch, rate: rate(position.step))
            position.seconds += began.duration(to: .now).inSeconds
            began = .now
            let epoch = position.epoch
            position.step += 1
            position.batch += 1
            if position.step % plan.run.logEvery == 0 {
                var point = TaskCurvePoint(
                    epoch: epoch, step: position.step, seconds: position.seconds)
                (point.loss, point.waitShare) = (loss, stream.stallShare)
                point.learningRate = rate(position.step - 1)
                try log.append(point)
                onEvent(.step(position.step, loss: loss))
            }
            if position.batch == perEpoch { try endEpoch(epoch, log) }
            began = .now
            if position.step - lastCheckpoint >= plan.run.checkpointEvery { try checkpoint(log) }
        }
        try log.synchronize()
        return try finish()
    }

    private func finish() throws -> TaskCheckpoint.Position {
        if let best { try network.load(best) }
        return position
    }

    private func take(_ batch: Batch, rate: Double) throws -> Double? {
        let images = try inputs.images(of: batch, on: descent.device)
        // What chance does in a step is a function of the seed and the step, on every device, wherever a run was taken up.
        Torch.setSeed(SplitMix64.derive(seed: inputs.seed, 3, UInt64(position.step)))
        do {
            guard inputs.plan.task.isDense else {
                return try descent.step(images, .labels(inputs.labels(of: batch)), rate: rate)
            }
            let ignored = Int32(inputs.plan.data.ignore)
            guard batch.withMask(0, { seen.add($0, ignoring: ignored) }) else { return nil }
            return try descent.step(
                images, .codes(batch.tensor(ofMask: 0, on: descent.device)), rate: rate)
        } catch var error as DivergedError {
            let names = batch.samples.prefix(4).map(inputs.training.key)
            error.place =
                " at step \(position.step + 1), epoch \(position.epoch), batch \(batch.number) (\(names.joined(separator: ", "))…)"
            throw error
        }
    }

    // MARK: Epochs

    private func endEpoch(_ epoch: Int, _ log: borrowing JSONLinesWriter) throws {
        if inputs.plan.task.isDense, !hasRemarked,
            let remark = seen.remark(epoch: epoch, of: position.batch)
        {
            hasRemarked = true
            onEvent(.remark(remark))
        }
        seen = SeenLabels()
        position.epoch += 1
        position.batch = 0
        let run = inputs.plan.run
        guard (epoch + 1) % run.validateEvery == 0 || epoch + 1 == run.epochs,
            let found = try validate()
        else { return }
        var point = TaskCurvePoint(epoch: epoch, step: position.step, seconds: position.seconds)
        point.validation = found.metrics
        try log.append(point)
        onEvent(.validated(epoch: epoch, metric: found.metric, value: found.value))
        guard position.bestEpoch == nil || (found.value ?? -1) > (position.bestValue ?? -1) else {
            return
        }
        (position.bestEpoch, position.bestValue) = (epoch, found.value)
        best = network.hostState()
    }

    // MARK: State

    private func resume() throws {
        let saved = TaskCheckpoint(in: folder) { onEvent(.remark($0)) }
        try TaskCurve.rewind("\(folder)/curves.jsonl", to: saved?.position.step ?? 0)
        guard let saved else { return }
        try network.load(saved.arrays.below("model."))
        try descent.restore(saved.arrays.below("optimiser."))
        if saved.position.bestEpoch != nil { best = saved.arrays.below("best.") }
        position = saved.position
        lastCheckpoint = position.step
        onEvent(.resumed(step: position.step))
    }

    private func checkpoint(_ log: borrowing JSONLinesWriter) throws {
        try log.synchronize()
        var arrays = network.hostState().under("model.")
        arrays.merge(descent.state().under("optimiser.")) { first, _ in first }
        arrays.merge((best ?? [:]).under("best.")) { first, _ in first }
        try TaskCheckpoint(position, arrays).write(to: folder)
        lastCheckpoint = position.step
    }
}

extension Duration {
    /// The duration in seconds.
    var inSeconds: Double { self / .seconds(1) }
}
