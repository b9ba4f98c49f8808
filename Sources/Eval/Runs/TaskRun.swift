import Foundation
import Manifests
import Metrics

/// A run folder of a task, its records read and checked; predictions are read one by one.
struct TaskRun {
    /// The folder.
    let folder: String
    /// A name that holds no machine's path.
    let name: String
    /// `task.json`.
    let record: TaskRecord
    /// The digest of the data set, from `run.json`.
    let datasetDigest: String?
    /// The digest of the encoder that it began with, from `run.json`; `nil` for drawn weights.
    let encoderDigest: String?
    /// The suite's version that made the run, from `run.json`.
    let version: String?
    /// What was chosen, from `run.json`, but for how the data set was opened, which holds paths; null where it does not tell.
    let plan: JSONValue
    /// The folder of the sweep that it belongs to.
    let sweep: String?
    /// What the run counted itself, by sample: thresholds and objects.
    let lines: [String: CountsLine]
    /// What the run said of its training.
    let curve: TrainingCurve
    /// Digests of what was read.
    var inputs: [Report.Input]
    /// What a reader must know.
    let notices: [Report.Notice]

    /// Reads the records of a folder.
    /// - Throws: `EvalError` or `ManifestError`: 66 naming what is missing, 65 naming what is wrong.
    init(_ folder: String, named name: String) throws {
        var log = try InputLog(folder: folder, role: "runs/\(name)")
        guard log.exists("task.json") else {
            throw EvalError(
                .missing, folder,
                "holds no task.json: no run of matter-bench, or one that is not finished")
        }
        record = try log.read(TaskRecord.self, from: "task.json")
        try Self.check(record, path: log.path("task.json"))
        let (claim, method) = try Self.claim(&log)
        plan = Self.plan(of: claim)
        sweep = Self.sweep(
            around: folder, isSeedOfTable: method != nil && claim["plan"]?["seed"] != nil)
        datasetDigest = Self.digest(claim, below: "data/") ?? claim["dataset"]?["sha256"]?.string
        encoderDigest =
            record.method.initialisation == "random"
            ? nil : Self.digest(claim, below: "\(method ?? "encoder")/")
        var notices: [Report.Notice] = []
        lines = try CountsLine.read(&log, &notices)
        curve =
            log.exists("curves.jsonl")
            ? try TrainingCurve(&log, "curves.jsonl", notices: &notices) : TrainingCurve()
        // Older runs say "test" whatever the scored split was called; predictions elsewhere keep what their run said.
        let mayBeOld = claim["program"]?.string != "matter-bench predict"
        if let selected = record.selection?.split,
            selected == record.split || (mayBeOld && selected == "test")
        {
            notices.append(
                .init(
                    severity: .warning,
                    text:
                        "“\(Markup.shortened(name))” was selected on the split it is scored on "
                        + "(\(record.split)): an upper bound, not a result."))
        }
        if record.thresholdRule == "oracle" {
            notices.append(
                .init(
                    severity: .warning,
                    text:
                        "The threshold of “\(Markup.shortened(name))” was chosen with the truth of the scored "
                        + "pixels (oracle): an upper bound, not a result."))
        }
        version = claim["version"]?.string
        self.folder = folder
        self.name = name
        self.notices = notices
        inputs = log.inputs
        try checkPredictions()
        try checkLines()
        try checkThresholds()
    }

    /// The path of a sample's prediction, or of all of them.
    func predictions(_ key: String) -> String { "\(folder)/predictions/\(key).safetensors" }

    /// Whether each sample has a file of its own.
    var isOfPixels: Bool { record.task == .change || record.task == .segmentation }

    /// The group of each item, from 0, in the order of first appearance, and their names.
    var groups: (index: [UInt32], names: [String]) {
        var numbers: [String: UInt32] = [:]
        var names: [String] = []
        let index = record.items.map { item in
            if let number = numbers[item.group] { return number }
            let number = UInt32(names.count)
            numbers[item.group] = number
            names.append(item.group)
            return number
        }
        return (index, names)
    }

    /// `run.json` of the folder; of a method without training, in `RUN/methods/NAME`, that of RUN, and the name.
    private static func claim(_ log: inout InputLog) throws -> (JSONValue, method: String?) {
        if log.exists("run.json") {
            return (try log.read(JSONValue.self, from: "run.json"), nil)
        }
        let url = URL(filePath: log.folder).resolvingSymlinksInPath().standardizedFileURL
        let isMethod = url.deletingLastPathComponent().lastPathComponent == "methods"
        guard isMethod, log.exists("../../run.json") else { return (.null, nil) }
        let claim = try log.read(JSONValue.self, from: "../../run.json")
        return (claim, url.lastPathComponent)
    }

    /// `run.json` names the data set among its inputs under "data/", the encoder under "encoder/" or its method's name.
    private static func digest(_ claim: JSONValue, below folder: String) -> String? {
        let input = claim["inputs"]?.array?.first { input in
            input["path"]?.string?.hasPrefix(folder) == true
        }
        return input?["sha256"]?.string
    }

    private static func plan(of claim: JSONValue) -> JSONValue {
        let plan = claim["plan"]?["task"] ?? .null
        guard var sections = plan.object, var data = sections["data"]?.object else { return plan }
        data["options"] = nil
        sections["data"] = .object(data)
        return .object(sections)
    }

    /// A run of a sweep lies in `COMBINATION/seed-N` beside its record.
    ///
    /// A method without training that has a seed lies in `RUN/methods/NAME` of a table, whose seeds are run as one.
    private static func sweep(around folder: String, isSeedOfTable: Bool) -> String? {
        let url = URL(filePath: folder).resolvingSymlinksInPath().standardizedFileURL
        let around = url.deletingLastPathComponent().deletingLastPathComponent()
        if isSeedOfTable { return around.deletingLastPathComponent().path }
        return FileManager.default.fileExists(atPath: "\(around.path)/sweep.json")
            ? around.path : nil
    }

    private static func check(_ record: TaskRecord, path: String) throws {
        func refuse(_ reason: String) -> EvalError { EvalError(.invalid, path, reason) }
        guard record.format == "matter-task/1" else {
            throw refuse("is of format \(record.format); this program reads matter-task/1")
        }
        guard !record.items.isEmpty else { throw refuse("lists no items: nothing was predicted") }
        let keys = record.items.map(\.key)
        guard Set(keys).count == keys.count else {
            let twice = keys.first { key in keys.count { $0 == key } > 1 } ?? ""
            throw refuse("lists \(twice) twice")
        }
        guard keys.allSatisfy({ !$0.isEmpty && !$0.hasPrefix("/") && !$0.contains("..") }) else {
            throw refuse("lists a key that is no name of a file below predictions/")
        }
        guard (1...255).contains(record.classes.count) else {
            throw refuse("names \(record.classes.count) classes; 1 to 255 can be scored")
        }
        guard record.ignore.map({ (0...255).contains($0) }) ?? true else {
            throw refuse("ignore is \(record.ignore ?? 0), and must be a code of 0 … 255")
        }
        if record.task == .change {
            guard record.classes.count == 2, record.threshold?.isFinite ?? true else {
                throw refuse("a change task needs two classes and a finite threshold")
            }
        }
    }

    /// What scores at least this is called change.
    ///
    /// Rules of each image's own find no threshold in scores that take one value only: nothing is called there.
    func threshold(_ key: String) -> Double? {
        guard ["otsu", "minimum-error", "unimodal"].contains(record.thresholdRule) else {
            return record.threshold ?? lines[key]?.threshold
        }
        return record.threshold ?? lines[key].map { $0.threshold ?? .infinity }
    }

    /// Objects that were matched, by item; `nil` where the run matched none.
    var objects: [ConfusionCounts]? {
        guard lines.values.contains(where: { $0.objects != nil }) else { return nil }
        return record.items.compactMap { lines[$0.key]?.objects?.counts }
    }

    /// Objects must be told of every sample or of none, and lines be of samples.
    private func checkLines() throws {
        let path = "\(folder)/counts.jsonl"
        let strange = Set(lines.keys).subtracting(record.items.map(\.key)).sorted()
        guard strange.isEmpty else {
            throw EvalError(
                .invalid, path,
                "counts \(strange[0]), which task.json does not list; run matter-bench again")
        }
        guard lines.values.contains(where: { $0.objects != nil }) else { return }
        let without = record.items.filter { lines[$0.key]?.objects == nil }
        guard let first = without.first else { return }
        throw EvalError(
            .missing, path,
            "no objects of \(without.count) samples, of \(first.key) first; run matter-bench again")
    }

    private func checkThresholds() throws {
        guard record.task == .change else { return }
        let without = record.items.filter { threshold($0.key) == nil }
        guard let first = without.first else { return }
        throw EvalError(
            .missing, "\(folder)/counts.jsonl",
            "no threshold of \(without.count) samples, of \(first.key) first: task.json names none, and neither "
                + "do their lines")
    }

    /// Every sample must have been predicted, and nothing else.
    private func checkPredictions() throws {
        let expected = isOfPixels ? record.items.map(\.key) : ["all"]
        let missing = expected.filter {
            !FileManager.default.fileExists(atPath: predictions($0))
        }
        guard missing.isEmpty else {
            let names = missing.prefix(20).joined(separator: ", ")
            let rest = missing.count > 20 ? " and \(missing.count - 20) more" : ""
            throw EvalError(
                .missing, "\(folder)/predictions",
                "predictions are missing of \(names)\(rest); run matter-bench again, it goes on where it stopped"
            )
        }
        let found =
            (try? FileManager.default.subpathsOfDirectory(atPath: "\(folder)/predictions")) ?? []
        let wanted = Set(expected.map { "\($0).safetensors" })
        let extra = found.filter { $0.hasSuffix(".safetensors") && !wanted.contains($0) }.sorted()
        guard extra.isEmpty else {
            throw EvalError(
                .invalid, "\(folder)/predictions",
                "holds \(extra.prefix(5).joined(separator: ", ")), which task.json does not list")
        }
    }
}
