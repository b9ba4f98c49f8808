import Foundation
import Manifests

/// The folder of a run of a task: its record, and whether it is whole; locked as long as it is held.
final class TaskFolder {
    let path: String
    private let lock: FolderLock

    /// Makes the folder and claims it for a run.
    ///
    /// A run that has a checkpoint may go on on another device, which its record tells from then on.
    ///
    /// - Parameters:
    ///   - path: the folder.
    ///   - record: the run.
    ///   - onRemark: is told of another device.
    /// - Throws: `BenchError`, 78, naming what differs where it holds another run; `ManifestError`.
    init(_ path: String, claimedBy record: RunRecord, onRemark: (String) -> Void) throws {
        self.path = path
        try AtomicFile.makeFolder(at: "\(path)/predictions")
        lock = try FolderLock(folder: path)
        try AtomicFile.removeLeftovers(in: path)
        let file = "\(path)/\(RunRecord.fileName)"
        guard FileSystem.isFile(file) else {
            try record.write(to: path)
            return
        }
        let old = try RunRecord(readingFrom: path)
        if let device = old.device, old.replacing(device: record.device) == record {
            // Where it ran so far: "cpu", or "cpu, then cuda".
            guard device != record.device, !device.hasSuffix(", then \(record.device ?? "")") else {
                return
            }
            if FileSystem.isFile("\(path)/\(TaskCheckpoint.name)") {
                let both = "\(device), then \(record.device ?? "")"
                try old.replacing(device: both).write(to: path)
                onRemark("\(file): the run goes on on another device (\(both)): not bit-exact")
                return
            }
        }
        guard
            let difference = try JSONValue(encoding: old)
                .firstDifference(from: JSONValue(encoding: record))
        else { return }
        throw BenchError(
            .configuration,
            "\(file): the folder holds a run with another \(difference); choose another --out or remove the folder"
        )
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

extension RunRecord {
    /// The kind of device that the plan names; nil where it names none.
    fileprivate var device: String? { plan["device"]?.string }

    /// The same on another device.
    fileprivate func replacing(device: String?) -> RunRecord {
        guard var members = plan.object else { return self }
        members["device"] = device.map(JSONValue.string)
        var record = self
        record.plan = .object(members)
        return record
    }
}

extension JSONValue {
    /// The dotted key at which two documents differ first, with both values; nil where they are equal.
    func firstDifference(from other: JSONValue, at place: String = "") -> String? {
        guard self != other else { return nil }
        guard let before = object, let after = other.object else {
            let shown = [self, other].map { String($0.serialized().prefix(60)) }
            return "\(place) (\(shown[0]), now \(shown[1]))"
        }
        for key in Set(before.keys).union(after.keys).sorted() where before[key] != after[key] {
            let inner = place.isEmpty ? key : "\(place).\(key)"
            return (before[key] ?? .null).firstDifference(from: after[key] ?? .null, at: inner)
        }
        return nil
    }
}
