/// Whether probabilities mean what they say: how often the sure ones are right.
///
/// Bins of equal width over 0 … 1; a probability on an inner edge belongs to the upper bin, 1 to the last. Bins add, so
/// that images and machines may be counted apart and merged in any order: sums are of whole numbers, the same to
/// the last bit. Guo et al., "On Calibration of Modern Neural Networks", ICML 2017.
public struct Calibration: Sendable, Hashable, Codable {
    /// One stretch of probabilities.
    public struct Bin: Sendable, Hashable, Codable {
        /// How many decisions fell here.
        public var count: Int64 = 0
        /// How many of them came true.
        public var correct: Int64 = 0
        /// The sum of their probabilities in units of 2⁻²⁹, each rounded to one: 10¹⁰ of them do not overflow.
        private var units: Int64 = 0

        /// The sum of their probabilities.
        public var confidence: Double { Double(units) / Self.scale }

        /// The share that came true; `nil` in an empty bin.
        public var accuracy: Double? { count == 0 ? nil : Double(correct) / Double(count) }
        /// The mean probability; `nil` in an empty bin.
        public var meanConfidence: Double? { count == 0 ? nil : confidence / Double(count) }

        private static let scale = 0x1p29

        fileprivate mutating func add(_ probability: Double, isCorrect: Bool) {
            count += 1
            correct += isCorrect ? 1 : 0
            units += Int64((probability * Self.scale).rounded())
        }

        fileprivate static func + (left: Self, right: Self) -> Self {
            var sum = left
            sum.count += right.count
            sum.correct += right.correct
            sum.units += right.units
            return sum
        }
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
        bins[bin].add(probability, isCorrect: isCorrect)
    }

    /// The bins of both together; there must be as many.
    public static func + (left: Self, right: Self) -> Self {
        precondition(left.bins.count == right.bins.count, "calibrations of different bins")
        var sum = left
        sum.bins = zip(left.bins, right.bins).map { $0 + $1 }
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

extension Calibration.Bin {
    private enum CodingKeys: String, CodingKey {
        case count, correct, confidence
    }

    /// Reads what `encode` writes.
    ///
    /// - Throws: `DecodingError` where a number is missing, or the sum is beyond what can be counted.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        self.init()
        count = try values.decode(Int64.self, forKey: .count)
        correct = try values.decode(Int64.self, forKey: .correct)
        let sum = try values.decode(Double.self, forKey: .confidence)
        guard let read = Int64(exactly: (sum * Self.scale).rounded()) else {
            throw DecodingError.dataCorruptedError(
                forKey: .confidence, in: values, debugDescription: "\(sum) cannot be counted")
        }
        units = read
    }

    /// Writes the three numbers, the sum as a number of probabilities.
    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(count, forKey: .count)
        try values.encode(correct, forKey: .correct)
        try values.encode(confidence, forKey: .confidence)
    }
}
