import Foundation
import Manifests
package import Tensors

/// The state of a run after a step: all that is needed to go on as if nothing had happened.
package struct Checkpoint {
    /// Steps taken.
    package let step: Int
    /// Weights under `model.`, the optimiser's state under `optimiser.`.
    package let arrays: [String: HostArray]

    /// Publishes the checkpoint in a folder, then removes all but the newest.
    package func write(to folder: String, keeping count: Int) throws {
        try AtomicFile.makeFolder(at: folder)
        try AtomicFile.write(serialized(), to: "\(folder)/\(Self.name(step))")
        for old in try Self.steps(in: folder).dropLast(count) {
            try? FileManager.default.removeItem(atPath: "\(folder)/\(Self.name(old))")
        }
    }

    /// The checkpoint as a document that proves itself.
    func serialized() throws -> [UInt8] {
        let metadata = ["digest": Self.digest(arrays, step).hex, "step": "\(step)"]
        return try Safetensors.serialize(arrays, metadata: metadata)
    }

    /// The newest whole checkpoint of a folder; nil if it holds none.
    ///
    /// `onDamage` is told of each that is passed over.
    ///
    /// - Throws: `TrainingError` (`noGoodCheckpoint`) if all are damaged.
    package static func latest(in folder: String, onDamage: (String) -> Void) throws -> Checkpoint?
    {
        guard FileManager.default.fileExists(atPath: folder) else { return nil }
        try AtomicFile.removeLeftovers(in: folder)
        var reasons: [String] = []
        for step in try steps(in: folder).reversed() {
            do {
                return try Checkpoint(path: "\(folder)/\(name(step))", step: step)
            } catch {
                reasons.append("\(name(step)): \(error)")
                onDamage(reasons[reasons.count - 1])
            }
        }
        guard reasons.isEmpty else {
            throw TrainingError.noGoodCheckpoint(folder: folder, reasons: reasons)
        }
        return nil
    }

    /// The newest checkpoint's name, for messages.
    static func newestName(in folder: String) -> String? {
        newestStep(in: folder).map { "\(folder)/\(name($0))" }
    }

    /// The newest checkpoint's step, by its name.
    static func newestStep(in folder: String) -> Int? { (try? steps(in: folder))?.last }

    package init(step: Int, arrays: [String: HostArray]) {
        (self.step, self.arrays) = (step, arrays)
    }

    private init(path: String, step: Int) throws {
        try self.init(bytes: WholeFile.read(path, limit: 1 << 40), path: path)
        guard self.step == step else {
            throw ManifestError(.invalid, path: path, "is of step \(self.step)")
        }
    }

    /// Reads a document of `serialized()`; `path` stands in messages.
    ///
    /// - Throws: `TorchError` or `ManifestError` if a bit of it is not as it was written.
    init(bytes: [UInt8], path: String) throws {
        let file = try Safetensors.parse(bytes, path: path)
        guard let step = file.metadata["step"].flatMap(Int.init),
            file.metadata["digest"] == Self.digest(file.arrays, step).hex
        else { throw ManifestError(.invalid, path: path, "the digest does not fit the content") }
        self.init(step: step, arrays: file.arrays)
    }

    private static func name(_ step: Int) -> String { stepName(step) }

    /// Steps of the checkpoints of a folder, sorted.
    private static func steps(in folder: String) throws -> [Int] {
        try FileManager.default.contentsOfDirectory(atPath: folder).compactMap { file in
            let digits = file.dropFirst("step-".count).prefix { $0 != "." }
            guard let step = Int(digits), name(step) == file else { return nil }
            return step
        }.sorted()
    }

    /// SHA-256 over the step and every array's name, type, shape and bytes.
    static func digest(_ arrays: [String: HostArray], _ step: Int) -> SHA256Digest {
        var stream = SHA256Stream()
        func add(_ text: String) {
            Array(text.utf8).withUnsafeBytes { stream.update($0) }
        }
        add("step \(step)\n")
        for (name, array) in arrays.sorted(by: { $0.key < $1.key }) {
            add("\(name) \(array.dtype) \(array.shape)\n")
            array.bytes.withUnsafeBytes { stream.update($0) }
        }
        return stream.finish()
    }
}

/// The file name of what belongs to a step: `step-000050.safetensors`.
func stepName(_ step: Int) -> String {
    let digits = "\(step)"
    let zeros = String(repeating: "0", count: max(6 - digits.count, 0))
    return "step-\(zeros)\(digits).safetensors"
}
