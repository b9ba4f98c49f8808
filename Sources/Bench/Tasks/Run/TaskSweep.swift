public import Manifests
public import Tensors

/// Runs of all combinations of a recipe's grid with all seeds; of one combination and one seed just that run.
///
/// Each run has a folder of its own, `<combination>/seed-<n>`, beside `sweep.json`; those that are done are kept, so that a sweep
/// goes on where it was stopped, and shards of it on several machines fill one folder.
public struct TaskSweep {
    /// `sweep.json`: what the sweep consists of.
    public struct Record: Codable, Hashable, Sendable {
        /// "matter-sweep/1".
        public var format = "matter-sweep/1"
        /// Values by dotted key.
        public var grid: [String: [JSONValue]]
        /// Names of the combinations' folders, in order.
        public var combinations: [String]
        /// Seeds, in order.
        public var seeds: [UInt64]
    }

    private let recipe: TaskRecipe
    private let paths: TaskPaths
    private let seeds: [UInt64]
    private let shard: PackShard?
    private let device: Device
    private let changes: Set<String>

    /// A sweep.
    ///
    /// - Parameters:
    ///   - recipe: the combinations.
    ///   - paths: data, encoder and the folder of the sweep.
    ///   - seeds: at least one.
    ///   - shard: which part of the runs is done; nil for all.
    ///   - device: where.
    ///   - changes: as `TaskRun` takes them.
    public init(
        _ recipe: TaskRecipe, paths: TaskPaths, seeds: [UInt64], shard: PackShard? = nil,
        device: Device = .cpu, allowing changes: Set<String> = []
    ) {
        (self.recipe, self.paths, self.seeds) = (recipe, paths, seeds)
        (self.shard, self.device, self.changes) = (shard, device, changes)
    }

    /// One run of the sweep.
    struct Job {
        let combination: TaskRecipe.Combination
        let seed: UInt64
        let folder: String
    }

    private var isOneRun: Bool { recipe.combinations.count == 1 && seeds.count == 1 }

    /// The runs of this shard, in order.
    var jobs: [Job] {
        let all = recipe.combinations.flatMap { combination in
            seeds.map { seed in
                Job(
                    combination: combination, seed: seed,
                    folder: isOneRun
                        ? paths.output : "\(paths.output)/\(combination.name)/seed-\(seed)")
            }
        }
        guard let shard else { return all }
        return all.enumerated().filter { $0.offset % shard.count == shard.index - 1 }
            .map(\.element)
    }

    /// Runs what is not done.
    ///
    /// - Parameters:
    ///   - onEvent: is told what happens.
    ///   - shouldStop: is asked between steps and samples.
    /// - Returns: what each run reached, by its folder relative to the sweep's; nil where it was asked to stop.
    /// - Throws: as `TaskRun.run`; `BenchError`, 66 where an encoder is missing, 78 where the folder holds another sweep.
    public func run(
        onEvent: @escaping (TaskEvent) -> Void = { _ in },
        shouldStop: @escaping @Sendable () -> Bool = { false }
    ) throws -> [String: TaskSummary]? {
        try requireEncoders()
        if !isOneRun { try claim() }
        var summaries: [String: TaskSummary] = [:]
        let jobs = jobs
        for (number, job) in jobs.enumerated() {
            if shouldStop() { return nil }
            if !isOneRun { onEvent(.job(job.folder, number + 1, of: jobs.count)) }
            var paths = paths
            paths.output = job.folder
            let run = TaskRun(
                plan: job.combination.plan, paths: paths, seed: job.seed, device: device,
                allowing: changes)
            guard let summary = try run.run(onEvent: onEvent, shouldStop: shouldStop) else {
                return nil
            }
            summaries[isOneRun ? "" : "\(job.combination.name)/seed-\(job.seed)"] = summary
        }
        return summaries
    }

    /// A file that is missing is told before anything is trained, not after hours.
    private func requireEncoders() throws {
        let files = Set(jobs.compactMap { paths.encoder(of: $0.seed) }).sorted()
        guard let missing = files.first(where: { !FileSystem.isFile($0) }) else { return }
        throw BenchError(.missing, "\(missing): no such encoder")
    }

    private func claim() throws {
        let record = Record(
            grid: recipe.grid, combinations: recipe.combinations.map(\.name), seeds: seeds)
        let path = "\(paths.output)/sweep.json"
        try AtomicFile.makeFolder(at: paths.output)
        guard FileSystem.isFile(path) else {
            return try AtomicFile.write(encodeCanonicalJSON(record, pretty: true), to: path)
        }
        let old = try JSONValue.parse(WholeFile.read(path), path: path)
        guard let difference = old.firstDifference(from: try JSONValue(encoding: record)) else {
            return
        }
        throw BenchError(
            .configuration,
            "\(path): the folder holds a sweep with another \(difference); choose another --out or remove the folder"
        )
    }
}
