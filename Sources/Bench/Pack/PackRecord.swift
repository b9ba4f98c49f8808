import Glibc
import Manifests
import Store

/// What lies in a store and how it came there: its `run.json`, written last.
public struct PackRecord: Codable, Sendable, Hashable {
    /// The program and its subcommand.
    public var program = "matter-bench pack"
    /// The suite's version.
    public var version: String
    /// The data set's name.
    public var dataset: String
    /// Names of its planes and classes, in the data set's own order.
    public var planes, classes: [String]
    /// What was packed, in the order in which it was added.
    public var plans: [PackPlan]
    /// How many samples `samples.jsonl` tells of; nil where the record does not tell, which is older, or packing has not ended.
    public var samples: Int?

    /// The name that the record has until the first packing of a folder is done, and the folder a store.
    private static let begunName = "begun.json"

    /// The record of a folder with one more plan.
    ///
    /// - Throws: `BenchError`, 78 where the folder holds another data set, other planes, or pixels of other options;
    ///   `ManifestError` where its record cannot be read.
    init(adding plan: PackPlan, of dataset: any Dataset, to folder: String) throws {
        // What comes from a store is what the store was made of.
        let origin = (dataset as? PackedStore)?.record
        var plan = plan
        plan.pixels = origin?.pixels ?? Self.pixels(of: plan, type(of: dataset))
        version = SuiteVersion.current
        self.dataset = origin?.dataset ?? plan.dataset
        (planes, classes) = (dataset.planes, dataset.classes)
        plans = [plan]
        let before = try Self.read(in: folder)
        try (before ?? Self.read(Self.begunName, in: folder))?
            .expectSamePixels(as: self, in: folder)
        guard let before else { return }
        plans = before.plans + (before.plans.contains { $0.isSame(as: plan) } ? [] : [plan])
    }

    /// The record of a folder; nil where there is none.
    ///
    /// - Throws: `ManifestError` where it cannot be read.
    public static func read(in folder: String) throws -> PackRecord? {
        try read(RunRecord.fileName, in: folder)
    }

    private static func read(_ name: String, in folder: String) throws -> PackRecord? {
        let path = "\(folder)/\(name)"
        guard FileSystem.isFile(path) else { return nil }
        return try decodeStrictJSON(PackRecord.self, fromFile: path)
    }

    // MARK: Pixels

    /// Refuses another record for a folder whose records would be kept though their pixels are others.
    private func expectSamePixels(as new: PackRecord, in folder: String) throws {
        guard (dataset, classes) == (new.dataset, new.classes) else {
            throw BenchError(
                .configuration,
                "\(folder) holds \(dataset), \(classes.count) classes; name another folder for \(new.dataset) with \(new.classes.count)"
            )
        }
        let (then, now) = (pixels ?? [:], new.pixels ?? [:])
        let names = Set(then.keys).union(now.keys).sorted()
        if let name = names.first(where: { then[$0] != now[$0] }) {
            throw BenchError(
                .configuration,
                "\(folder) was packed with \(name)=\(then[name] ?? ""), not \(name)=\(now[name] ?? ""); name another folder, or delete this one"
            )
        }
        guard Set(planes) == Set(new.planes) else {
            throw BenchError(
                .configuration,
                "\(folder) holds the planes \(planes.joined(separator: ", ")), not \(new.planes.joined(separator: ", ")); name another folder, or delete this one"
            )
        }
    }

    /// What the pixels depend on, given or not; all plans of a record have the same.
    private var pixels: [String: String]? {
        plans.first.map { plan in
            plan.pixels ?? Self.pixels(of: plan, DatasetRegistry.all.first { $0.name == dataset })
        }
    }

    private static func pixels(
        of plan: PackPlan, _ type: (any Dataset.Type)?
    ) -> [String: String] {
        let usual = type?.pixelOptions ?? [:]
        return usual.merging(plan.options.filter { usual[$0.key] != nil }) { $1 }
    }

    /// Whether a store may be made of this record's samples and of another's.
    func hasSamePixels(as other: PackRecord) -> Bool {
        (dataset, classes, Set(planes)) == (other.dataset, other.classes, Set(other.planes))
            && pixels == other.pixels
    }

    // MARK: Samples

    /// The splits that were packed; all samples are all of them.
    private var splits: Set<String?> {
        let splits = Set(plans.map(\.split))
        return splits.contains(nil) ? [nil] : splits
    }

    /// The first record of a store's parts; nil where there is none, as in a store that another program made.
    ///
    /// - Throws: `BenchError`, 65, where parts have other pixels or splits than the first, or some no record; `ManifestError`.
    static func first(ofStore root: String) throws -> PackRecord? {
        let folders = try StoreFolder.parts(of: root)
        let records = try folders.map { (folder: $0, record: try read(in: $0)) }
        guard let first = records.lazy.compactMap(\.record).first else { return nil }
        for (folder, record) in records {
            guard let record else {
                throw BenchError(
                    .invalid,
                    "\(folder): a shard without run.json: packing was not finished; run the same matter-bench pack again"
                )
            }
            guard first.hasSamePixels(as: record) else {
                throw BenchError(
                    .invalid,
                    "\(root): was packed with several options or planes; pack it again, all shards with the same"
                )
            }
            guard first.splits == record.splits else {
                throw BenchError(
                    .invalid,
                    "\(folder): was packed with other splits than the first shard; run matter-bench pack --split for those that it lacks, in every shard"
                )
            }
        }
        return first
    }

    /// What is missing in parts of a store whose list of samples was cut after packing, a line a part.
    ///
    /// - Parameter counts: samples that each part's list tells of, by its folder.
    /// - Returns: a line for each part that has fewer than were packed.
    /// - Throws: `ManifestError` where a record cannot be read.
    public static func lostSamples(_ counts: [String: Int]) throws -> [String] {
        try counts.sorted { $0.key < $1.key }.compactMap { folder, count in
            // More of them are there while another process appends.
            guard let told = try read(in: folder)?.samples, count < told else { return nil }
            return
                "\(folder): samples.jsonl tells of \(count) samples, run.json of \(told); copy the store again, or run the same matter-bench pack again"
        }
    }

    // MARK: Writing

    /// Says in a folder that is no store yet what its first records are of; a run that goes on there looks for it.
    func begin(in folder: String) throws {
        guard try Self.read(in: folder) == nil else { return }
        try write(to: "\(folder)/\(Self.begunName)")
    }

    /// Says what the folder holds, all of which is there.
    func publish(in folder: String) throws {
        try write(to: "\(folder)/\(RunRecord.fileName)")
        // It says nothing beside the other any more; whoever is stopped here takes it away next time.
        unlink("\(folder)/\(Self.begunName)")
    }

    private func write(to path: String) throws {
        try AtomicFile.write(encodeCanonicalJSON(self, pretty: true), to: path)
    }
}
