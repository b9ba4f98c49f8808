import Manifests
import Tensors

/// The state of a run after a step, in one file that is replaced whole: all that is needed to go on as if nothing had happened.
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

    var position: Position
    /// Weights under `model.`, the best ones under `best.`, the optimiser's state under `optimiser.`.
    var arrays: [String: HostArray]

    init(_ position: Position, _ arrays: [String: HostArray]) {
        (self.position, self.arrays) = (position, arrays)
    }

    /// Replaces the checkpoint of a folder.
    ///
    /// - Throws: `ManifestError`, `TorchError`.
    func write(to folder: String) throws {
        let text = try JSONValue(encoding: position).serialized()
        let metadata = ["digest": Self.digest(arrays, text).hex, "position": text]
        try AtomicFile.write(
            Safetensors.serialize(arrays, metadata: metadata), to: "\(folder)/\(Self.name)")
    }

    /// The checkpoint of a folder; nil where there is none, or it is damaged, which `onDamage` is told.
    init?(in folder: String, onDamage: (String) -> Void) {
        let path = "\(folder)/\(Self.name)"
        guard FileSystem.isFile(path) else { return nil }
        do {
            let file = try Safetensors.read(path)
            let text = file.metadata["position"] ?? ""
            guard file.metadata["digest"] == Self.digest(file.arrays, text).hex else {
                throw ManifestError(.invalid, path: path, "the digest does not fit the content")
            }
            position = try decodeStrictJSON(Position.self, from: Array(text.utf8))
            arrays = file.arrays
        } catch {
            onDamage("\(error); training begins anew")
            return nil
        }
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
