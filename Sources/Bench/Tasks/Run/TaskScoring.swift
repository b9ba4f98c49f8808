import Manifests
import Metrics
import Store
import Tensors

/// What a run reached on the scored split, for people; reports compute their numbers from predictions and counts themselves.
public struct TaskSummary: Codable, Hashable, Sendable {
    /// What the run is called.
    public var name: String
    /// The task.
    public var task: TaskPlan.Task
    /// The split that was scored, and how many samples of it.
    public var split: String
    /// Samples that were scored.
    public var samples: Int
    /// Metrics by name, pooled over pixels or over images; null where undefined.
    public var metrics: [String: Double?]

    static let fileName = "summary.json"
}

/// Predicts the scored samples with a model and writes all that reports read.
struct TaskScoring {
    let model: TaskModel
    let inputs: TaskInputs
    let folder: TaskFolder
    let device: Device
    let onEvent: (TaskEvent) -> Void
    let shouldStop: () -> Bool
    let probabilities: ([Tensor]) -> Tensor

    private var plan: TaskPlan { inputs.plan }
    private var indices: [Int] { inputs.splits.test }

    /// Writes predictions, counts, the environment, the summary and last the record.
    ///
    /// - Returns: the summary.
    /// - Throws: what reading throws; `StopRequest`.
    func write() throws -> TaskSummary {
        onEvent(.predicting(plan.task.isDense ? indices.count : 1))
        let (counts, metrics) = plan.task.isDense ? try dense() : try images()
        try AtomicFile.write(
            JSONLinesReader.bytes(of: counts), to: "\(folder.path)/counts.jsonl")
        try folder.write(TaskEnvironment(device: device), to: "environment.json")
        let summary = TaskSummary(
            name: plan.name, task: plan.task, split: plan.data.test, samples: indices.count,
            metrics: metrics)
        try folder.write(summary, to: TaskSummary.fileName)
        try AtomicFile.removeLeftovers(in: "\(folder.path)/predictions")
        try AtomicFile.write(
            encodeCanonicalJSON(record(), pretty: true),
            to: "\(folder.path)/\(TaskRecord.fileName)")
        return summary
    }

    // MARK: Pixels

    private func dense() throws -> ([TaskCounts], [String: Double?]) {
        let task = DenseTask(
            inputs, classes: model.facts.classes.count, shouldStop: shouldStop,
            probabilities: probabilities)
        var lines: [TaskCounts] = []
        var table = ClassConfusion(classes: model.facts.classes.count)
        for index in indices {
            if shouldStop() { throw StopRequest() }
            let found = try task.predict(index, common: model.facts.threshold)
            try folder.writePrediction(
                Safetensors.serialize(found.arrays), of: found.counts.key)
            try folder.writePanels(found.panels, of: found.counts.key)
            lines.append(found.counts)
            table += found.confusion
            onEvent(.predicted(found.counts.key))
        }
        return (lines, metrics(table, lines))
    }

    private func metrics(_ table: ClassConfusion, _ lines: [TaskCounts]) -> [String: Double?] {
        if plan.task == .change {
            let counts = table.counts(of: 1)
            return ["precision": counts.precision, "recall": counts.recall, "f1": counts.f1]
        }
        var metrics = ["mIoU": table.meanIoU.mean, "accuracy": table.accuracy]
        let objects = lines.compactMap(\.objects)
        if !objects.isEmpty {
            metrics["objectF1"] =
                ConfusionCounts(
                    truePositive: objects.reduce(0) { $0 + $1.truePositives },
                    falsePositive: objects.reduce(0) { $0 + $1.falsePositives },
                    falseNegative: objects.reduce(0) { $0 + $1.falseNegatives }
                ).f1
        }
        return metrics
    }

    // MARK: Images

    private func images() throws -> ([TaskCounts], [String: Double?]) {
        let (scores, labels): (Tensor, Tensor)
        if model.learnt.isEmpty {
            (scores, labels) = try ImageTask(
                inputs: inputs, probabilities: probabilities, device: device,
                shouldStop: shouldStop
            ).predict(indices)
        } else {
            let answer = try ProbeTask.answer(
                plan, from: model.learnt, classes: model.facts.classes.count, path: folder.path)
            let table = try FeatureTable(
                inputs, indices, model.network, on: device, shouldStop: shouldStop)
            (scores, labels) = (try answer(table.features), table.labels)
        }
        let found = try ImageScores(scores, labels) { inputs.dataset.key(indices[$0]) }
        let (arrays, lines) = ImageTask.written(scores, labels, indices, of: inputs.dataset)
        try folder.writePrediction(Safetensors.serialize(arrays), of: "all")
        onEvent(.predicted("all"))
        return (lines, [found.metric: found.value])
    }

    // MARK: The record

    private func record() -> TaskRecord {
        let facts = model.facts
        let method = TaskRecord.Method(
            name: facts.plan.methodName,
            initialisation: facts.encoder.pattern ?? facts.encoder.origin,
            architecture: facts.encoder.architecture, frozen: facts.plan.encoder.isFrozen,
            labels: facts.plan.data.labels, bands: facts.encoder.bands, recipe: facts.plan.name,
            variant: facts.plan.variant)
        let isChange = plan.task == .change
        return TaskRecord(
            task: plan.task, dataset: plan.data.dataset, split: plan.data.test,
            protocolName: plan.data.protocolName, classes: facts.classes, ignore: plan.data.ignore,
            method: method, seed: facts.seed, selection: facts.selection,
            threshold: isChange ? facts.threshold.map(Double.init) : nil,
            thresholdRule: isChange ? plan.data.thresholdRule.rawValue : nil,
            items: indices.map {
                TaskRecord.Item(
                    key: inputs.dataset.key($0), group: inputs.dataset.group($0),
                    split: plan.data.test)
            })
    }
}
