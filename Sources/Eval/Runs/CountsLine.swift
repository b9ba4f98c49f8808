import Manifests
import Metrics

/// A line of a task's `counts.jsonl`, as far as predictions do not say it themselves.
struct CountsLine: Decodable, Sendable {
    /// Objects of an image; there are no true negatives.
    struct Objects: Decodable, Sendable {
        var truePositives, falsePositives, falseNegatives: Int64

        var counts: ConfusionCounts {
            ConfusionCounts(
                truePositive: max(0, truePositives), falsePositive: max(0, falsePositives),
                falseNegative: max(0, falseNegatives))
        }
    }

    var key: String
    var threshold: Double?
    var objects: Objects?

    /// The lines by sample; none where the run has no such file.
    /// - Throws: `EvalError` (65) where a sample is there twice or a count is negative, `ManifestError` naming the line.
    static func read(
        _ log: inout InputLog, _ notices: inout [Report.Notice]
    ) throws -> [String: CountsLine] {
        guard log.exists("counts.jsonl") else { return [:] }
        let read = try log.lines(CountsLine.self, from: "counts.jsonl")
        if read.hasTornTail { notices.append(.torn("\(log.role)/counts.jsonl")) }
        var found: [String: CountsLine] = [:]
        for line in read.records {
            guard found.updateValue(line, forKey: line.key) == nil else {
                throw EvalError(.invalid, log.path("counts.jsonl"), "\(line.key) is there twice")
            }
            if let objects = line.objects,
                min(objects.truePositives, objects.falsePositives, objects.falseNegatives) < 0
            {
                throw EvalError(
                    .invalid, log.path("counts.jsonl"), "a count of \(line.key) is negative")
            }
        }
        return found
    }
}
