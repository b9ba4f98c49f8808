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
        guard earlier != record else { return }
        var changed = PrepExplanation.differences(from: earlier, to: record).map(\.key)
        // Another setting is the cause; that other files are read then follows from it.
        changed =
            changed.filter { !$0.hasPrefix("inputs.") } + changed.filter { $0.hasPrefix("inputs.") }
        if earlier.program != record.program { changed.insert("program", at: 0) }
        let more = changed.count > 3 ? " and \(changed.count - 3) more" : ""
        throw PrepError(
            .configuration, folder,
            "the folder holds another run (\(changed.prefix(3).joined(separator: ", "))\(more) "
                + "differ; see its \(RunRecord.fileName)); name another folder or remove this one")
    }
}
