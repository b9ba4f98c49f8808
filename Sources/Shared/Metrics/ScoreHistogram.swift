/// The finite scores between their minimum *a* and maximum *b*, counted in equal bins: a score *x* in bin
/// ⌊(x − a) / (b − a) · `binCount`⌋, *b* itself in the last.
struct ScoreHistogram {
    let counts: [Int64]
    private let range: ClosedRange<Float>

    /// Counts the scores; `nil` when the finite ones take fewer than two values.
    init?(of scores: [Float], binCount: Int) {
        precondition(binCount >= 2, "a threshold needs two bins, not \(binCount)")
        guard let range = Self.finiteRange(of: scores), range.lowerBound < range.upperBound else {
            return nil
        }
        self.range = range
        counts = Self.counts(of: scores, in: range, binCount: binCount)
    }

    /// The edge between a bin and the next: what lies at or above it is in the next one or higher.
    func edge(after bin: Int) -> Float {
        let width = (Double(range.upperBound) - Double(range.lowerBound)) / Double(counts.count)
        return Float(Double(range.lowerBound) + Double(bin + 1) * width)
    }

    private static func finiteRange(of scores: [Float]) -> ClosedRange<Float>? {
        var lowest = Float.infinity
        var highest = -Float.infinity
        for score in scores where score.isFinite {
            lowest = min(lowest, score)
            highest = max(highest, score)
        }
        return lowest <= highest ? lowest...highest : nil
    }

    private static func counts(
        of scores: [Float], in range: ClosedRange<Float>, binCount: Int
    ) -> [Int64] {
        var counts = [Int64](repeating: 0, count: binCount)
        let origin = Double(range.lowerBound)
        let scale = Double(binCount) / (Double(range.upperBound) - origin)
        for score in scores where score.isFinite {
            counts[min(binCount - 1, Int((Double(score) - origin) * scale))] += 1
        }
        return counts
    }
}
