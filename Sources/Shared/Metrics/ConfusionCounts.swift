import CKernels

/// The four counts of a two-class decision, and the scores that follow from them.
///
/// "Positive" is the class that is looked for (change, building). Counts add, so that pixels, images and
/// machines may be counted apart and merged in any order. A score whose denominator is zero is `nil`,
/// never 0 and never −1: what is undefined must not be averaged.
public struct ConfusionCounts: Sendable, Hashable, Codable {
    /// Positives that were found.
    public var truePositive: Int64
    /// Negatives that were called positive.
    public var falsePositive: Int64
    /// Positives that were missed.
    public var falseNegative: Int64
    /// Negatives that were left alone.
    public var trueNegative: Int64

    /// Makes the counts from their four numbers, each ≥ 0.
    public init(
        truePositive: Int64 = 0, falsePositive: Int64 = 0, falseNegative: Int64 = 0,
        trueNegative: Int64 = 0
    ) {
        precondition(
            min(truePositive, falsePositive, falseNegative, trueNegative) >= 0,
            "a count is negative")
        self.truePositive = truePositive
        self.falsePositive = falsePositive
        self.falseNegative = falseNegative
        self.trueNegative = trueNegative
    }

    /// Counts two masks of equal length, in which anything but 0 is positive.
    ///
    /// - Parameters:
    ///   - prediction: What was called, one byte a pixel.
    ///   - truth: What is, one byte a pixel.
    ///   - code: A code in `truth` whose pixels are not counted; `nil` counts all.
    public init(prediction: [UInt8], truth: [UInt8], ignoring code: UInt8? = nil) {
        self = prediction.withUnsafeBufferPointer { prediction in
            truth.withUnsafeBufferPointer { truth in
                Self(prediction: prediction, truth: truth, ignoring: code)
            }
        }
    }

    /// Counts two masks that are only lent, at the speed of memory.
    ///
    /// - Parameters:
    ///   - prediction: What was called, one byte a pixel; anything but 0 is positive.
    ///   - truth: What is, one byte a pixel, as many as in `prediction`.
    ///   - code: A code in `truth` whose pixels are not counted; `nil` counts all.
    public init(
        prediction: UnsafeBufferPointer<UInt8>, truth: UnsafeBufferPointer<UInt8>,
        ignoring code: UInt8? = nil
    ) {
        precondition(
            prediction.count == truth.count,
            "\(prediction.count) predictions for \(truth.count) truths")
        let counts = ckernels_count_masks(
            prediction.baseAddress, truth.baseAddress, truth.count, code.map(Int32.init) ?? -1)
        self.init(
            truePositive: Int64(counts.both),
            falsePositive: Int64(counts.predicted - counts.both),
            falseNegative: Int64(counts.truth - counts.both),
            trueNegative: Int64(counts.counted + counts.both - counts.predicted - counts.truth))
    }

    /// The counts of both together.
    public static func + (left: Self, right: Self) -> Self {
        Self(
            truePositive: left.truePositive + right.truePositive,
            falsePositive: left.falsePositive + right.falsePositive,
            falseNegative: left.falseNegative + right.falseNegative,
            trueNegative: left.trueNegative + right.trueNegative)
    }

    /// Adds other counts to these.
    public static func += (left: inout Self, right: Self) {
        left = left + right
    }
}

extension ConfusionCounts {
    /// All that was counted.
    public var total: Int64 { truePositive + falsePositive + falseNegative + trueNegative }

    /// The truly positive among the called positive, TP / (TP + FP); `nil` when nothing was called positive.
    public var precision: Double? { ratio(truePositive, truePositive + falsePositive) }

    /// The found among the truly positive, TP / (TP + FN); `nil` when nothing is positive.
    public var recall: Double? { ratio(truePositive, truePositive + falseNegative) }

    /// The harmonic mean of precision and recall, 2 TP / (2 TP + FP + FN).
    ///
    /// 0 when there are positives or calls and none agree; `nil` only when there are neither.
    public var f1: Double? {
        ratio(2 * truePositive, 2 * truePositive + falsePositive + falseNegative)
    }

    /// Intersection over union of the positive class, TP / (TP + FP + FN).
    public var iou: Double? { ratio(truePositive, truePositive + falsePositive + falseNegative) }

    /// The share of right decisions, (TP + TN) / all.
    public var accuracy: Double? { ratio(truePositive + trueNegative, total) }

    /// Cohen's kappa: agreement beyond chance, 2 (TP·TN − FN·FP) / ((TP+FP)(FP+TN) + (TP+FN)(FN+TN)).
    ///
    /// `nil` when both masks are one and the same class throughout.
    public var kappa: Double? {
        let (tp, fp) = (Double(truePositive), Double(falsePositive))
        let (fn, tn) = (Double(falseNegative), Double(trueNegative))
        let denominator = (tp + fp) * (fp + tn) + (tp + fn) * (fn + tn)
        return denominator == 0 ? nil : 2 * (tp * tn - fn * fp) / denominator
    }

    private func ratio(_ numerator: Int64, _ denominator: Int64) -> Double? {
        denominator == 0 ? nil : Double(numerator) / Double(denominator)
    }
}
