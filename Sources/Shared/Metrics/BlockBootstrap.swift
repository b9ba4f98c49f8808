import CKernels

/// Draws groups with replacement, again and again: the same resamples for the same seed and number of groups.
///
/// Two methods that are resampled with one value see the same draws, so that their difference is a paired one.
public struct BlockBootstrap: Sendable, Hashable {
    /// How many groups there are to draw, and how many are drawn each time.
    public let groups: Int
    /// How many resamples are drawn.
    public let resamples: Int
    /// What the draws follow from.
    public let seed: UInt64

    /// Describes resamples of so many groups.
    ///
    /// - Parameters:
    ///   - groups: How many groups there are, below 2³⁰.
    ///   - resamples: How many resamples are drawn.
    ///   - seed: What the draws follow from.
    public init(groups: Int, resamples: Int = 1000, seed: UInt64 = 0) {
        precondition((0..<1 << 30).contains(groups), "\(groups) groups cannot be resampled")
        self.groups = groups
        self.resamples = resamples
        self.seed = seed
    }

    /// A statistic of every resample, in their order.
    ///
    /// - Parameter statistic: Given how often each group was drawn, the resample's score; `nil` where it is 0/0.
    /// - Returns: One value a resample.
    public func values(_ statistic: ([Int64]) -> Double?) -> [Double?] {
        var results: [Double?] = []
        var weights = [Int64](repeating: 0, count: groups)
        forEachDraw { drawn, lanes in
            for lane in 0..<lanes {
                for group in 0..<groups { weights[group] = Int64(drawn[group * 16 + lane]) }
                results.append(statistic(weights))
            }
        }
        return results
    }

    /// The interval of a score that follows from counts which add over groups.
    ///
    /// - Parameters:
    ///   - counts: The counts of each group.
    ///   - level: The share of resamples between the ends.
    ///   - score: What follows from the sum of counts.
    /// - Returns: The interval around the score of all groups.
    public func interval(
        of counts: [ConfusionCounts], level: Double = 0.95,
        _ score: (ConfusionCounts) -> Double?
    ) -> BootstrapInterval {
        precondition(counts.count == groups, "\(counts.count) counts of \(groups) groups")
        let values = values { score(Self.sum(counts, weights: $0)) }
        return BootstrapInterval(
            estimate: score(counts.reduce(ConfusionCounts(), +)), values: values, groups: groups,
            level: level)
    }

    /// The interval of a mean of one value a group; undefined groups are left out of each mean.
    ///
    /// - Parameters:
    ///   - values: The value of each group.
    ///   - level: The share of resamples between the ends.
    /// - Returns: The interval around the mean of all groups.
    public func interval(ofMean values: [Double?], level: Double = 0.95) -> BootstrapInterval {
        precondition(values.count == groups, "\(values.count) values of \(groups) groups")
        let means = self.values { Self.mean(values, weights: $0) }
        return BootstrapInterval(
            estimate: MeanAndSpread(of: values).mean, values: means, groups: groups, level: level)
    }

    /// Calls a body with 16 resamples at a time: `[group * 16 + lane]`, and how many of the lanes count.
    func forEachDraw(_ body: ([UInt8], Int) -> Void) {
        var drawn = [UInt8](repeating: 0, count: groups * CKERNELS_LANES)
        for first in stride(from: 0, to: resamples, by: 16) {
            ckernels_draw(seed, UInt64(first), UInt32(groups), &drawn)
            body(drawn, min(16, resamples - first))
        }
    }

    static func sum(_ counts: [ConfusionCounts], weights: [Int64]) -> ConfusionCounts {
        var sum = ConfusionCounts()
        for (count, weight) in zip(counts, weights) where weight > 0 {
            sum.truePositive += count.truePositive * weight
            sum.falsePositive += count.falsePositive * weight
            sum.falseNegative += count.falseNegative * weight
            sum.trueNegative += count.trueNegative * weight
        }
        return sum
    }

    static func mean(_ values: [Double?], weights: [Int64]) -> Double? {
        var sum = CompensatedSum()
        var count: Int64 = 0
        for (value, weight) in zip(values, weights) where weight > 0 {
            guard let value else { continue }
            sum.add(value * Double(weight))
            count += weight
        }
        return count == 0 ? nil : sum.value / Double(count)
    }
}

extension BlockBootstrap {
    /// How often each group was drawn, of every resample in order.
    public func drawn() -> [[Int64]] {
        var all: [[Int64]] = []
        _ = values {
            all.append($0)
            return nil
        }
        return all
    }
}
