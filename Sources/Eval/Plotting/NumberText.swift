/// Numbers as people read them, the same in every locale.
package enum NumberText {
    /// A number with that many decimals, or "–" for none; a negative zero loses its sign.
    package static func fixed(_ value: Double?, decimals: Int) -> String {
        guard let value, value.isFinite else { return "–" }
        let scale = (0..<decimals).reduce(1.0) { product, _ in product * 10 }
        let scaled = (value * scale).rounded()
        guard abs(scaled) < 9e15 else { return "\(value)" }
        let units = Int64(scaled)
        let digits = String(units.magnitude)
        let padded = String(repeating: "0", count: max(0, decimals + 1 - digits.count)) + digits
        let whole = padded.dropLast(decimals)
        let sign = units < 0 ? "−" : ""
        return sign + whole + (decimals > 0 ? "." + padded.suffix(decimals) : "")
    }

    /// A share as percent points with two decimals, without the sign; "–" for none.
    package static func percent(_ share: Double?) -> String {
        fixed(share.map { $0 * 100 }, decimals: 2)
    }

    /// A mean and its spread as percent points: "48.12 ± 6.40".
    package static func percent(_ spread: Report.Spread) -> String {
        guard let mean = spread.mean else { return "–" }
        guard let deviation = spread.standardDeviation else { return percent(mean) }
        return "\(percent(mean)) ± \(percent(deviation))"
    }

    /// A shift or an error with its sign and three decimals.
    package static func signed(_ value: Double?) -> String {
        guard let value, value.isFinite else { return "–" }
        let text = fixed(value, decimals: 3)
        return value > 0 && text != "0.000" ? "+" + text : text
    }

    /// A whole number with thin spaces between groups of three digits.
    package static func grouped(_ value: Int64) -> String {
        let digits = Array(String(value.magnitude))
        var text = value < 0 ? "−" : ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index).isMultiple(of: 3) { text += "\u{202F}" }
            text.append(digit)
        }
        return text
    }

    /// A coordinate of a drawing: at most two decimals, no trailing zero, ASCII only.
    package static func coordinate(_ value: Double) -> String {
        let hundredths = Int64((value * 100).rounded())
        let sign = hundredths < 0 ? "-" : ""
        let (whole, rest) = hundredths.magnitude.quotientAndRemainder(dividingBy: 100)
        if rest == 0 { return "\(sign)\(whole)" }
        if rest.isMultiple(of: 10) { return "\(sign)\(whole).\(rest / 10)" }
        return "\(sign)\(whole).\(rest < 10 ? "0" : "")\(rest)"
    }
}
