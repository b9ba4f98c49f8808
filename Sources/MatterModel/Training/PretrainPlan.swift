import Foundation
import Manifests
import Store
public import Tensors

/// Everything that a pretraining run does, resolved.
public struct PretrainPlan: Sendable {
    /// The store's folder.
    public var store: String
    /// The tile manifest beside the store, if there is one.
    public var manifest: String?
    /// What `matter-prep unchanged` wrote of the tiles, if it is known; read where `data.pairs` is "unchanged".
    public var unchanged: String?
    /// What is trained, and how.
    public var recipe: Recipe
    /// The folder that is written.
    public var output: String
    /// The seed of every random choice.
    public var seed: UInt64
    /// Where it is computed.
    public var device: Device
    /// Where the other processes of the run are; `nil` for a run of one process.
    public var meeting: ProcessGroup.Meeting?
    /// Dotted keys that may differ from those of the run that the folder holds: `optimiser.learningRate`, `device`, `ranks`, `seed`.
    public var allowedChanges: Set<String> = []
    /// How long a batch is waited for before its reader counts as dead.
    public var patience = Duration.seconds(120)

    /// The file that ends a run.
    static let encoderName = "encoder.safetensors"

    /// Makes a plan.
    public init(
        store: String, manifest: String? = nil, unchanged: String? = nil, recipe: Recipe,
        output: String, seed: UInt64, device: Device = .cpu,
        meeting: ProcessGroup.Meeting? = nil
    ) {
        self.unchanged = unchanged
        (self.store, self.manifest, self.recipe) = (store, manifest, recipe)
        (self.output, self.seed, self.device) = (output, seed, device)
        self.meeting = meeting
    }

    /// Whether this process writes the run's folder.
    public var isWriter: Bool { meeting.map { $0.rank == 0 } ?? true }

    /// The folder of `matter-prep unchanged` that the recipe asks for; nil where it asks for none.
    ///
    /// - Throws: `ManifestError` (`missing`) if the recipe asks for one that nobody named.
    private func unchangedFolder() throws -> String? {
        guard recipe.data.pairs == .unchanged else { return nil }
        guard let unchanged else { throw UnchangedGround.missing(store) }
        return unchanged
    }

    /// The places of the store that are trained on.
    func places() throws -> [TilePlace] {
        let records = try manifest.map(TileManifest.read)
        let unchanged = try unchangedFolder().map {
            try UnchangedGround(folder: $0, manifest: manifest)
        }
        return try TilePlace.all(
            in: SampleStore(store, for: .reading), records: records, crop: recipe.data.crop,
            unchanged: unchanged)
    }

    /// The crops of a batch that this process draws.
    ///
    /// - Throws: `TrainingError` (`unevenRanks`).
    func slots() throws -> Range<Int> {
        let batch = recipe.data.batch
        guard let meeting else { return 0..<batch }
        guard batch % meeting.size == 0 else {
            throw TrainingError.unevenRanks(batch: batch, ranks: meeting.size)
        }
        let share = batch / meeting.size
        return meeting.rank * share..<(meeting.rank + 1) * share
    }

    /// The record that the output folder is given: the same wherever the run happens.
    func record() throws -> RunRecord {
        var inputs = [try InputDigest(file: "\(store)/data.mdb", named: "store/data.mdb")]
        if let manifest { inputs.append(try InputDigest(file: manifest, named: "manifest.jsonl")) }
        if let folder = try unchangedFolder() { inputs += try UnchangedGround.inputs(folder) }
        var plan: [String: JSONValue] = [
            "recipe": try JSONValue(encoding: recipe),
            "device": .string(device.kind == .cpu ? "cpu" : "cuda"),
        ]
        // Sums over ranks are rounded otherwise than those of one process.
        if let meeting { plan["ranks"] = .integer(Int64(meeting.size)) }
        return RunRecord(
            program: "matter-model pretrain", plan: .object(plan), seed: seed, inputs: inputs)
    }

    /// Writes the plan down, or compares it with the one that the folder holds.
    ///
    /// - Parameter record: what `record()` gave.
    /// - Returns: what was changed now, on request; it is written down with the plan, as the end is that of neither plan.
    /// - Throws: `TrainingError`: `otherPlan` if the folder holds a run of another plan; `tooLate` if that has ended, or has taken more
    ///   steps than the plan has.
    func claimOutput(_ record: RunRecord) throws -> [String] {
        var record = record
        guard FileManager.default.fileExists(atPath: "\(output)/\(RunRecord.fileName)") else {
            try record.write(to: output)
            return []
        }
        let checkpoints = "\(output)/checkpoints"
        if let step = Checkpoint.newestStep(in: checkpoints), step > recipe.run.steps {
            throw TrainingError.tooLate(
                folder: output,
                reason: "has taken \(step) steps already, more than run.steps = \(recipe.run.steps)"
            )
        }
        var found = try RunRecord(readingFrom: output)
        let earlier = found.plan.object?["changes"]
        found.plan = found.plan.without("changes")
        let differences = PlanDifference.all(
            try JSONValue(encoding: found), try JSONValue(encoding: record))
        if let other = differences.first(where: { !allowedChanges.contains($0.name) }) {
            throw TrainingError.otherPlan(folder: output, difference: other.description)
        }
        guard let first = differences.first else { return [] }
        // Nothing is trained any more: the record would tell of a plan that the encoder was not made by.
        guard !FileManager.default.fileExists(atPath: "\(output)/\(Self.encoderName)") else {
            throw TrainingError.tooLate(
                folder: output, reason: "its run has ended, by another plan (\(first.description))")
        }
        let changes = differences.map { JSONValue.string($0.description) }
        record.plan = record.plan.with("changes", .array((earlier?.array ?? []) + changes))
        try record.write(to: output)
        return differences.map(\.description)
    }
}
