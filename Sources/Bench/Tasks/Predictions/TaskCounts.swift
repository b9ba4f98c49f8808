import Metrics

/// A line of a task's `counts.jsonl`: what was got right and wrong in one sample.
struct TaskCounts: Codable, Hashable, Sendable {
    /// Counts of two classes, or of objects.
    struct Four: Codable, Hashable, Sendable {
        var truePositives, falsePositives, falseNegatives: Int64
        var trueNegatives: Int64?

        init(_ counts: ConfusionCounts) {
            truePositives = counts.truePositive
            falsePositives = counts.falsePositive
            falseNegatives = counts.falseNegative
            trueNegatives = counts.trueNegative
        }

        init(_ objects: AreaMatching) {
            truePositives = Int64(objects.truePositives)
            falsePositives = Int64(objects.falsePositives)
            falseNegatives = Int64(objects.falseNegatives)
        }
    }

    /// The sample's name.
    let key: String
    /// The place that it shares with others.
    let group: String
    /// Counts of two classes.
    var counts: Four?
    /// Pixels by class, rows are the truth.
    var confusion: [[Int64]]?
    /// Objects found at IoU 0.5.
    var objects: Four?
    /// The threshold of this image, where each has its own.
    var threshold: Double?
    /// The class of an image that has one, and what it was called.
    var truth, prediction: Int?

    init(key: String, group: String) {
        (self.key, self.group) = (key, group)
    }
}
