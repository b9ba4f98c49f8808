import Manifests
import Metrics

/// `run.json` of a bench folder, as far as a report needs it.
struct BenchRunRecord: Decodable {
    struct Dataset: Decodable {
        var name: String
        var cities: [String]
        var sha256: String?
    }

    var program: String
    var version: String
    var task: String
    var dataset: Dataset
    var plan: JSONValue
    var seed: UInt64?
    var inputs: [InputDigest]?

    /// The methods in the order of the plan, if the plan names them.
    var plannedMethods: [String]? {
        plan["methods"]?.array?.compactMap(\.string)
    }
}

/// `summary.json` of a method.
struct MethodRecord: Decodable {
    /// The exact best of all thresholds, of which `thresholds.jsonl` keeps some.
    struct Oracle: Decodable {
        struct Scores: Decodable {
            var counts: ConfusionCounts
        }

        var threshold: Double?
        var scores: Scores
    }

    var method: String
    var title: String
    var description: String
    var thresholdRule: String
    var thresholdRuleTitle: String?
    var isOracle: Bool?
    var averagePrecision: Double?
    var oracle: Oracle?
}

/// A line of `counts.jsonl`.
struct CountsRecord: Decodable {
    var city: String
    var split: String
    var threshold: Double?
    var truePositive: Int64
    var falsePositive: Int64
    var falseNegative: Int64
    var trueNegative: Int64
    var pixelsScored: Int64
    var pixelsPresent: Int64
}

/// A line of `thresholds.jsonl`.
struct ThresholdRecord: Decodable {
    var threshold: Double
    var truePositive: Int64
    var falsePositive: Int64
    var falseNegative: Int64
    var trueNegative: Int64
}

/// A line of the bench's `curves.jsonl`.
struct SnapshotRecord: Decodable {
    var method: String
    var step: Int
    var f1: Double?
    var precision: Double?
    var recall: Double?
    var averagePrecision: Double?
    var cities: [String]?
}
