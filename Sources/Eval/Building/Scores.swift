import Metrics

extension Report.Scores {
    /// No pixel at all.
    static let none = Report.Scores(ConfusionCounts(), pixelsScored: 0, pixelsPresent: 0)

    /// What follows from counts.
    init(_ counts: ConfusionCounts, pixelsScored: Int64, pixelsPresent: Int64) {
        self.init(
            truePositive: counts.truePositive, falsePositive: counts.falsePositive,
            falseNegative: counts.falseNegative, trueNegative: counts.trueNegative,
            pixelsScored: pixelsScored, pixelsPresent: pixelsPresent,
            precision: counts.precision, recall: counts.recall, f1: counts.f1, iou: counts.iou)
    }

    /// The counts alone.
    var counts: ConfusionCounts {
        ConfusionCounts(
            truePositive: truePositive, falsePositive: falsePositive,
            falseNegative: falseNegative, trueNegative: trueNegative)
    }

    /// Pools other pixels with these.
    mutating func add(_ other: Report.Scores) {
        self = Report.Scores(
            counts + other.counts, pixelsScored: pixelsScored + other.pixelsScored,
            pixelsPresent: pixelsPresent + other.pixelsPresent)
    }
}

extension Report.Spread {
    /// Of the defined ones among some values.
    init(of values: [Double?]) {
        let spread = MeanAndSpread(of: values)
        self.init(
            mean: spread.mean, standardDeviation: spread.standardDeviation, count: spread.count)
    }
}

extension Report.ScoreSpread {
    /// Over single cities.
    init(of cities: [Report.Scores]) {
        self.init(
            precision: .init(of: cities.map(\.precision)), recall: .init(of: cities.map(\.recall)),
            f1: .init(of: cities.map(\.f1)), iou: .init(of: cities.map(\.iou)))
    }
}

extension Report.ThresholdPoint {
    /// What follows from the counts at a threshold.
    init(_ threshold: Double, _ counts: ConfusionCounts) {
        let called = counts.truePositive + counts.falsePositive
        self.init(
            threshold: threshold,
            calledShare: counts.total == 0 ? 0 : Double(called) / Double(counts.total),
            precision: counts.precision, recall: counts.recall, f1: counts.f1)
    }
}

extension Report.ThresholdCurve {
    /// How many points a report keeps.
    private static let limit = 400

    /// Sorts and thins a sweep.
    ///
    /// - Parameters:
    ///   - points: The points that were kept of all thresholds.
    ///   - best: The point of greatest F1 where it is known exactly; `nil` for the best of the points.
    init(_ points: [Report.ThresholdPoint], best: Report.ThresholdPoint? = nil) {
        // The top of the curve may lie between two points that were kept.
        let missing = best.map { best in points.contains(best) ? [] : [best] } ?? []
        let sorted = (points + missing).sorted { $0.threshold < $1.threshold }
        self.init(
            points: Downsampling.thinned(sorted, to: Self.limit) { $0.f1 },
            originalCount: points.count,
            best: best
                ?? sorted.filter { $0.f1 != nil }.max { ($0.f1 ?? 0) < ($1.f1 ?? 0) })
    }

    /// Some points of an exact curve, evenly over its pixels, and the very best one.
    init(_ curve: PrecisionRecallCurve) {
        func point(_ point: PrecisionRecallCurve.Point) -> Report.ThresholdPoint {
            .init(Double(point.threshold), point.counts)
        }
        self.init(curve.points(atMost: 2000).map(point), best: curve.bestF1.map(point))
    }
}
