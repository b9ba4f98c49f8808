import Foundation
import Manifests

/// What sets a plan apart from the run that a folder holds, and what of it would be made anew: `--explain`.
public struct PrepExplanation: Sendable, Codable {
    /// One setting, scene or input file that differs.
    public struct Difference: Hashable, Sendable, Codable {
        /// Dotted: "settings.tileSize", "regions.berlin.scenes", "inputs.<scene>/<file>".
        public var key: String
        /// What the folder's run had; nil where it had none.
        public var before: String?
        /// What the plan has; nil where it has none.
        public var after: String?
        /// What depends on it.
        public var redo: String

        /// For people.
        var line: String { "\(key): \(before ?? "–") → \(after ?? "–"); anew: \(redo)" }
    }

    /// The output folder.
    public var folder: String
    /// Whether a run has left its record there.
    public var hasRun: Bool
    /// Whether that run came to its end.
    public var isFinished = false
    /// Tiles that are there by manifest or journal.
    public var tilesThere = 0
    /// What differs, sorted by key.
    public var differences: [Difference] = []
    /// Whether only files of dates that were set aside differ, so that a run would go on there with them.
    public var isHealed = false
    /// Whether a run with `--adopt` would go on there and keep what stays the same.
    public var isAdoptable = false

    /// What a run would go on with in spite of it, worth a look: other versions of libraries.
    public var remarks: [String] = []

    /// Reads the inputs of a job that the folder's run has not read, to know their digests, and writes nothing.
    ///
    /// What differs in the folders of the steps after the tiles is among the differences, under "unchanged" and "publish".
    /// - Throws: `PrepError`, `ManifestError` for inputs that are damaged, or a record that cannot be read.
    public init(_ job: PrepJob) throws {
        try self.init(job.plan)
        let later = try job.laterSteps().flatMap(\.differences)
        isHealed = isHealed && later.isEmpty
        isAdoptable = isAdoptable && later.isEmpty
        differences += later
    }

    /// Reads the inputs of a plan that the folder's run has not read, to know their digests, and writes nothing.
    /// - Throws: `PrepError`, `ManifestError` for inputs that are damaged, or a record that cannot be read.
    public init(_ plan: PrepPlan) throws {
        folder = plan.output
        let exists = FileManager.default.fileExists(atPath:)
        hasRun = exists("\(folder)/\(RunRecord.fileName)")
        guard hasRun else { return }
        let earlier = try RunRecord(readingFrom: folder)
        let manifest = "\(folder)/\(TileFolder.manifestName)"
        isFinished = exists(manifest)
        let lines = isFinished ? manifest : "\(folder)/\(TileFolder.journalName)"
        tilesThere = exists(lines) ? try JSONLinesReader.read(lines).records.count : 0
        remarks = [RunClaim.otherLibraries(earlier)].compactMap(\.self)
        try compare(plan, with: earlier)
    }

    private mutating func compare(_ plan: PrepPlan, with earlier: RunRecord) throws {
        let ledger = InputLedger()
        ledger.read(folder, earlier)
        var (before, inputs, others) = (earlier, [InputDigest](), [String: [InputDigest]]())
        let scenes = Set(Self.facts(of: earlier.withoutInputs).keys)
        for region in plan.regions {
            for reading in try plan.readings(of: region) {
                let found = try ledger.prove(reading.scene, reading.bands, in: region.name)
                guard reading.isOwn else {
                    others[region.name, default: []] += found.map(\.digest)
                    continue
                }
                inputs += found.map(\.digest)
                // A run that was stopped has not recorded all of its scenes.
                if scenes.contains("regions.\(region.name).scenes.\(reading.scene.name)") {
                    before.inputs += ledger.earlier(found, in: region.name)
                }
            }
        }
        let later = try plan.record(inputs: inputs, alignedTo: others)
        differences = Self.differences(from: before, to: later).filter {
            $0.before != nil || !$0.key.hasPrefix("alignedTo.") || earlier.plan["alignedTo"] != nil
        }
        isHealed = try HealedDates(plan, from: before, to: later) != nil
        isAdoptable =
            try Adoption(plan, from: earlier) != nil
            && Set(before.inputs).isSubset(of: later.inputs)
    }

    /// For people: a line a difference, and what follows from them.
    public var lines: [String] {
        guard hasRun else { return ["\(folder): no run there; all of the plan would be done"] }
        let told = remarks.map { "remark: \($0)" }
        let state = "\(tilesThere) tiles there, \(isFinished ? "finished" : "unfinished")"
        guard !differences.isEmpty else {
            return [
                "\(folder): the same settings, scenes and inputs; \(state); "
                    + (isFinished
                        ? "a run would prove the tiles and rebuild what is damaged"
                        : "a run would go on there")
            ] + told
        }
        return differences.map(\.line) + ["\(folder): \(state); \(advice)"] + told
    }

    private var advice: String {
        if isHealed { return "those dates were set aside, so a run would go on there" }
        let other = "it belongs to that run, so give the new one another --out"
        return isAdoptable ? "\(other), or go on there with --adopt" : other
    }

    // MARK: Comparing records

    /// What differs between two records, sorted by key.
    static func differences(from earlier: RunRecord, to later: RunRecord) -> [Difference] {
        let (before, after) = (facts(of: earlier), facts(of: later))
        return Set(before.keys).union(after.keys).sorted()
            .filter { before[$0] != after[$0] }
            .map {
                Difference(key: $0, before: before[$0], after: after[$0], redo: redo(of: $0))
            }
    }

    private static func facts(of record: RunRecord) -> [String: String] {
        var facts = ["version": record.version]
        for (key, value) in record.plan.object ?? [:] where key != "regions" {
            flatten(value, key, into: &facts)
        }
        for region in record.plan["regions"]?.array ?? [] {
            let key = "regions.\(region["name"]?.string ?? "")"
            facts["\(key).bands"] = region["bands"]?.serialized()
            for scene in region["scenes"]?.array ?? [] {
                facts["\(key).scenes.\(scene.string ?? "")"] = "there"
            }
        }
        for input in record.inputs {
            facts["inputs.\(input.path)"] = "\(input.bytes) bytes, SHA-256 \(input.sha256)"
        }
        return facts
    }

    private static func flatten(
        _ value: JSONValue, _ key: String, into facts: inout [String: String]
    ) {
        guard let members = value.object else {
            facts[key] = value.serialized()
            return
        }
        for (name, value) in members { flatten(value, "\(key).\(name)", into: &facts) }
    }

    /// What a run makes differently when a key differs.
    private static func redo(of key: String) -> String {
        let parts = key.split(separator: ".", maxSplits: 2).map(String.init)
        switch parts[0] {
        case "version": return "everything, since another version may do anything differently"
        case "alignedTo": return "the alignment of that region, and its tiles"
        case "shard": return "other dates, in a folder of their own"
        case "regions": return "alignment and tiles of region \(parts.count > 1 ? parts[1] : "")"
        case "inputs": return "the tiles of that scene, and its region's alignment"
        default: break
        }
        switch parts.count > 1 ? parts[1] : "" {
        case "quicklookBands": return "quick-looks"
        case "largestNoDataShare", "largestCloudShare":
            return "which tiles are written; those that stay are the same"
        case "kernel": return "tiles of dates that are moved or reprojected"
        case "aligns", "alignmentBands", "reference", "search", "smallestShift":
            return "alignment, and tiles of dates whose shift changes"
        default: return "every tile"
        }
    }
}
