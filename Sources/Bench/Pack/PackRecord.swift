import Glibc
import Manifests

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

    /// The name that the record has until the first packing of a folder is done, and the folder a store.
    private static let begunName = "begun.json"

    /// The record of a folder with one more plan.
    ///
    /// - Throws: `BenchError`, 78 where the folder holds another data set, other planes, or pixels of other options;
    ///   `ManifestError` where its record cannot be read.
    init(adding plan: PackPlan, of dataset: any Dataset, to folder: String) throws {
        version = SuiteVersion.current
        self.dataset = plan.dataset
        (planes, classes) = (dataset.planes, dataset.classes)
        plans = [plan]
        let before = try Self.read(in: folder)
        try (before ?? Self.read(Self.begunName, in: folder))?
            .expectSamePixels(as: self, of: type(of: dataset), in: folder)
        guard let before else { return }
        plans = before.plans + (before.plans.contains(plan) ? [] : [plan])
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
    private func expectSamePixels(
        as new: PackRecord, of type: any Dataset.Type, in folder: String
    ) throws {
        guard (dataset, classes) == (new.dataset, new.classes) else {
            throw BenchError(
                .configuration,
                "\(folder) holds \(dataset), \(classes.count) classes; name another folder for \(new.dataset) with \(new.classes.count)"
            )
        }
        // All plans of a record have the same.
        let (then, now) = (pixelOptions(type).first ?? [:], new.pixelOptions(type).first ?? [:])
        if let name = now.keys.sorted().first(where: { then[$0] != now[$0] }) {
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

    /// Of each plan the options that its pixels depend on, given or not.
    private func pixelOptions(_ type: (any Dataset.Type)?) -> [[String: String]] {
        plans.map { plan in
            let usual = type?.pixelOptions ?? [:]
            return usual.merging(plan.options.filter { usual[$0.key] != nil }) { $1 }
        }
    }

    /// Whether a store may be made of this record's samples and of another's.
    func hasSamePixels(as other: PackRecord) -> Bool {
        let type = DatasetRegistry.all.first { $0.name == dataset }
        return (dataset, classes, Set(planes)) == (other.dataset, other.classes, Set(other.planes))
            && Set(pixelOptions(type) + other.pixelOptions(type)).count <= 1
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
