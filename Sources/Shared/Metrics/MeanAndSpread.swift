/// The mean of some values and how far they lie apart.
public struct MeanAndSpread: Sendable, Hashable, Codable {
    /// The arithmetic mean; `nil` when no value was defined.
    public let mean: Double?
    /// The sample standard deviation (divisor *n* − 1); `nil` with fewer than two values.
    public let standardDeviation: Double?
    /// How many values were defined.
    public let count: Int
    /// How many values were undefined (0/0) and left out.
    public let undefinedCount: Int

    /// Summarises values, leaving the undefined ones out and counting them.
    public init(of values: [Double?]) {
        let defined = values.compactMap(\.self)
        count = defined.count
        undefinedCount = values.count - defined.count
        guard !defined.isEmpty else {
            mean = nil
            standardDeviation = nil
            return
        }
        let centre = CompensatedSum(of: defined).value / Double(defined.count)
        mean = centre
        guard defined.count > 1 else {
            standardDeviation = nil
            return
        }
        let squares = CompensatedSum(of: defined.map { ($0 - centre) * ($0 - centre) })
        standardDeviation = (squares.value / Double(defined.count - 1)).squareRoot()
    }
}

/// A sum that carries its rounding error along (Neumaier 1974).
struct CompensatedSum {
    private var sum = 0.0
    private var error = 0.0

    init() {}

    init(of values: [Double]) {
        for value in values { add(value) }
    }

    mutating func add(_ value: Double) {
        let next = sum + value
        error += abs(sum) >= abs(value) ? (sum - next) + value : (value - next) + sum
        sum = next
    }

    var value: Double { sum + error }
}
