/// Round values along an axis: steps of 1, 2 or 5 times a power of ten.
package struct Ticks: Sendable, Equatable {
    /// The values, rising.
    package let values: [Double]
    /// How many decimals tell two neighbours apart.
    package let decimals: Int

    /// Finds about `count` round values inside a range; an empty or non-finite range gives its ends' only value.
    package init(covering range: ClosedRange<Double>, count: Int) {
        let span = range.upperBound - range.lowerBound
        guard span.isFinite, span > 0 else {
            values = [range.lowerBound]
            decimals = 2
            return
        }
        let (step, decimals) = Self.step(near: span / Double(max(1, count)))
        let first = (range.lowerBound / step - 1e-9).rounded(.up)
        let last = (range.upperBound / step + 1e-9).rounded(.down)
        values = first <= last ? stride(from: first, through: last, by: 1).map { $0 * step } : []
        self.decimals = decimals
    }

    /// Powers of ten inside a range of positive numbers.
    package init(powersOfTenIn range: ClosedRange<Double>) {
        values = [0.001, 0.01, 0.1, 1, 10, 100, 1_000, 10_000].filter(range.contains)
        decimals = 0
    }

    /// The round step nearest above a raw one, and the decimals it needs.
    private static func step(near raw: Double) -> (step: Double, decimals: Int) {
        var magnitude = 1.0
        var exponent = 0
        while magnitude * 10 <= raw {
            magnitude *= 10
            exponent += 1
        }
        while magnitude > raw, exponent > -12 {
            magnitude /= 10
            exponent -= 1
        }
        let multiple = [1.0, 2, 5].first { $0 * magnitude >= raw * 0.999 } ?? 10
        let isTen = multiple == 10
        return (multiple * magnitude, max(0, -exponent - (isTen ? 1 : 0)))
    }

    /// The text beside a tick.
    package func label(_ value: Double) -> String {
        let own =
            value > 0 && value < 1 && decimals == 0 ? (value < 0.01 ? 3 : value < 0.1 ? 2 : 1) : 0
        return NumberText.fixed(value, decimals: max(decimals, own))
    }
}
