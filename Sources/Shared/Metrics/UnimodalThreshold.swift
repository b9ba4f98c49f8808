/// The threshold of a histogram with one peak: the corner where its slope becomes its tail.
///
/// Needs no second class that can be seen in the histogram, which a few per cent of changed pixels do not make.
/// Exactly: the bins are those of `OtsuThreshold`, *p* the fullest of them (the lowest of equals) with h(p) scores. A
/// line goes from (p, h(p)) to (n, 0), n the number of bins: behind the last bin, which holds the greatest score. The
/// corner is the bin *k* from *p* to the last but one that lies deepest below the line: where
/// h(p) · (n − k) − h(k) · (n − p) is greatest, the lowest of equals. All are integers. The threshold is the edge
/// between the bins *k* and *k* + 1; what lies at or above it is the upper class.
///
/// Rosin, "Unimodal thresholding", Pattern Recognition 34, 2001.
public struct UnimodalThreshold: Sendable, Hashable {
    /// The edge between the two classes: a score belongs to the upper class when it is ≥ this.
    public let value: Float
    /// The last bin of the lower class, in 0 ..< `binCount` − 1.
    public let lastLowerBin: Int

    /// Finds the threshold; `nil` when the finite scores take fewer than two values, or when the last bin is the
    /// fullest, so that there is no tail.
    public init?(of scores: [Float], binCount: Int = 256) {
        guard let histogram = ScoreHistogram(of: scores, binCount: binCount),
            let corner = Self.corner(of: histogram.counts)
        else { return nil }
        lastLowerBin = corner
        value = histogram.edge(after: corner)
    }

    private static func corner(of counts: [Int64]) -> Int? {
        let height = counts.max() ?? 0
        guard let peak = counts.firstIndex(of: height), peak < counts.count - 1 else { return nil }
        var best = (bin: peak, depth: Int64(0))
        for bin in peak..<counts.count - 1 {
            let depth =
                height * Int64(counts.count - bin) - counts[bin] * Int64(counts.count - peak)
            if depth > best.depth { best = (bin, depth) }
        }
        return best.bin
    }
}
