import Manifests
import Store
import Tensors

/// The work of one run in its folder: statistics, training or a probe, predictions.
struct TaskSession {
    let plan: TaskPlan
    let seed: UInt64
    let device: Device
    let folder: TaskFolder
    let dataset: any Dataset
    let splits: TaskSplits
    let encoder: OpenedEncoder
    let onEvent: (TaskEvent) -> Void
    let shouldStop: @Sendable () -> Bool

    /// All of it.
    ///
    /// - Throws: what reading throws; `StopRequest`; `DivergedError`.
    func run() throws -> TaskSummary {
        let classes = try plan.classes(of: dataset)
        let statistics = try statistics()
        try folder.write(encoder.report, to: "encoder.json")
        let inputs = try inputs(statistics)
        onEvent(
            .opened(
                training: inputs.labelled.indices.count, validation: splits.validation.count,
                test: splits.test.count, selection: splits.selection))
        if let remark = inputs.missingClasses(classes) { onEvent(.remark(remark)) }
        let outputs = plan.outputs(classes: classes.count)
        let network = TaskNetwork(plan, encoder: encoder.network, outputs: outputs)
        network.drawHead(seed: seed)
        try Torch.attempt { network.move(to: device) }
        let weights = try ClassWeights(inputs, outputs: outputs, shouldStop: shouldStop)
        let descent = TaskDescent(
            network,
            loss: LossFunction(
                plan.loss.kind, weights: weights.values, ignored: plan.data.ignore, on: device),
            plan: plan, device: device)
        let learnt = try learn(inputs, network, descent, classes: classes.count)
        let model = TaskModel(
            facts: TaskModel.Facts(
                plan: plan, seed: seed, architecture: encoder.architecture,
                encoder: encoder.report, statistics: statistics, classes: classes,
                selection: learnt.selection, threshold: learnt.threshold), network: network,
            learnt: learnt.arrays)
        try model.write(to: folder.path)
        let summary = try TaskScoring(
            model: model, inputs: inputs, folder: folder, device: device, onEvent: onEvent,
            shouldStop: shouldStop, probabilities: descent.probabilities
        ).write()
        try folder.removeCheckpoints()
        return summary
    }

    private func statistics() throws -> TaskStatistics {
        let path = "\(folder.path)/statistics.json"
        if FileSystem.isFile(path) {
            return try decodeStrictJSON(TaskStatistics.self, fromFile: path)
        }
        let statistics = try TaskStatistics(
            plan, of: dataset, encoder: encoder, shouldStop: shouldStop)
        try folder.write(statistics, to: "statistics.json")
        return statistics
    }

    private func inputs(_ statistics: TaskStatistics) throws -> TaskInputs {
        try TaskInputs(
            plan, dataset, splits, TaskBands(statistics, plan, dataset), seed: seed)
    }

    // MARK: Learning

    private struct Learnt {
        var selection: TaskRecord.Selection
        var threshold: Float?
        var arrays: [String: HostArray] = [:]
    }

    private func learn(
        _ inputs: TaskInputs, _ network: TaskNetwork, _ descent: TaskDescent, classes: Int
    ) throws -> Learnt {
        // The split's own name, whatever it is: reports compare it with the split that is scored.
        let selected = splits.selection == "test" ? plan.data.test : splits.selection
        var learnt = Learnt(selection: TaskRecord.Selection(split: selected))
        if [.logistic, .knn].contains(plan.head.kind) {
            let found = try ProbeTask(
                inputs: inputs, network: network, device: device, folder: folder.path,
                onEvent: onEvent, shouldStop: shouldStop
            ).learn()
            learnt.arrays = found.arrays
            learnt.selection.metric = found.metric.isEmpty ? nil : found.metric
            (learnt.selection.value, learnt.selection.epoch) = (found.value, found.choice)
            return learnt
        }
        let dense = DenseTask(
            inputs, classes: classes, shouldStop: shouldStop, probabilities: descent.probabilities)
        let image = ImageTask(
            inputs: inputs, probabilities: descent.probabilities, device: device,
            shouldStop: shouldStop)
        let trainer = TaskTrainer(
            inputs, network, descent, folder: folder.path,
            validate: { try plan.task.isDense ? dense.validate() : image.validate() },
            onEvent: onEvent)
        guard let end = try trainer.run(shouldStop: shouldStop) else { throw StopRequest() }
        let metric = TaskSession.metric(of: plan.task)
        learnt.selection.metric = end.bestEpoch == nil ? nil : metric
        (learnt.selection.value, learnt.selection.epoch) = (end.bestValue, end.bestEpoch)
        learnt.threshold = plan.task.isDense ? try dense.commonThreshold() : nil
        return learnt
    }

    static func metric(of task: TaskPlan.Task) -> String {
        switch task {
        case .change: "f1"
        case .segmentation: "mIoU"
        case .multilabel: "mAP"
        case .classification: "accuracy"
        }
    }
}

extension TaskBands {
    /// The bands of a plan with its statistics, and the labels of a data set.
    init(_ statistics: TaskStatistics, _ plan: TaskPlan, _ dataset: any Dataset) throws {
        let mask = Self.mask(in: dataset)
        if plan.task.isDense, mask == nil {
            throw BenchError(
                .configuration,
                "\(type(of: dataset).name) has no mask for \(plan.task.rawValue); it has the planes \(dataset.planes.joined(separator: ", "))"
            )
        }
        self.init(
            statistics.bands, task: plan.task, mask: plan.task.isDense ? mask : nil,
            means: statistics.means, deviations: statistics.deviations,
            standardisesImages: statistics.standardisesImages)
    }
}
