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
