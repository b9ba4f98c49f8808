import Manifests
public import Tensors

/// Predictions of a trained run on another folder or split, as a run folder of their own.
public struct TaskPrediction {
    /// What is predicted, and where.
    public struct Plan: Sendable, Hashable {
        /// The folder of the trained run.
        public var run: String
        /// The folder that holds the data set.
        public var data: String
        /// The data set's name; nil for the run's own.
        public var dataset: String?
        /// What was chosen when it is opened; nil for the run's own.
        public var options: [String: String]?
        /// The split that is scored; nil for the run's own.
        public var split: String?
        /// The folder that is written.
        public var output: String

        /// Names what must be named.
        public init(run: String, data: String, output: String) {
            (self.run, self.data, self.output) = (run, data, output)
        }
    }

    private let request: Plan
    private let device: Device

    /// Prepares; nothing is read yet.
    public init(_ request: Plan, device: Device = .cpu) {
        (self.request, self.device) = (request, device)
    }

    /// Predicts.
    ///
    /// - Parameters:
    ///   - onEvent: is told what happens.
    ///   - shouldStop: is asked between samples.
    /// - Returns: what was reached; nil where it was asked to stop.
    /// - Throws: `BenchError`: 66 where there is no trained run, 65 where it does not fit the data set, 78 for other classes; what
    ///   reading throws.
    public func run(
        onEvent: @escaping (TaskEvent) -> Void = { _ in },
        shouldStop: @escaping @Sendable () -> Bool = { false }
    ) throws -> TaskSummary? {
        try device.require()
        let model = try TaskModel(readingFrom: request.run)
        var plan = model.facts.plan
        plan.data.dataset = request.dataset ?? plan.data.dataset
        plan.data.options = request.options ?? plan.data.options
        plan.data.test = request.split ?? plan.data.test
        let dataset = try DatasetRegistry.open(
            plan.data.dataset, at: request.data, options: plan.data.datasetOptions)
        let classes = try plan.classes(of: dataset)
        guard classes == model.facts.classes else {
            throw BenchError(
                .configuration,
                "\(request.data): has the classes \(classes.joined(separator: ", ").prefix(200)), the run learnt \(model.facts.classes.joined(separator: ", ").prefix(200))"
            )
        }
        let test = try dataset.indices(of: plan.data.test)
        guard !test.isEmpty else {
            throw BenchError(.invalid, "\(request.data): no samples in \(plan.data.test)")
        }
        let folder = try TaskFolder(
            request.output, claimedBy: try record(of: plan, dataset, seed: model.facts.seed),
            onRemark: { onEvent(.remark($0)) })
        defer { withExtendedLifetime(folder) {} }
        if folder.isDone {
            onEvent(.wasDone)
            return try decodeStrictJSON(
                TaskSummary.self, fromFile: "\(folder.path)/\(TaskSummary.fileName)")
        }
        let inputs = try TaskInputs(
            scoring: test, plan, dataset, TaskBands(model.facts.statistics, plan, dataset),
            seed: model.facts.seed)
        try Torch.attempt { model.network.move(to: device) }
        let descent = TaskDescent(
            model.network,
            loss: LossFunction(plan.loss.kind, weights: nil, ignored: plan.data.ignore),
            plan: plan, device: device)
        do {
            return try TaskScoring(
                model: model, inputs: inputs, folder: folder, device: device, onEvent: onEvent,
                shouldStop: shouldStop, probabilities: descent.probabilities
            ).write()
        } catch is StopRequest {
            return nil
        }
    }

    /// What the trained run says of its encoder's file; nothing for drawn weights.
    private func encoderInputs() throws -> [InputDigest] {
        guard FileSystem.isFile("\(request.run)/\(RunRecord.fileName)") else { return [] }
        return try RunRecord(readingFrom: request.run).inputs.filter {
            $0.path.hasPrefix("encoder/")
        }
    }

    private func record(
        of plan: TaskPlan, _ dataset: any Dataset, seed: UInt64
    ) throws -> RunRecord {
        try RunRecord(
            program: "matter-bench predict",
            plan: .object([
                "task": JSONValue(encoding: plan),
                "device": .string(device.kind == .cpu ? "cpu" : "cuda"),
            ]), seed: seed,
            inputs: [
                DatasetDigest(dataset, at: request.data).digest,
                InputDigest(
                    file: "\(request.run)/\(TaskModel.fileName)",
                    named: "run/\(TaskModel.fileName)"),
            ] + encoderInputs())
    }
}
