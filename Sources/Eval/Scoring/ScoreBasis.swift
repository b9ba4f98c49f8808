import Metrics

/// What a score is made of, kept so that it can be resampled and compared without reading predictions again.
enum ScoreBasis {
    /// Counts of each group; the score is that of their sum, or what it counts as where it is 0/0.
    case pooled([ClassConfusion], MetricName, ScoreProtocol.Undefined)
    /// Scores of units and the group of each; the score is their mean.
    case mean([Double?], groups: [Int], groupCount: Int)
    /// Scores of all classes of samples; an average precision, or what it counts as where there is none.
    case lists(MultilabelScores, groups: [UInt32], MetricName, ScoreProtocol.Undefined)
    /// Only the mean over batches, which are no independent observations.
    case batches([Double?])
    /// A number alone, such as that of a curve.
    case number(Double?)

    /// The score, how single units of it spread, and how many there are.
    var summary: (value: Double?, spread: MeanAndSpread?) {
        switch self {
        case .pooled(let counts, let metric, let undefined):
            return (undefined.settled(Self.sum(counts).flatMap(metric.value)), nil)
        case .mean(let values, _, _), .batches(let values):
            let spread = MeanAndSpread(of: values)
            return (spread.mean, spread)
        case .lists(let scores, _, let metric, let undefined):
            return (undefined.settled(metric.average.flatMap(scores.averagePrecision)), nil)
        case .number(let value): return (value, nil)
        }
    }

    /// How many groups can be resampled.
    var groupCount: Int? {
        switch self {
        case .pooled(let counts, _, _): counts.count
        case .mean(_, _, let count): count
        case .lists(_, let groups, _, _): Int(groups.max() ?? 0) + 1
        case .batches, .number: nil
        }
    }

    /// The score of every resample of groups; the same draws for all methods of as many groups.
    func resampled(_ bootstrap: BlockBootstrap) -> [Double?]? {
        switch self {
        case .pooled(let counts, let metric, let undefined):
            return bootstrap.values { weights in
                undefined.settled(Self.sum(counts, weights: weights).flatMap(metric.value))
            }
        case .mean(let values, let groups, _):
            return bootstrap.values { weights in
                Self.mean(values) { weights[groups[$0]] }
            }
        case .lists(let scores, let groups, let metric, let undefined):
            return metric.average.map {
                scores.resampled(bootstrap, of: $0, groups: groups).map(undefined.settled)
            }
        case .batches, .number: return nil
        }
    }

    /// The scores of both methods where some groups are swapped between them; what many swaps need is computed once.
    func swapping(
        with other: ScoreBasis
    ) -> (_ isSwapped: [Bool]) -> (own: Double?, theirs: Double?) {
        switch (self, other) {
        case (.pooled(let own, let metric, let undefined), .pooled(let theirs, _, let second)):
            guard let sums = SwappedSums(own, theirs) else { return { _ in (nil, nil) } }
            return { isSwapped in
                let swapped = sums(isSwapped)
                return (
                    undefined.settled(metric.value(swapped.own)),
                    second.settled(metric.value(swapped.theirs))
                )
            }
        case (.mean(let own, let groups, _), .mean(let theirs, let theirGroups, _)):
            return { isSwapped in
                (
                    Self.mean(own, groups, or: theirs, theirGroups, isSwapped),
                    Self.mean(theirs, theirGroups, or: own, groups, isSwapped)
                )
            }
        default: return { _ in (nil, nil) }
        }
    }

    /// Whether groups can be swapped between methods.
    var isSwappable: Bool {
        switch self {
        case .pooled, .mean: true
        case .lists, .batches, .number: false
        }
    }

    private static func sum(_ counts: [ClassConfusion]) -> ClassConfusion? {
        guard var sum = counts.first else { return nil }
        for next in counts.dropFirst() { sum.add(next, times: 1) }
        return sum
    }

    private static func sum(_ counts: [ClassConfusion], weights: [Int64]) -> ClassConfusion? {
        guard let first = counts.first else { return nil }
        var sum = ClassConfusion(classes: first.classes)
        for (count, weight) in zip(counts, weights) where weight > 0 {
            sum.add(count, times: weight)
        }
        return sum
    }

    /// The mean of units, of another method's where their group is swapped.
    private static func mean(
        _ own: [Double?], _ groups: [Int], or theirs: [Double?], _ theirGroups: [Int],
        _ isSwapped: [Bool]
    ) -> Double? {
        let kept = own.indices.filter { !isSwapped[groups[$0]] }.map { own[$0] }
        let taken = theirs.indices.filter { isSwapped[theirGroups[$0]] }.map { theirs[$0] }
        return MeanAndSpread(of: kept + taken).mean
    }

    private static func mean(_ values: [Double?], weight: (Int) -> Int64) -> Double? {
        var (sum, count) = (0.0, Int64(0))
        for (index, value) in values.enumerated() {
            guard let value else { continue }
            let times = weight(index)
            sum += value * Double(times)
            count += times
        }
        return count == 0 ? nil : sum / Double(count)
    }
}
