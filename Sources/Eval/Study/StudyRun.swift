import Manifests

/// What one seed of one variant reached: a folder that holds `pretrain` and `change`.
struct StudyRun {
    /// One way to score a method.
    struct Score: Hashable {
        /// Its name in data: "ap", or "f1-" and the threshold rule.
        let id: String
        /// Its name in a table.
        let title: String
        /// What it is, in a sentence.
        let definition: String
    }

    /// A method of the run and its scores.
    struct Method {
        let id: String
        let title: String
        let values: [Score: Double]
    }

    let seed: UInt64
    let methods: [Method]
    /// The scores in the order of the run's rules.
    let scores: [Score]
    let snapshots: [SnapshotRecord]
    /// The resolved recipe, by keys such as "tern.iterations".
    let settings: [String: String]
    let dataset: String
    let cities: [String]
    let inputs: [Report.Input]

    /// Reads a folder whole.
    /// - Throws: `EvalError` or `ManifestError`: 66 naming what is missing, 65 naming what is wrong.
    init(_ folder: String, role: String) throws {
        let bench = try BenchFolder("\(folder)/change", withPanels: false)
        var log = try InputLog(folder: folder, role: role)
        let record = try log.read(RunRecord.self, from: "pretrain/\(RunRecord.fileName)")
        guard let seed = record.seed else {
            throw EvalError(.invalid, log.path("pretrain/run.json"), "names no seed")
        }
        self.seed = seed
        settings = Self.flat(record.plan["recipe"] ?? .null)
        var scores: [Score] = []
        methods = try bench.methods.map { method in
            let summary = try log.read(
                StudySummary.self, from: "change/methods/\(method.id)/summary.json")
            let values = summary.values
            for (score, _) in values where !scores.contains(score) { scores.append(score) }
            return Method(
                id: method.id, title: method.title,
                values: Dictionary(
                    values.compactMap { score, value in value.map { (score, $0) } }
                ) { first, _ in first })
        }
        self.scores = scores
        snapshots = bench.snapshots
        dataset = bench.record.dataset.name
        cities = bench.record.dataset.cities
        inputs = log.inputs
    }

    /// All values of an object of objects, as text.
    private static func flat(_ value: JSONValue, under prefix: String = "") -> [String: String] {
        guard let members = value.object else {
            return [prefix: value.string ?? value.serialized(pretty: false)]
        }
        return members.reduce(into: [:]) { all, member in
            let key = prefix.isEmpty ? member.key : "\(prefix).\(member.key)"
            all.merge(flat(member.value, under: key)) { $1 }
        }
    }
}

/// `summary.json` of a method, as far as a study needs it.
private struct StudySummary: Decodable {
    struct Rule: Decodable {
        struct Scores: Decodable {
            var f1: Double?
        }

        var rule: String
        var title: String
        var scores: Scores
    }

    var averagePrecision: Double?
    var thresholdRule: String
    var thresholdRuleTitle: String
    var scores: Rule.Scores
    var otherRules: [Rule]
    var oracle: Rule?

    /// The scores, the one that needs no threshold first, each rule once.
    var values: [(StudyRun.Score, Double?)] {
        let headline = Rule(rule: thresholdRule, title: thresholdRuleTitle, scores: scores)
        let further = otherRules + [oracle].compactMap(\.self)
        var rules = [headline]
        for rule in further where !rules.contains(where: { $0.rule == rule.rule }) {
            rules.append(rule)
        }
        return [(.averagePrecision, averagePrecision)]
            + rules.map { (.f1($0.rule, $0.title), $0.scores.f1) }
    }
}

extension StudyRun.Score {
    static let averagePrecision = StudyRun.Score(
        id: "ap", title: "AP",
        definition:
            "Average precision of all test pixels pooled: the area below precision over recall as a step function. It needs "
            + "no threshold.")

    static func f1(_ rule: String, _ title: String) -> StudyRun.Score {
        StudyRun.Score(
            id: "f1-\(rule)", title: "F1, \(rule)",
            definition: "F1 of class change, all test pixels pooled; threshold: \(title).")
    }
}
