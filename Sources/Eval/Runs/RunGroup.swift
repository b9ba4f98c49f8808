import Foundation

/// Runs that differ by their seed only.
struct RunGroup {
    /// What they have in common, for people.
    let title: String
    /// The runs by rising seed.
    let runs: [TaskRun]

    /// What all of them were scored on.
    var record: TaskRecord { runs[0].record }

    /// Reads any number of run or sweep folders and puts together what differs by seed only.
    ///
    /// - Parameter folders: Run folders, and folders that hold some, at most three levels down.
    /// - Returns: The groups in the order of their first run.
    /// - Throws: `EvalError` or `ManifestError`: 66 where no run is found, 65 where a seed is there twice or a run is wrong.
    static func read(_ folders: [String]) throws -> [RunGroup] {
        let found = try folders.flatMap(expand)
        var names: [String: Int] = [:]
        let runs = try found.map { path, name in
            names[name, default: 0] += 1
            let count = names[name] ?? 1
            return try TaskRun(path, named: count == 1 ? name : "\(name)-\(count)")
        }
        var order: [Key] = []
        var groups: [Key: [TaskRun]] = [:]
        for run in runs {
            let key = Key(run.record)
            if groups[key] == nil { order.append(key) }
            groups[key, default: []].append(run)
        }
        return try order.map { try group(groups[$0] ?? []) }
    }

    private static func group(_ runs: [TaskRun]) throws -> RunGroup {
        let sorted = runs.sorted { ($0.record.seed ?? 0) < ($1.record.seed ?? 0) }
        for (first, second) in zip(sorted, sorted.dropFirst())
        where first.record.seed == second.record.seed {
            throw EvalError(
                .invalid, second.folder,
                "is the same method and seed as \(first.folder); name one of them only")
        }
        let items = sorted[0].record.items
        for run in sorted.dropFirst() where run.record.items != items {
            throw EvalError(
                .invalid, run.folder,
                "was scored on other samples than \(sorted[0].folder); seeds are averaged over the same samples only"
            )
        }
        return RunGroup(title: sorted[0].record.method.title, runs: sorted)
    }

    private struct Key: Hashable {
        let task: TaskKind
        let dataset, split: String
        let method: TaskRecord.Method

        init(_ record: TaskRecord) {
            (task, dataset, split, method) = (
                record.task, record.dataset, record.split, record.method
            )
        }
    }

    /// The run folders at or below a folder, sorted, with names that hold no machine's path.
    private static func expand(_ folder: String) throws -> [(String, String)] {
        let files = FileManager.default
        let base = InputLog.name(of: folder)
        if files.fileExists(atPath: "\(folder)/task.json") { return [(folder, base)] }
        guard files.fileExists(atPath: folder) else {
            throw EvalError(.missing, folder, "no such folder")
        }
        let found = below(folder, depth: 3)
        guard !found.isEmpty else {
            throw EvalError(
                .missing, folder, "holds no run of a task: no task.json here or three levels down")
        }
        return found.map { ("\(folder)/\($0)", "\(base)/\($0)") }
    }

    private static func below(_ folder: String, depth: Int) -> [String] {
        guard depth > 0 else { return [] }
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.filter { !$0.hasPrefix(".") && $0 != "predictions" }.sorted().flatMap { name in
            FileManager.default.fileExists(atPath: "\(folder)/\(name)/task.json")
                ? [name] : below("\(folder)/\(name)", depth: depth - 1).map { "\(name)/\($0)" }
        }
    }
}
