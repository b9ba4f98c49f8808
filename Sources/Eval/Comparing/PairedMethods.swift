import Metrics

/// Two methods that were scored on the same groups.
struct PairedMethods {
    let method: ScoredMethod
    let reference: ScoredMethod
    let key: RunScores.Key

    /// All that is told of the two.
    func pair() -> Comparison.Pair {
        let own = mean(method)
        let base = mean(reference)
        let resamples = differences()
        let test = test(resamples)
        return Comparison.Pair(
            method: method.group.title, reference: reference.group.title, score: own,
            referenceScore: base, difference: own.flatMap { own in base.map { own - $0 } },
            interval: resamples.map {
                BootstrapInterval(
                    estimate: own.flatMap { own in base.map { own - $0 } }, values: $0.values,
                    groups: $0.groups, level: method.resampling.level)
            }, test: test.name, pValue: test.pValue, corrected: nil, seeds: seeds, caution: caution)
    }

    /// The differences on the seeds that both have.
    private var seeds: SeedDifference? {
        let base = Dictionary(
            zip(reference.group.runs.map(\.record.seed), reference.runs),
            uniquingKeysWith: { first, _ in first })
        let differences = zip(method.group.runs, method.runs).compactMap { run, own -> Double?? in
            guard let seed = run.record.seed, let other = base[seed] else { return nil }
            guard let own = own.bases[key]?.summary.value,
                let other = other.bases[key]?.summary.value
            else { return .some(nil) }
            return own - other
        }
        return differences.isEmpty ? nil : SeedDifference(of: differences)
    }

    private func mean(_ scored: ScoredMethod) -> Double? {
        MeanAndSpread(of: scored.runs.map { $0.bases[key]?.summary.value }).mean
    }

    /// Both resampled by the same draws: the groups of a method come in the order of its items, which must agree.
    private func differences() -> (values: [Double?], groups: Int)? {
        guard sameGroups, let own = method.resampled(key), let base = reference.resampled(key),
            own.groups == base.groups
        else { return nil }
        let values = zip(own.values, base.values).map { own, base in
            own.flatMap { own in base.map { own - $0 } }
        }
        return (values, own.groups)
    }

    private var sameGroups: Bool {
        method.group.runs[0].groups.names == reference.group.runs[0].groups.names
    }

    private func test(
        _ resamples: (values: [Double?], groups: Int)?
    ) -> (name: String, pValue: Double?) {
        let own = method.runs.compactMap { $0.bases[key] }
        let base = reference.runs.compactMap { $0.bases[key] }
        guard sameGroups else { return ("none: the groups come in another order", nil) }
        guard let groups = own.first?.groupCount else {
            return ("none: a number of one curve or of batches, which are no groups", nil)
        }
        guard groups > 1 else { return ("none: one group", nil) }
        guard own.allSatisfy(\.isSwappable), base.allSatisfy(\.isSwappable) else {
            return ("paired bootstrap over groups", resamples.flatMap { Self.pValue($0.values) })
        }
        // Seeds are paired in their order; what has no partner takes part in the scores only.
        let pairs = zip(own, base).map { $0.swapping(with: $1) }
        let test = PairedTest(groups: groups, seed: method.resampling.seed) { swapped in
            let scores = pairs.map { $0(swapped) }
            let first = MeanAndSpread(of: scores.map(\.own)).mean
            let second = MeanAndSpread(of: scores.map(\.theirs)).mean
            return first.flatMap { first in second.map { first - $0 } }
        }
        let kind = test.isExact ? "all \(test.swaps)" : "\(test.swaps) drawn"
        return ("permutation of groups, \(kind) swaps", test.pValue)
    }

    /// Twice the smaller share of resamples on one side of no difference.
    private static func pValue(_ values: [Double?]) -> Double? {
        let defined = values.compactMap(\.self)
        guard !defined.isEmpty else { return nil }
        let (below, above) = (defined.count { $0 <= 0 }, defined.count { $0 >= 0 })
        return min(1, 2 * Double(min(below, above) + 1) / Double(defined.count + 1))
    }

    private var caution: String? {
        let groups = method.group.runs[0].groups.names.count
        if min(method.runs.count, reference.runs.count) < 3 {
            return "fewer than three seeds: a difference may be one of seeds"
        }
        return groups < 6
            ? "\(groups) groups: no p below \(NumberText.fixed(2 / Double(1 << groups), decimals: 4)) can be found"
            : nil
    }
}
