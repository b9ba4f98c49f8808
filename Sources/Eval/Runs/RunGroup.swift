import Foundation

/// Runs that differ by their seed only.
struct RunGroup {
    /// What they have in common, for people; no other group read with it is called so.
    let title: String
    /// The runs by rising seed.
    let runs: [TaskRun]
    /// Whether only its encoders' content or its folder tells it from another: names that nobody will meet again.
    let isNameless: Bool

    /// What all of them were scored on.
    var record: TaskRecord { runs[0].record }

    /// Reads any number of run or sweep folders and puts together what differs by seed only.
    ///
    /// - Parameter folders: Run folders, and folders that hold some, at most three levels down.
    /// - Returns: The groups in the order of their first run.
    /// - Throws: `EvalError` or `ManifestError`: 66 where no run is found, 65 where a seed is there twice, runs of one method do not
    ///   belong together, or a run is wrong.
    static func read(_ folders: [String]) throws -> [RunGroup] {
        let found = try folders.flatMap(expand)
        var names: [String: Int] = [:]
        let runs = try found.map { path, name in
            names[name, default: 0] += 1
            let count = names[name] ?? 1
            return try TaskRun(path, named: count == 1 ? name : "\(name)-\(count)")
        }
        var order: [MethodKey] = []
        var methods: [MethodKey: [TaskRun]] = [:]
        for (run, key) in zip(runs, MethodKey.keys(of: runs)) {
            if methods[key] == nil { order.append(key) }
            methods[key, default: []].append(run)
        }
        let all = try order.map { try MethodCheck.checked(methods[$0] ?? []) }
        let titles = RunTitles(all.map { $0[0] })
        return all.enumerated().map { place, runs in
            RunGroup(
                title: titles.titles[place], runs: runs,
                isNameless: titles.nameless.contains(place))
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
