import Foundation
import Manifests
import MatterModel

/// The folder of a run of a task: its record, and whether it is whole; locked as long as it is held.
final class TaskFolder {
    let path: String
    private let lock: FolderLock

    /// Makes the folder and claims it for a run.
    ///
    /// A run that has a checkpoint may go on on another device, and with other values of keys that are named; its record tells so
    /// from then on, under `changes`.
    ///
    /// - Parameters:
    ///   - path: the folder.
    ///   - record: the run.
    ///   - changes: keys of the plan that may differ: "optimiser.learningRate".
    ///   - onRemark: is told of what differs.
    /// - Throws: `BenchError`, 78, naming what differs where it holds another run; `ManifestError`.
    init(
        _ path: String, claimedBy record: RunRecord, allowing changes: Set<String> = [],
        onRemark: (String) -> Void
    ) throws {
        self.path = path
        try AtomicFile.makeFolder(at: "\(path)/predictions")
        lock = try FolderLock(folder: path)
        try AtomicFile.removeLeftovers(in: path)
        let file = "\(path)/\(RunRecord.fileName)"
        guard FileSystem.isFile(file) else {
            try record.write(to: path)
            return
        }
        var old = try RunRecord(readingFrom: path)
        let earlier = old.plan["changes"]?.array ?? []
        old.plan = old.plan.without("changes")
        let differences = PlanDifference.all(
            try JSONValue(encoding: old), try JSONValue(encoding: record))
        guard !differences.isEmpty else { return }
        let mayGoOn = FileSystem.isFile("\(path)/\(TaskCheckpoint.name)") && !isDone
        let allowed = mayGoOn ? changes.union(["device"]) : []
        if let other = differences.first(where: { !allowed.contains($0.name) }) {
            throw BenchError(
                .configuration,
                "\(file): the folder holds a run with another \(other.words); choose another --out or remove the folder"
            )
        }
        let told = differences.map(\.words)
        var both = record
        both.plan = record.plan.with("changes", .array(earlier + told.map(JSONValue.string)))
        try both.write(to: path)
        onRemark(
            "\(file): the run goes on with another \(told.joined(separator: ", ")): not bit-exact")
    }

    /// Whether all was written.
    var isDone: Bool { FileSystem.isFile("\(path)/\(TaskRecord.fileName)") }

    /// Writes the quicklooks of a sample; a slash in its name is a folder.
    func writePanels(_ files: [String: [UInt8]], of key: String) throws {
        let folder = "\(path)/panels/\(key)"
        try AtomicFile.makeFolder(at: folder)
        try AtomicFile.removeLeftovers(in: folder)
        for name in files.keys.sorted() {
            try AtomicFile.write(files[name] ?? [], to: "\(folder)/\(name).png")
        }
    }

    /// Writes a sample's prediction; a slash in its name is a folder.
    func writePrediction(_ bytes: [UInt8], of key: String) throws {
        let parts = key.split(separator: "/")
        if parts.count > 1 {
            try AtomicFile.makeFolder(
                at: "\(path)/predictions/\(parts.dropLast().joined(separator: "/"))")
        }
        try AtomicFile.write(bytes, to: "\(path)/predictions/\(key).safetensors")
    }

    /// Removes a file, if it is there.
    func remove(_ name: String) throws {
        guard FileSystem.isFile("\(path)/\(name)") else { return }
        try FileManager.default.removeItem(atPath: "\(path)/\(name)")
    }

    /// Removes what a run that is over needs no more.
    func removeCheckpoints() throws {
        try remove(TaskCheckpoint.name)
        try remove(TaskCheckpoint.previousName)
    }

    func write(_ value: some Encodable, to name: String) throws {
        try AtomicFile.write(encodeCanonicalJSON(value, pretty: true), to: "\(path)/\(name)")
    }
}

extension JSONValue {
    /// The first value in which two documents differ, in words; nil where they are equal.
    func firstDifference(from other: JSONValue) -> String? {
        PlanDifference.all(self, other).first?.words
    }
}

extension PlanDifference {
    /// "plan.task.optimiser.batch (2, now 4)", as a run of a task tells it.
    fileprivate var words: String {
        let shown = [old, new].map { String($0.serialized().prefix(60)) }
        return "\(key) (\(shown[0]), now \(shown[1]))"
    }
}
