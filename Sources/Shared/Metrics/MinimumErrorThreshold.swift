import Foundation

/// The threshold of minimum error: the cut of a histogram at which two normal distributions, of any sizes and
/// spreads, fit it best.
///
/// Where Otsu's rule looks for classes of like size and spread, this one finds a small class beside a large one, as
/// change is beside what has not changed. Exactly: the bins are those of `OtsuThreshold`. For each cut after bin *k*
/// with scores on both sides, P₀ and P₁ are the shares of the two classes, σ₀² and σ₁² the variances of their bin
/// numbers, and
///
/// J(k) = 1 + P₀ ln σ₀² + P₁ ln σ₁² − 2 (P₀ ln P₀ + P₁ ln P₁)
///
/// The cut with the lowest J wins; among equal ones, the lowest. To each variance the 1/12 of a bin's own width is
/// added (ours), so that a class within one bin has a variance too. The threshold is the edge between the bins *k* and
/// *k* + 1; what lies at or above it is the upper class.
///
/// Kittler and Illingworth, "Minimum error thresholding", Pattern Recognition 19, 1986.
public struct MinimumErrorThreshold: Sendable, Hashable {
    /// The edge between the two classes: a score belongs to the upper class when it is ≥ this.
    public let value: Float
    /// The last bin of the lower class, in 0 ..< `binCount` − 1.
    public let lastLowerBin: Int

    /// Finds the threshold; `nil` when the finite scores take fewer than two values.
    public init?(of scores: [Float], binCount: Int = 256) {
        guard let histogram = ScoreHistogram(of: scores, binCount: binCount) else { return nil }
        lastLowerBin = Self.bestCut(of: histogram.counts)
        value = histogram.edge(after: lastLowerBin)
    }

    /// Count, sum and sum of squares of a class's bin numbers: integers, so that cuts through empty bins tie exactly.
    private struct Moments {
        var count: Int64 = 0
        var sum: Int64 = 0
        var squares: Int64 = 0

        mutating func add(_ number: Int64, times count: Int64) {
            self.count += count
            sum += number * count
            squares += number * number * count
        }

        func without(_ part: Moments) -> Moments {
            Moments(
                count: count - part.count, sum: sum - part.sum, squares: squares - part.squares)
        }

        /// P ln σ² − 2 P ln P.
        func criterion(of total: Int64) -> Double {
            let mean = Double(sum) / Double(count)
            let variance = max(0, Double(squares) / Double(count) - mean * mean) + 1.0 / 12
            let share = Double(count) / Double(total)
            return share * (log(variance) - 2 * log(share))
        }
    }

    private static func bestCut(of counts: [Int64]) -> Int {
        var (all, lower) = (Moments(), Moments())
        for (bin, count) in counts.enumerated() { all.add(Int64(bin), times: count) }
        var best = (cut: 0, criterion: Double.infinity)
        for cut in 0..<counts.count - 1 {
            lower.add(Int64(cut), times: counts[cut])
            let upper = all.without(lower)
            guard lower.count > 0, upper.count > 0 else { continue }
            let criterion =
                1 + lower.criterion(of: all.count) + upper.criterion(of: all.count)
            if criterion < best.criterion { best = (cut, criterion) }
        }
        return best.cut
    }
}
