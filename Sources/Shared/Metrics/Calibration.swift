/// Whether probabilities mean what they say: how often the sure ones are right.
///
/// Bins of equal width over 0 … 1; a probability on an inner edge belongs to the upper bin, 1 to the last. Bins add, so
/// that images and machines may be counted apart. Guo et al., "On Calibration of Modern Neural Networks", ICML 2017.
public struct Calibration: Sendable, Hashable, Codable {
    /// One stretch of probabilities.
    public struct Bin: Sendable, Hashable, Codable {
        /// How many decisions fell here.
        public var count: Int64 = 0
        /// How many of them came true.
        public var correct: Int64 = 0
        /// The sum of their probabilities.
        public var confidence: Double = 0

        /// The share that came true; `nil` in an empty bin.
        public var accuracy: Double? { count == 0 ? nil : Double(correct) / Double(count) }
        /// The mean probability; `nil` in an empty bin.
        public var meanConfidence: Double? { count == 0 ? nil : confidence / Double(count) }
    }

    /// The bins, by rising probability.
    public private(set) var bins: [Bin]

    /// Begins with empty bins.
    public init(binCount: Int = 15) {
        precondition(binCount >= 1, "calibration needs a bin")
        bins = [Bin](repeating: Bin(), count: binCount)
    }

    /// Counts one decision.
    ///
    /// - Parameters:
    ///   - probability: In 0 … 1.
    ///   - isCorrect: Whether it came true.
    /// - Throws: `MetricsError` for what is no probability.
    public mutating func add(_ probability: Double, isCorrect: Bool) throws(MetricsError) {
        guard probability >= 0, probability <= 1 else {
            throw MetricsError("\(probability) is no probability: it must lie in 0 … 1")
        }
        let bin = min(Int(probability * Double(bins.count)), bins.count - 1)
        bins[bin].count += 1
        bins[bin].correct += isCorrect ? 1 : 0
        bins[bin].confidence += probability
    }

    /// The bins of both together; there must be as many.
    public static func + (left: Self, right: Self) -> Self {
        precondition(left.bins.count == right.bins.count, "calibrations of different bins")
        var sum = left
        for index in sum.bins.indices {
            sum.bins[index].count += right.bins[index].count
            sum.bins[index].correct += right.bins[index].correct
            sum.bins[index].confidence += right.bins[index].confidence
        }
        return sum
    }

    /// All decisions.
    public var total: Int64 { bins.reduce(0) { $0 + $1.count } }

    /// Expected calibration error, Σ (bin's share) · |accuracy − mean probability|; `nil` without a decision.
    public var expectedError: Double? {
        let all = Double(total)
        return all == 0 ? nil : gaps.reduce(0) { $0 + $1.gap * Double($1.count) } / all
    }

    /// The greatest gap of a bin; `nil` without a decision.
    public var greatestError: Double? { gaps.map(\.gap).max() }

    private var gaps: [(gap: Double, count: Int64)] {
        bins.compactMap { bin in
            guard let accuracy = bin.accuracy, let confidence = bin.meanConfidence else {
                return nil
            }
            return (abs(accuracy - confidence), bin.count)
        }
    }
}
