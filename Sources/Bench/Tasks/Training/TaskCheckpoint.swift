import Foundation
import Manifests
import Tensors

/// The state of a run after a step, in one file that is replaced whole: all that is needed to go on as if nothing had happened.
///
/// The one before is kept beside it, for the day when a disk turns a bit.
struct TaskCheckpoint {
    /// Where a run is.
    struct Position: Codable, Hashable {
        /// Steps taken.
        var step = 0
        /// The epoch that the next step belongs to, and its batch in it.
        var epoch = 0, batch = 0
        /// Seconds of training so far.
        var seconds = 0.0
        /// The best validation so far: its epoch, from 0, and value.
        var bestEpoch: Int?
        var bestValue: Double?
    }

    static let name = "checkpoint.safetensors"
    /// The one before the newest.
    static let previousName = "checkpoint.previous.safetensors"

    var position: Position
    /// Weights under `model.`, the best ones under `best.`, the optimiser's state under `optimiser.`.
    var arrays: [String: HostArray]

    init(_ position: Position, _ arrays: [String: HostArray]) {
        (self.position, self.arrays) = (position, arrays)
    }

    /// Replaces the checkpoint of a folder; at every moment there is a whole one under its name.
    ///
    /// - Throws: `ManifestError`, `TorchError`.
    func write(to folder: String) throws {
        let text = try JSONValue(encoding: position).serialized()
        let metadata = ["digest": Self.digest(arrays, text).hex, "position": text]
        let bytes = try Safetensors.serialize(arrays, metadata: metadata)
        let (path, previous) = ("\(folder)/\(Self.name)", "\(folder)/\(Self.previousName)")
        if FileSystem.isFile(path) {
            // A second name for the old one; a file system without such names keeps the newest only.
            try? FileManager.default.removeItem(atPath: previous)
            try? FileManager.default.linkItem(atPath: path, toPath: previous)
        }
        try AtomicFile.write(bytes, to: path)
    }

    /// The newest checkpoint of a folder that is whole; nil where there is none.
    ///
    /// - Parameters:
    ///   - folder: the run's folder.
    ///   - onDamage: is told of a newer one that is damaged.
    /// - Returns: the checkpoint, which is the newest in the folder from then on.
    /// - Throws: `BenchError`, 65, naming all where there are some and none is whole.
    static func newest(in folder: String, onDamage: (String) -> Void) throws -> TaskCheckpoint? {
        let path = "\(folder)/\(name)"
        let paths = [path, "\(folder)/\(previousName)"].filter(FileSystem.isFile)
        var reasons: [String] = []
        for candidate in paths {
            do {
                let found = try TaskCheckpoint(path: candidate)
                guard candidate != path else { return found }
                // The good one takes the place of the damaged one, which would otherwise be kept instead of it.
                try? FileManager.default.removeItem(atPath: path)
                try FileManager.default.moveItem(atPath: candidate, toPath: path)
                onDamage(
                    (reasons + ["training goes on from the checkpoint before"])
                        .joined(separator: "; "))
                return found
            } catch {
                reasons.append("\(error)")
            }
        }
        guard !reasons.isEmpty else { return nil }
        throw BenchError(
            .invalid,
            "no checkpoint is whole (\(reasons.joined(separator: "; "))); remove them to begin anew"
        )
    }

    private init(path: String) throws {
        let file = try Safetensors.read(path)
        let text = file.metadata["position"] ?? ""
        guard file.metadata["digest"] == Self.digest(file.arrays, text).hex else {
            throw ManifestError(.invalid, path: path, "the digest does not fit the content")
        }
        position = try decodeStrictJSON(Position.self, from: Array(text.utf8))
        arrays = file.arrays
    }

    /// SHA-256 over the position and every array's name, type, shape and bytes.
    private static func digest(_ arrays: [String: HostArray], _ text: String) -> SHA256Digest {
        var stream = SHA256Stream()
        func add(_ text: String) {
            Array(text.utf8).withUnsafeBytes { stream.update($0) }
        }
        add(text)
        for (name, array) in arrays.sorted(by: { $0.key < $1.key }) {
            add("\n\(name) \(array.dtype) \(array.shape)\n")
            array.bytes.withUnsafeBytes { stream.update($0) }
        }
        return stream.finish()
    }
}
