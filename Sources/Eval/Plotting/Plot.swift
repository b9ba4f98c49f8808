/// What a line plot shows, before any decision about pixels.
package struct Plot: Codable, Sendable, Equatable {
    /// A name that is unique in the page, made of letters, digits and hyphens.
    package var id: String
    /// What is drawn, for readers who can't see it.
    package var description: String
    /// The horizontal axis.
    package var x: Axis
    /// The vertical axis.
    package var y: Axis
    /// The lines, in the order of the legend.
    package var series: [Series]
    /// Whether lines of equal F1 are drawn behind a precision-over-recall plot.
    package var showsEqualF1 = false

    /// One axis.
    package struct Axis: Codable, Sendable, Equatable {
        /// What is measured.
        package var label: String
        /// In what unit; empty for pure numbers.
        package var unit: String
        /// The range shown; `nil` to fit the data.
        package var range: ClosedRange<Double>?
        /// Whether equal ratios are equal distances; all values are > 0 then.
        package var isLogarithmic = false

        /// The label with its unit.
        package var text: String { unit.isEmpty ? label : "\(label) (\(unit))" }
    }

    /// One line and its place in the palette.
    package struct Series: Codable, Sendable, Equatable {
        /// The name in the legend.
        package var name: String
        /// The place in the palette, the same for a method in every figure.
        package var style: Int
        /// The points, by rising x; a `nil` breaks the line.
        package var points: [Point]
        /// A point to mark, such as the operating point.
        package var mark: Point?
        /// Whether this is a level to compare with, drawn thin across the plot.
        package var isReference = false
        /// What lies around the line, such as the range over seeds.
        package var band: [BandPoint]?
    }

    /// A place of a band.
    package struct BandPoint: Codable, Sendable, Equatable {
        /// Along the horizontal axis.
        package var x: Double
        /// The lower end.
        package var low: Double
        /// The upper end.
        package var high: Double
    }

    /// One point.
    package struct Point: Codable, Sendable, Equatable {
        /// Along the horizontal axis.
        package var x: Double
        /// Along the vertical axis; `nil` where undefined.
        package var y: Double?
    }

    /// Whether there is nothing at all to draw.
    package var isEmpty: Bool {
        series.allSatisfy { line in line.isReference || line.points.allSatisfy { $0.y == nil } }
    }

    /// The range of the data along x, widened where it is a single value.
    package var xRange: ClosedRange<Double> {
        if let range = x.range { return range }
        let values = series.flatMap { $0.points.map(\.x) }
        if x.isLogarithmic, let value = values.min(), value == values.max() {
            return value / 2...value * 2
        }
        return Self.range(of: values, padding: 0)
    }

    /// The range of the data and of marked points along y, with a little air.
    package var yRange: ClosedRange<Double> {
        let values = series.flatMap { line in
            line.points.compactMap(\.y) + [line.mark?.y].compactMap(\.self)
                + (line.band ?? []).flatMap { [$0.low, $0.high] }
        }
        return y.range ?? Self.range(of: values, padding: 0.06)
    }

    private static func range(of values: [Double], padding: Double) -> ClosedRange<Double> {
        guard let least = values.min(), let most = values.max() else { return 0...1 }
        if least == most {
            let half = max(abs(least) * 0.1, 0.5)
            return (least - half)...(most + half)
        }
        let air = (most - least) * padding
        return (least - air)...(most + air)
    }
}
