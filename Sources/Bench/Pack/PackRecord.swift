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

    /// The record of a folder with one more plan.
    ///
    /// - Throws: `BenchError`, 78 where the folder holds another data set; `ManifestError` where its record cannot be read.
    init(adding plan: PackPlan, of dataset: any Dataset, to folder: String) throws {
        version = SuiteVersion.current
        self.dataset = plan.dataset
        (planes, classes) = (dataset.planes, dataset.classes)
        let before = try Self.read(in: folder)
        if let before, (before.dataset, before.classes) != (self.dataset, classes) {
            throw BenchError(
                .configuration,
                "\(folder) holds \(before.dataset), \(before.classes.count) classes; name another folder for \(self.dataset) with \(classes.count)"
            )
        }
        plans = before?.plans ?? []
        if !plans.contains(plan) { plans.append(plan) }
    }

    /// The record of a folder; nil where there is none.
    ///
    /// - Throws: `ManifestError` where it cannot be read.
    public static func read(in folder: String) throws -> PackRecord? {
        let path = "\(folder)/\(RunRecord.fileName)"
        guard FileSystem.isFile(path) else { return nil }
        return try decodeStrictJSON(PackRecord.self, fromFile: path)
    }

    func publish(in folder: String) throws {
        try AtomicFile.write(
            encodeCanonicalJSON(self, pretty: true), to: "\(folder)/\(RunRecord.fileName)")
    }
}
