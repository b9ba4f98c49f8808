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
        var changed = PrepExplanation.differences(from: earlier, to: record).map(\.key)
        // Another setting is the cause; that other files are read then follows from it.
        changed =
            changed.filter { !$0.hasPrefix("inputs.") } + changed.filter { $0.hasPrefix("inputs.") }
        if earlier.program != record.program { changed.insert("program", at: 0) }
        let more = changed.count > 3 ? " and \(changed.count - 3) more" : ""
        let isIntact = (try? FolderContents(of: folder))?.isIntact(RunRecord.fileName, in: folder)
        let doubt =
            isIntact ?? true
            ? ""
            : ", which was changed since the run: \(FolderContents.fileName) has another SHA-256"
        throw PrepError(
            .configuration, folder,
            "the folder holds another run (\(changed.prefix(3).joined(separator: ", "))\(more) "
                + "differ; see its \(RunRecord.fileName)\(doubt)); name another folder or remove this one"
        )
    }
}
