import Foundation
import Manifests
public import Tensors

/// Everything that a pretraining run does, resolved.
public struct PretrainPlan: Sendable {
    /// The store's folder.
    public var store: String
    /// The tile manifest beside the store, if there is one.
    public var manifest: String?
    /// What is trained, and how.
    public var recipe: Recipe
    /// The folder that is written.
    public var output: String
    /// The seed of every random choice.
    public var seed: UInt64
    /// Where it is computed.
    public var device: Device

    /// Makes a plan.
    public init(
        store: String, manifest: String? = nil, recipe: Recipe, output: String, seed: UInt64,
        device: Device = .cpu
    ) {
        (self.store, self.manifest, self.recipe) = (store, manifest, recipe)
        (self.output, self.seed, self.device) = (output, seed, device)
    }

    /// The record that the output folder is given: the same wherever the run happens.
    func record() throws -> RunRecord {
        var inputs = [try InputDigest(file: "\(store)/data.mdb", named: "store/data.mdb")]
        if let manifest { inputs.append(try InputDigest(file: manifest, named: "manifest.jsonl")) }
        return RunRecord(
            program: "matter-model pretrain",
            plan: .object([
                "recipe": try JSONValue(encoding: recipe),
                "device": .string(device.kind == .cpu ? "cpu" : "cuda"),
            ]), seed: seed, inputs: inputs)
    }

    /// - Throws: `TrainingError` (`otherPlan`) if the folder holds a run of another plan.
    func claimOutput() throws {
        let record = try record()
        let path = "\(output)/\(RunRecord.fileName)"
        guard FileManager.default.fileExists(atPath: path) else {
            return try record.write(to: output)
        }
        let found = try RunRecord(readingFrom: output)
        guard found != record else { return }
        let (old, new) = (try JSONValue(encoding: found), try JSONValue(encoding: record))
        throw TrainingError.otherPlan(
            folder: output, difference: Self.difference(old, new, at: "") ?? "unknown")
    }

    private static func difference(_ old: JSONValue, _ new: JSONValue, at key: String) -> String? {
        guard let left = old.object, let right = new.object else {
            return old == new ? nil : "\(key): \(old.serialized()) there, \(new.serialized()) here"
        }
        for name in Set(left.keys).union(right.keys).sorted() {
            let next = key.isEmpty ? name : "\(key).\(name)"
            let found = difference(left[name] ?? .null, right[name] ?? .null, at: next)
            if let found { return found }
        }
        return nil
    }
}

/// What a pretraining run tells while it goes on.
public enum PretrainEvent: Sendable {
    /// The store was looked through: places with two or more dates, regions, crops an epoch.
    case opened(places: Int, regions: Int, cropsAnEpoch: Int)
    /// A run goes on after a checkpoint.
    case resumed(step: Int)
    /// A checkpoint was damaged and passed over.
    case damagedCheckpoint(String)
    /// A step was taken.
    case step(CurvePoint, of: Int)
    /// A checkpoint was written.
    case checkpoint(step: Int)
    /// A snapshot of the encoder was written.
    case snapshot(step: Int)
    /// The run was over already.
    case wasDone
}

/// How a pretraining run ended.
public enum PretrainOutcome: Hashable, Sendable {
    /// All steps are taken and the encoder is written.
    case done
    /// The run was asked to stop; the state after this many steps is saved.
    case stopped(step: Int)
}
