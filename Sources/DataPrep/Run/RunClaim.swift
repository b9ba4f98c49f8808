import Foundation
import Manifests

/// A folder belongs to one run: the plan and the inputs in its `run.json`.
enum RunClaim {
    /// Writes `run.json`, or proves that the folder belongs to the same plan and inputs.
    /// - Throws: `PrepError` (`configuration`) that names what differs.
    static func claim(_ folder: String, for record: RunRecord) throws {
        guard FileManager.default.fileExists(atPath: "\(folder)/\(RunRecord.fileName)") else {
            try record.write(to: folder)
            return
        }
        let earlier = try RunRecord(readingFrom: folder)
        // Records of before a file of many bands was listed once are no other run's.
        var (one, other) = (earlier, record)
        (one.inputs, other.inputs) = ([], [])
        guard one != other || Set(earlier.inputs) != Set(record.inputs) else { return }
        throw refusal(of: folder, from: earlier, to: record)
    }

    // MARK: Inputs that become known while a run works

    /// Writes `run.json` without inputs, or proves that the folder belongs to the same plan.
    ///
    /// - Returns: the folder's record, with the inputs that are in it.
    /// - Throws: `PrepError` (`configuration`) that names what differs, and says whether `--adopt` would go on there.
    static func begin(_ folder: String, for plan: PrepPlan) throws -> RunRecord {
        let record = try plan.record(inputs: [])
        guard FileManager.default.fileExists(atPath: "\(folder)/\(RunRecord.fileName)") else {
            // Of a run that is no more.
            try FolderBounds.remove(InputLedger.fileName, in: folder)
            try record.write(to: folder)
            return record
        }
        let earlier = try RunRecord(readingFrom: folder)
        guard earlier.withoutInputs != record else { return earlier }
        let advice =
            try Adoption(plan, from: earlier) == nil
            ? "" : "; or run it with --adopt, which keeps here what stays the same"
        throw refusal(of: folder, from: earlier.withoutInputs, to: record, advice: advice)
    }

    /// What a run says that goes on with other libraries than it began with; nil where they are the same, or not told.
    static func otherLibraries(_ earlier: RunRecord) -> String? {
        let now = PrepPlan.libraries
        let before = (earlier.libraries ?? [:]).sorted { $0.key < $1.key }
        let others = before.compactMap { name, version in
            now[name].flatMap { $0 == version ? nil : "\(name) \(version), now \(name) \($0)" }
        }
        guard !others.isEmpty else { return nil }
        return
            "begun with \(others.joined(separator: "; ")): tiles made from here on may differ from those that are "
            + "there in last digits; for a folder made by one version name another --out"
    }

    /// Completes `run.json` by the inputs of all regions, before the first tile.
    /// - Throws: `PrepError` (`configuration`) where it has others.
    static func complete(_ folder: String, with record: RunRecord) throws {
        let earlier = try RunRecord(readingFrom: folder)
        // Two regions may hold the same file.
        let isWhole =
            earlier.inputs.count == record.inputs.count
            && Set(earlier.inputs) == Set(record.inputs)
        guard earlier.plan != record.plan || !isWhole else { return }
        let isOpen = earlier.plan == record.plan || earlier.plan["alignedTo"] == nil
        guard isOpen, Set(earlier.inputs).isSubset(of: record.inputs) else {
            throw refusal(of: folder, from: earlier, to: record)
        }
        try record.write(to: folder)
    }

    // MARK: Refusing

    private static func refusal(
        of folder: String, from earlier: RunRecord, to record: RunRecord, advice: String = ""
    ) -> PrepError {
        var changed = PrepExplanation.differences(from: earlier, to: record).map(\.key)
        // Another setting is the cause; that other files are read then follows from it.
        changed =
            changed.filter { !$0.hasPrefix("inputs.") } + changed.filter { $0.hasPrefix("inputs.") }
        if earlier.program != record.program { changed.insert("program", at: 0) }
        return refusal(of: folder, changed: changed, advice: advice)
    }

    /// That a folder is another run's, by the keys of what differs.
    static func refusal(of folder: String, changed: [String], advice: String = "") -> PrepError {
        let more = changed.count > 3 ? " and \(changed.count - 3) more" : ""
        let isIntact = (try? FolderContents(of: folder))?.isIntact(RunRecord.fileName, in: folder)
        let doubt =
            isIntact ?? true
            ? ""
            : ", which was changed since the run: \(FolderContents.fileName) has another SHA-256"
        return PrepError(
            .configuration, folder,
            "the folder holds another run (\(changed.prefix(3).joined(separator: ", "))\(more) "
                + "differ; see its \(RunRecord.fileName)\(doubt)); name another folder or remove this one"
                + advice)
    }
}

extension RunRecord {
    /// The same before any input is known.
    var withoutInputs: RunRecord {
        var record = self
        record.inputs = []
        if var members = plan.object {
            members["alignedTo"] = nil
            record.plan = .object(members)
        }
        return record
    }
}
