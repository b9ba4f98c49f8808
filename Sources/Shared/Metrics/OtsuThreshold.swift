/// Otsu's threshold: the cut of a histogram that parts it into the two most distant classes.
///
/// Exactly: the finite scores between their minimum *a* and maximum *b* are counted in `binCount` equal bins, a
/// score *x* in bin ⌊(x − a) / (b − a) · binCount⌋, *b* itself in the last. For each cut after bin *k* let N₀, S₀ be the
/// count and the sum of bin numbers up to *k*, N₁, S₁ those above it; the between-class variance is, up to a constant,
/// (S₀N₁ − S₁N₀)² / (N₀N₁). The cut with the greatest one wins; among equal ones, the lowest. The threshold is the edge
/// between the bins *k* and *k* + 1; what lies at or above it is the upper class.
///
/// Counts and sums are integers, so cuts through a run of empty bins tie exactly and the result depends on no
/// summation order. Otsu, "A threshold selection method from gray-level histograms", IEEE SMC 1979.
public struct OtsuThreshold: Sendable, Hashable {
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

    private static func bestCut(of histogram: [Int64]) -> Int {
        let total = histogram.reduce(0, +)
        let totalSum = zip(histogram.indices, histogram).reduce(0) { $0 + Int64($1.0) * $1.1 }
        var (lowerCount, lowerSum) = (Int64(0), Int64(0))
        var best = (cut: 0, variance: -1.0)
        for cut in 0..<histogram.count - 1 {
            lowerCount += histogram[cut]
            lowerSum += Int64(cut) * histogram[cut]
            let (below, above) = (Double(lowerCount), Double(total - lowerCount))
            guard below > 0, above > 0 else { continue }
            let distance = Double(lowerSum) * above - Double(totalSum - lowerSum) * below
            let variance = distance * distance / (below * above)
            if variance > best.variance {
                best = (cut, variance)
            }
        }
        return best.cut
    }
}
