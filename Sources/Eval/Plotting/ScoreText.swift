public import Metrics

/// Numbers as the program prints them, for people.
public enum ScoreText {
    /// A share as percent points with two decimals; "–" for an undefined one.
    public static func percent(_ share: Double?) -> String { NumberText.percent(share) }

    /// Mean and spread as percent points.
    public static func percent(_ spread: Report.Spread) -> String { NumberText.percent(spread) }

    /// A name, cut in the middle where it is too long for a table.
    public static func name(_ text: String) -> String { Markup.shortened(text, to: 40) }

    /// A shift in pixels with its sign.
    public static func shift(_ pixels: Double?) -> String { NumberText.signed(pixels) }

    /// A length in pixels.
    public static func pixels(_ pixels: Double?) -> String {
        NumberText.fixed(pixels, decimals: 3)
    }
}

extension ScoreText {
    /// The ends of an interval as percent points; "–" where there is none.
    public static func interval(_ interval: BootstrapInterval?) -> String {
        guard let lower = interval?.lower, let upper = interval?.upper else { return "–" }
        return "\(percent(lower)) … \(percent(upper))"
    }

    /// How many single units a mean is over, and how many were undefined.
    public static func units(_ spread: MeanAndSpread?) -> String {
        guard let spread else { return "–" }
        return spread.undefinedCount == 0
            ? String(spread.count) : "\(spread.count) (\(spread.undefinedCount) undefined)"
    }

    /// On how many seeds a method is ahead, as "3 of 5"; "–" where there are none.
    public static func ahead(_ seeds: SeedDifference?) -> String {
        seeds.map { "\($0.ahead) of \($0.interval.spread.count)" } ?? "–"
    }

    /// A p-value.
    public static func chance(_ value: Double?) -> String {
        guard let value, value < 0.00005 else { return NumberText.fixed(value, decimals: 4) }
        return "< 0.0001"
    }

    /// A level as "95 %".
    public static func level(_ level: Double) -> String {
        let text = NumberText.fixed(level * 100, decimals: 1)
        return (text.hasSuffix(".0") ? String(text.dropLast(2)) : text) + " %"
    }
}
