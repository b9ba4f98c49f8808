/// Whether a published F1 can follow from the precision and the recall printed beside it.
///
/// The harmonic mean H(P, R) = 2PR / (P + R) is concave in (P, R). So if precision, recall and F1 are each the mean over the
/// same batches, images or cities, Jensen's inequality gives mean F1 ≤ H(mean P, mean R); and since F1 ≥ P + R − 1 holds for
/// each of them, mean F1 ≥ mean P + mean R − 1. Counts that are pooled first give F1 = H(P, R) exactly.
public struct RowAudit: Codable, Sendable, Equatable {
    /// What the numbers allow.
    public enum Verdict: String, Codable, Sendable {
        /// They agree to the last printed digit.
        case agrees
        /// F1 is too small for pooled counts, and possible as a mean over batches, images or cities.
        case averaged
        /// No averaging of the same units can give it.
        case impossible
        /// A number is missing.
        case unknown
    }

    /// What the numbers allow.
    public var verdict: Verdict
    /// The least F1 that follows from the printed precision and recall.
    @Nullable public var lowest: Double?
    /// The greatest one.
    @Nullable public var highest: Double?
    /// What the verdict says, in a sentence.
    public var text: String

    /// Looks at one row.
    ///
    /// - Parameters:
    ///   - precision: As printed; `nil` where it is not.
    ///   - recall: As printed; `nil` where it is not.
    ///   - f1: As printed; `nil` where it is not.
    ///   - iou: As printed; `nil` where it is not.
    public init(
        precision: PaperTable.Value?, recall: PaperTable.Value?, f1: PaperTable.Value?,
        iou: PaperTable.Value? = nil
    ) {
        if let f1, let iou, precision == nil || recall == nil {
            self = Self.jaccard(f1, iou)
            return
        }
        guard let precision, let recall, let f1 else {
            self.init(
                verdict: .unknown, lowest: nil, highest: nil,
                text: "precision, recall and F1 are not all printed: nothing to check")
            return
        }
        let low = Self.harmonic(precision.range.lowerBound, recall.range.lowerBound)
        let high = Self.harmonic(precision.range.upperBound, recall.range.upperBound)
        // Sums of halves of printed digits carry a rounding error of their own.
        let slack = 1e-9
        let (verdict, text) = Self.judge(precision, recall, f1, low - slack, high + slack)
        self.init(verdict: verdict, lowest: low, highest: high, text: text)
        if verdict == .agrees, let iou {
            let second = Self.jaccard(f1, iou)
            if second.verdict != .agrees {
                self.verdict = second.verdict
                self.text = second.text
            }
        }
    }

    private init(verdict: Verdict, lowest: Double?, highest: Double?, text: String) {
        self.verdict = verdict
        self.lowest = lowest
        self.highest = highest
        self.text = text
    }

    private static func harmonic(_ precision: Double, _ recall: Double) -> Double {
        precision + recall == 0 ? 0 : 2 * precision * recall / (precision + recall)
    }

    private static func judge(
        _ precision: PaperTable.Value, _ recall: PaperTable.Value, _ f1: PaperTable.Value,
        _ low: Double, _ high: Double
    ) -> (Verdict, String) {
        let shown = "\(NumberText.percent(low)) … \(NumberText.percent(high))"
        if f1.range.upperBound >= low, f1.range.lowerBound <= high {
            return (
                .agrees, "F1 = 2PR/(P+R) to the last printed digit: counts pooled, or one image"
            )
        }
        let least = max(0, precision.range.lowerBound + recall.range.lowerBound - 1)
        if f1.share < low, f1.range.upperBound >= least - 1e-9 {
            let gap = NumberText.percent(low - f1.share)
            return (
                .averaged,
                "\(gap) points below 2PR/(P+R) = \(shown): no pooled F1. A mean of per-batch, per-image or per-city F1 lies "
                    + "there (mean F1 ≤ harmonic mean of mean P and mean R); not comparable with pooled rows"
            )
        }
        if f1.share < low {
            return (
                .impossible,
                "below even P + R − 1 = \(NumberText.percent(least)), the least that any averaging can give: a slip, or P "
                    + "and R of other predictions"
            )
        }
        let gap = NumberText.percent(f1.share - high)
        return (
            .impossible,
            "\(gap) points above 2PR/(P+R) = \(shown): neither pooled counts nor a mean over the same units can give it. It "
                + "would take P and R averaged over other units than F1, or from another epoch, threshold or class, or a slip"
        )
    }

    /// F1 = 2 IoU / (1 + IoU) of one class, where counts are pooled.
    private static func jaccard(_ f1: PaperTable.Value, _ iou: PaperTable.Value) -> RowAudit {
        func dice(_ value: Double) -> Double { 2 * value / (1 + value) }
        let (low, high) = (dice(iou.range.lowerBound), dice(iou.range.upperBound))
        let agrees = f1.range.upperBound >= low - 1e-9 && f1.range.lowerBound <= high + 1e-9
        return RowAudit(
            verdict: agrees ? .agrees : .averaged, lowest: low, highest: high,
            text: agrees
                ? "F1 = 2 IoU / (1 + IoU) to the last printed digit"
                : "F1 is not 2 IoU / (1 + IoU) = \(NumberText.percent(low)) … \(NumberText.percent(high)): one of them is a "
                    + "mean over classes, batches or images")
    }
}
