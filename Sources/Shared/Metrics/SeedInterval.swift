import Glibc

/// How a score spreads over seeds: mean, sample standard deviation and Student's interval of the mean.
public struct SeedInterval: Sendable, Hashable, Codable {
    /// Mean, standard deviation and how many seeds were defined.
    public let spread: MeanAndSpread
    /// The lower end; `nil` with fewer than three seeds, whose interval says nothing.
    public let lower: Double?
    /// The upper end; `nil` where `lower` is.
    public let upper: Double?
    /// The chance with which such an interval holds the mean, such as 0.95.
    public let level: Double

    /// Summarises one value a seed.
    ///
    /// - Parameters:
    ///   - values: The scores of the seeds; `nil` where undefined.
    ///   - level: The chance with which such an interval holds the mean, in 0 ..< 1.
    public init(of values: [Double?], level: Double = 0.95) {
        spread = MeanAndSpread(of: values)
        self.level = level
        guard spread.count >= 3, let mean = spread.mean, let deviation = spread.standardDeviation
        else {
            lower = nil
            upper = nil
            return
        }
        let half =
            StudentT.quantile((1 + level) / 2, degrees: spread.count - 1) * deviation
            / Double(spread.count).squareRoot()
        lower = mean - half
        upper = mean + half
    }
}

/// Student's t distribution with a whole number of degrees of freedom.
///
/// Abramowitz & Stegun, "Handbook of Mathematical Functions", 26.7.3 and 26.7.4: finite sums, exact but for rounding.
public enum StudentT {
    /// The chance of a value below `t`.
    public static func cumulative(_ t: Double, degrees: Int) -> Double {
        precondition(degrees >= 1, "Student's t needs a degree of freedom")
        let within = inside(abs(t), degrees)
        return t >= 0 ? (1 + within) / 2 : (1 - within) / 2
    }

    /// The value below which a share of the distribution lies, for shares in 0 ..< 1, exclusive.
    public static func quantile(_ share: Double, degrees: Int) -> Double {
        precondition(share > 0 && share < 1, "a quantile of \(share) is no share")
        if share == 0.5 { return 0 }
        if share < 0.5 { return -quantile(1 - share, degrees: degrees) }
        var (low, high) = (0.0, 1.0)
        while cumulative(high, degrees: degrees) < share, high < 1e300 { high *= 2 }
        for _ in 0..<200 {
            let middle = low + (high - low) / 2
            if cumulative(middle, degrees: degrees) < share { low = middle } else { high = middle }
        }
        return high
    }

    /// The chance of a value between −t and t.
    private static func inside(_ t: Double, _ degrees: Int) -> Double {
        let freedom = Double(degrees)
        let cosineSquared = freedom / (freedom + t * t)
        let sine = t / (freedom + t * t).squareRoot()
        var term = 1.0
        var sum = 0.0
        if degrees.isMultiple(of: 2) {
            for index in stride(from: 0, through: degrees - 2, by: 2) {
                sum += term
                term *= cosineSquared * Double(index + 1) / Double(index + 2)
            }
            return sine * sum
        }
        for index in stride(from: 1, through: degrees - 2, by: 2) {
            sum += term
            term *= cosineSquared * Double(index + 1) / Double(index + 2)
        }
        let angle = atan(t / freedom.squareRoot())
        return 2 / Double.pi * (angle + sine * cosineSquared.squareRoot() * sum)
    }
}
