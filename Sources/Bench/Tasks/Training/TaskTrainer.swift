import Foundation
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
    private var constant = ConstantLoss()
    private var hasRemarked = false
    /// Where a divergence is written down, for whoever looks for the reason.
    private static let divergence = "diverged.json"

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
        // It was stopped while this epoch's network was validated.
        if position.batch == perEpoch { try endEpoch(position.epoch, log) }
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
            if let remark = constant.add(loss, step: position.step) { onEvent(.remark(remark)) }
            if position.batch == perEpoch {
                do { try endEpoch(epoch, log) } catch is StopRequest {
                    // Kept as it was before its end: whoever goes on validates first.
                    (position.epoch, position.batch) = (epoch, perEpoch)
                    try checkpoint(log)
                    return nil
                }
            }
            began = .now
            if position.step - lastCheckpoint >= plan.run.checkpointEvery { try checkpoint(log) }
        }
        try log.synchronize()
        return try finish()
    }

    private func finish() throws -> TaskCheckpoint.Position {
        if let best { try network.load(best) }
        if position.bestEpoch == nil, inputs.splits.selection != "none" {
            let metric = TaskSession.metric(of: inputs.plan.task)
            onEvent(.remark("validation \(metric) was never defined (0/0): the last epoch counts"))
        }
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
            let names = batch.samples.map(inputs.training.key)
            error.place =
                " at step \(position.step + 1), epoch \(position.epoch), batch \(batch.number) (\(names.prefix(4).joined(separator: ", "))…)"
            try note(error, step: position.step + 1, samples: names)
            throw error
        }
    }

    /// Writes down at which step and on which samples training broke, and after which step the checkpoint is.
    private func note(_ error: DivergedError, step: Int, samples: [String]) throws {
        var note: [String: JSONValue] = [
            "step": .integer(Int64(step)), "epoch": .integer(Int64(position.epoch)),
            "what": .string(error.what), "samples": .array(samples.map(JSONValue.string)),
        ]
        if lastCheckpoint > 0 { note["checkpointStep"] = .integer(Int64(lastCheckpoint)) }
        try AtomicFile.write(
            JSONValue.object(note).serialized(pretty: true) + "\n",
            to: "\(folder)/\(Self.divergence)")
    }

    /// Weights and statistics of norms may break while losses and gradients are numbers still.
    private func checkState() throws {
        do { try descent.checkState() } catch var error as DivergedError {
            error.place = " at step \(position.step)"
            try note(error, step: position.step, samples: [])
            throw error
        }
    }

    // MARK: Epochs

    private func endEpoch(_ epoch: Int, _ log: borrowing JSONLinesWriter) throws {
        try checkState()
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
        // What is undefined is never the best.
        guard let value = found.value, position.bestValue.map({ value > $0 }) ?? true else {
            return
        }
        (position.bestEpoch, position.bestValue) = (epoch, value)
        best = network.hostState()
    }

    // MARK: State

    private func resume() throws {
        let saved = try TaskCheckpoint.newest(in: folder) { onEvent(.remark($0)) }
        let curve = "\(folder)/curves.jsonl"
        let lost = try TaskCurve.rewind(
            curve, to: saved?.position.step ?? 0, isValidated: saved?.position.batch == 0)
        if lost > 0 {
            onEvent(.remark("\(curve): \(lost) of its lines cannot be read and are left out"))
        }
        if FileSystem.isFile("\(folder)/\(Self.divergence)") {
            try FileManager.default.removeItem(atPath: "\(folder)/\(Self.divergence)")
        }
        guard let saved else { return }
        try network.load(saved.arrays.below("model."))
        try descent.restore(saved.arrays.below("optimiser."))
        if saved.position.bestEpoch != nil { best = saved.arrays.below("best.") }
        position = saved.position
        lastCheckpoint = position.step
        onEvent(.resumed(step: position.step))
    }

    private func checkpoint(_ log: borrowing JSONLinesWriter) throws {
        try checkState()
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
