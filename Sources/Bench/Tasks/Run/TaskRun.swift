import Manifests
import Store
public import Tensors

/// Where a run of a task reads and writes.
public struct TaskPaths: Sendable, Hashable {
    /// The folder that holds the data set.
    public var data: String
    /// The run folder.
    public var output: String
    /// The encoder's file, if one is used; `{seed}` in it stands for the run's seed.
    public var encoder: String?

    /// Names them.
    public init(data: String, output: String, encoder: String? = nil) {
        (self.data, self.output, self.encoder) = (data, output, encoder)
    }

    /// The encoder's file of a seed: pretraining and fine-tuning then spread together over the seeds.
    func encoder(of seed: UInt64) -> String? { encoder?.replacing(Self.seed, with: "\(seed)") }

    /// Where each seed has an encoder of its own: the end of its path from the part on that differs, without a machine's folders.
    var encoderPattern: String? {
        let parts = encoder?.split(separator: "/") ?? []
        let end = parts.drop { !$0.contains(Self.seed) }
        return end.isEmpty ? nil : end.joined(separator: "/")
    }

    private static let seed = "{seed}"
}

/// One run of a task: an encoder and a head, learnt, selected, scored, and all of it in one folder.
///
/// The folder is a function of data, plan, seed, encoder and the suite's version, but for the seconds in its curves and
/// `environment.json`. Killed anywhere and started again, it ends with the same bytes (on the CPU).
public struct TaskRun {
    private let plan: TaskPlan
    private let paths: TaskPaths
    private let seed: UInt64
    private let device: Device
    private let changes: Set<String>
    private let open: () throws -> any Dataset

    /// Prepares a run; nothing is read yet.
    ///
    /// - Parameters:
    ///   - plan: what is run.
    ///   - paths: where it reads and writes.
    ///   - seed: of every random choice.
    ///   - device: where.
    ///   - changes: keys in which a run that was stopped may differ from the plan: of `optimiser` and `loss`, and of `run` all but the
    ///     batch.
    public init(
        plan: TaskPlan, paths: TaskPaths, seed: UInt64 = 1, device: Device = .cpu,
        allowing changes: Set<String> = []
    ) {
        self.init(plan: plan, paths: paths, seed: seed, device: device, allowing: changes) {
            try DatasetRegistry.open(
                plan.data.dataset, at: paths.data, options: plan.data.datasetOptions)
        }
    }

    /// Prepares a run on a data set of the caller's own.
    package init(
        plan: TaskPlan, paths: TaskPaths, seed: UInt64 = 1, device: Device = .cpu,
        allowing changes: Set<String> = [], opening open: @escaping () throws -> any Dataset
    ) {
        (self.plan, self.paths, self.seed, self.device) = (plan, paths, seed, device)
        (self.changes, self.open) = (changes, open)
    }

    /// Runs.
    ///
    /// - Parameters:
    ///   - onEvent: is told what happens.
    ///   - shouldStop: is asked between steps and samples.
    /// - Returns: what was reached; nil where it was asked to stop, its state saved.
    /// - Throws: `BenchError`, `BatchError`, `StoreError`, `ManifestError`, `TorchError`: what keeps it from going on; 81 where
    ///   training diverged.
    public func run(
        onEvent: @escaping (TaskEvent) -> Void = { _ in },
        shouldStop: @escaping @Sendable () -> Bool = { false }
    ) throws -> TaskSummary? {
        try plan.check()
        try TaskPlan.checkChanges(changes)
        try device.require()
        let dataset = try open()
        let splits = try TaskSplits(plan.data, of: dataset)
        var encoder = try OpenedEncoder(
            plan, file: paths.encoder(of: seed),
            available: TaskBands.available(in: dataset, for: plan.task),
            seed: seed)
        if encoder.report.origin != "random" { encoder.report.pattern = paths.encoderPattern }
        var plan = plan
        plan.data.bands = encoder.report.bands
        let folder = try TaskFolder(
            paths.output, claimedBy: try record(of: plan, dataset, encoder.input),
            allowing: changes,
            onRemark: { onEvent(.remark($0)) })
        defer { withExtendedLifetime(folder) {} }
        if folder.isDone {
            // It may have been killed between its last two files.
            try folder.removeCheckpoints()
            onEvent(.wasDone)
            return try decodeStrictJSON(
                TaskSummary.self, fromFile: "\(folder.path)/\(TaskSummary.fileName)")
        }
        for remark in dataset.remarks + encoder.remarks { onEvent(.remark(remark)) }
        onEvent(.encoder(encoder.report))
        let session = TaskSession(
            plan: plan, seed: seed, device: device, folder: folder, dataset: dataset,
            splits: splits, encoder: encoder, onEvent: onEvent, shouldStop: shouldStop)
        do {
            return try session.run()
        } catch is StopRequest {
            return nil
        }
    }

    private func record(
        of plan: TaskPlan, _ dataset: any Dataset, _ encoder: InputDigest?
    ) throws -> RunRecord {
        let inputs =
            [try DatasetDigest(dataset, at: paths.data).digest] + (encoder.map { [$0] } ?? [])
        return RunRecord(
            program: "matter-bench run",
            plan: .object([
                "task": try JSONValue(encoding: plan),
                "device": .string(device.kind == .cpu ? "cpu" : "cuda"),
            ]), seed: seed, inputs: inputs)
    }
}
