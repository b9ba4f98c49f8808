/// How far one method is ahead of another, seed by seed: whether other seeds would agree.
///
/// The p-value is of Student's paired t test, two-sided (Student, "The Probable Error of a Mean", Biometrika 6, 1908).
public struct SeedDifference: Sendable, Hashable, Codable {
    /// The differences' mean, spread and interval.
    public let interval: SeedInterval
    /// On how many seeds the method is ahead.
    public let ahead: Int
    /// The chance of a mean as great where there is no difference; `nil` below three seeds or without any spread.
    public let pValue: Double?
    /// The p-value after Holm's correction for all that were tested with it.
    public private(set) var corrected: Double?

    /// Summarises the differences of two methods.
    ///
    /// - Parameter differences: One value a seed that both have; `nil` where either score is undefined.
    public init(of differences: [Double?]) {
        interval = SeedInterval(of: differences)
        ahead = differences.count { ($0 ?? 0) > 0 }
        pValue = Self.pValue(interval.spread)
    }

    /// The same differences, corrected for their number.
    public static func corrected(_ all: [SeedDifference]) -> [SeedDifference] {
        var result = all
        let tested = all.indices.filter { all[$0].pValue != nil }
        let pValues = PairedTest.holm(tested.compactMap { all[$0].pValue })
        for (index, pValue) in zip(tested, pValues) { result[index].corrected = pValue }
        return result
    }

    private static func pValue(_ spread: MeanAndSpread) -> Double? {
        guard spread.count >= 3, let mean = spread.mean, let deviation = spread.standardDeviation,
            deviation > 0
        else { return nil }
        let t = abs(mean) / (deviation / Double(spread.count).squareRoot())
        return 2 * (1 - StudentT.cumulative(t, degrees: spread.count - 1))
    }
}
