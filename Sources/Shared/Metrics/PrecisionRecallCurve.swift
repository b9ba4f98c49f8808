/// What every threshold on a score would give: exact counts at each distinct score.
///
/// Exact, not binned: all scores are sorted once, and equal scores form one point, so ties cannot depend on the order
/// of the input. A point's threshold *t* calls positive what scores ≥ *t*.
public struct PrecisionRecallCurve: Sendable {
    /// The counts when everything that scores at least `threshold` is called positive.
    public struct Point: Sendable, Hashable {
        /// The lowest score that is still called positive.
        public let threshold: Float
        /// The counts at this threshold.
        public let counts: ConfusionCounts
    }

    /// One distinct score and how many positives and negatives reach it.
    private struct Step {
        let threshold: Float
        let truePositive: Int64
        let falsePositive: Int64
    }

    private let steps: [Step]
    /// How many of the scored are truly positive.
    public let positives: Int64
    /// How many of the scored are truly negative.
    public let negatives: Int64

    /// Sorts the scores of all pixels; anything but 0 in `truth` is positive.
    ///
    /// - Throws: `MetricsError` when a score is not a number, the lengths differ, or there are too many.
    public init(scores: [Float], truth: [UInt8]) throws(MetricsError) {
        guard scores.count == truth.count else {
            throw MetricsError("\(scores.count) scores for \(truth.count) truths")
        }
        guard scores.count < 1 << 31 else {
            throw MetricsError("\(scores.count) scores are too many; 2147483647 can be ranked")
        }
        let words = RankedWords(capacity: scores.count)
        steps = try words.withRanked(scores: scores, labels: truth) { Self.steps(through: $0) }
        positives = steps.last?.truePositive ?? 0
        negatives = steps.last?.falsePositive ?? 0
    }

    /// The points from the highest threshold to the lowest, one for each distinct score.
    public var points: some RandomAccessCollection<Point> { steps.lazy.map(point) }

    /// At most `limit` points, the first and last among them: half of them spread evenly over the ranks of the pixels, half over recall,
    /// so that a rare class has its high thresholds too.
    public func points(atMost limit: Int) -> [Point] {
        precondition(limit >= 2, "a curve needs two points, not \(limit)")
        guard steps.count > limit else { return steps.map(point) }
        let total = Double(positives + negatives)
        var chosen: [Point] = []
        var next = 0
        for index in steps.indices {
            let step = steps[index]
            let ranked = Double(step.truePositive + step.falsePositive) / total
            let recall = positives > 0 ? Double(step.truePositive) / Double(positives) : ranked
            let reached = (ranked + recall) / 2
            guard reached * Double(limit - 1) >= Double(next) || index == steps.count - 1 else {
                continue
            }
            chosen.append(point(step))
            next = Int(reached * Double(limit - 1)) + 1
        }
        return chosen
    }

    /// The counts when everything that scores at least `threshold` is called positive.
    public func counts(atLeast threshold: Float) -> ConfusionCounts {
        var (low, high) = (0, steps.count)
        while low < high {
            let middle = (low + high) / 2
            if steps[middle].threshold >= threshold { low = middle + 1 } else { high = middle }
        }
        guard low > 0 else {
            return ConfusionCounts(falseNegative: positives, trueNegative: negatives)
        }
        return point(steps[low - 1]).counts
    }

    /// The point of the greatest F1, the highest threshold among equals; `nil` when nothing is positive.
    ///
    /// Chosen on the data it is scored on, it is an oracle: an upper bound, never a result.
    public var bestF1: Point? {
        guard positives > 0 else { return nil }
        var best: (f1: Double, step: Step)?
        for step in steps {
            let called = step.truePositive + step.falsePositive
            let f1 = Double(2 * step.truePositive) / Double(called + positives)
            if f1 > best?.f1 ?? -1 { best = (f1, step) }
        }
        return best.map { point($0.step) }
    }

    /// Average precision, Σ (Rₙ − Rₙ₋₁) Pₙ over the distinct scores, as scikit-learn defines it.
    ///
    /// `nil` when nothing is positive (scikit-learn warns and says 0).
    public var averagePrecision: Double? {
        guard positives > 0 else { return nil }
        var sum = CompensatedSum()
        var found: Int64 = 0
        for step in steps where step.truePositive > found {
            let precision =
                Double(step.truePositive) / Double(step.truePositive + step.falsePositive)
            sum.add(Double(step.truePositive - found) * precision)
            found = step.truePositive
        }
        return sum.value / Double(positives)
    }

    private func point(_ step: Step) -> Point {
        Point(
            threshold: step.threshold,
            counts: ConfusionCounts(
                truePositive: step.truePositive, falsePositive: step.falsePositive,
                falseNegative: positives - step.truePositive,
                trueNegative: negatives - step.falsePositive))
    }

    private static func steps(through words: UnsafeBufferPointer<UInt64>) -> [Step] {
        var steps: [Step] = []
        var positive: Int64 = 0
        for (index, word) in words.enumerated() {
            positive += Int64(word & 1)
            guard index == words.count - 1 || words[index + 1] >> 32 != word >> 32 else { continue }
            steps.append(
                Step(
                    threshold: RankedWords.score(of: word), truePositive: positive,
                    falsePositive: Int64(index + 1) - positive))
        }
        return steps
    }
}
