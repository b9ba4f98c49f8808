/// How a score would spread over other test samples like this one: a percentile interval of resamples.
///
/// Resampled are groups (cities, tiles, images), never pixels: neighbouring pixels are one observation, not many.
/// Efron & Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 13.
public struct BootstrapInterval: Sendable, Hashable, Codable {
    /// The score of the sample itself.
    public let estimate: Double?
    /// The lower end; `nil` with fewer than two groups or without a defined resample.
    public let lower: Double?
    /// The upper end; `nil` where `lower` is.
    public let upper: Double?
    /// The share of resamples between the ends, such as 0.95.
    public let level: Double
    /// How many groups were resampled.
    public let groups: Int
    /// How many resamples were drawn.
    public let resamples: Int
    /// In how many of them the score was undefined (0/0); they are left out.
    public let undefined: Int

    /// Takes the scores of resamples.
    ///
    /// - Parameters:
    ///   - estimate: The score of the sample itself.
    ///   - values: The score of each resample; `nil` where it is 0/0.
    ///   - groups: How many groups were resampled.
    ///   - level: The share between the ends, in 0 ..< 1.
    public init(estimate: Double?, values: [Double?], groups: Int, level: Double = 0.95) {
        precondition(level > 0 && level < 1, "a level of \(level) is no share")
        let sorted = values.compactMap(\.self).sorted()
        self.estimate = estimate
        self.level = level
        self.groups = groups
        resamples = values.count
        undefined = values.count - sorted.count
        let isDefined = groups > 1 && !sorted.isEmpty
        lower = isDefined ? Self.quantile((1 - level) / 2, of: sorted) : nil
        upper = isDefined ? Self.quantile((1 + level) / 2, of: sorted) : nil
    }

    /// The value below which a share of sorted values lies, linear between neighbours (Hyndman & Fan's type 7).
    static func quantile(_ share: Double, of sorted: [Double]) -> Double {
        let place = share * Double(sorted.count - 1)
        let below = Int(place)
        let above = min(below + 1, sorted.count - 1)
        return sorted[below] + (sorted[above] - sorted[below]) * (place - Double(below))
    }
}
