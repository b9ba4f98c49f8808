import Foundation

/// Draws a plot as an inline SVG.
///
/// Drawn by hand, and not by a plotting library: the page must hold everything in one file without network,
/// follow light and dark through CSS, and come out byte for byte the same; four kinds of line plots need a
/// hundred lines, a bundled JavaScript library half a megabyte in each report.
package struct PlotSVG {
    private static let width = 460.0
    private static let height = 292.0
    private static let left = 50.0
    private static let right = 448.0
    private static let top = 30.0
    private static let bottom = 246.0

    private let plot: Plot
    private let xRange: ClosedRange<Double>
    private let yRange: ClosedRange<Double>

    /// Prepares the drawing.
    package init(_ plot: Plot) {
        self.plot = plot
        xRange = plot.xRange
        yRange = plot.yRange
    }

    /// The `<svg>` element.
    package func markup() -> String {
        let lines = plot.series.map(line).joined(separator: "\n")
        return """
            <svg class="plot" viewBox="0 0 460 292" role="img" tabindex="0" aria-label="\
            \(Markup.escape(plot.description))" data-x0="\(number(Self.left))" \
            data-x1="\(number(Self.right))">
            <defs><clipPath id="clip-\(plot.id)"><rect x="\(number(Self.left - 4))" \
            y="\(number(Self.top - 4))" width="\(number(Self.right - Self.left + 8))" \
            height="\(number(Self.bottom - Self.top + 8))"/></clipPath></defs>
            \(grid())
            \(plot.showsEqualF1 ? equalF1() : "")
            <g clip-path="url(#clip-\(plot.id))">
            \(lines)
            </g>
            \(plot.isEmpty ? nothing() : "")
            <line class="cursor" y1="\(number(Self.top))" y2="\(number(Self.bottom))" x1="0" x2="0"/>
            </svg>
            """
    }

    // MARK: Axes

    private func grid() -> String {
        let xTicks =
            plot.x.isLogarithmic
            ? Ticks(powersOfTenIn: xRange) : Ticks(covering: xRange, count: 6)
        let yTicks = Ticks(covering: yRange, count: 5)
        let columns = xTicks.values.map { value in
            let x = number(horizontal(value))
            return """
                <line class="tick" x1="\(x)" x2="\(x)" y1="\(number(Self.bottom))" \
                y2="\(number(Self.bottom + 5))"/><text class="label" x="\(x)" \
                y="\(number(Self.bottom + 19))" text-anchor="middle">\(xTicks.label(value))</text>
                """
        }
        let rows = yTicks.values.map { value in
            let y = number(vertical(value))
            return """
                <line class="rule" x1="\(number(Self.left))" x2="\(number(Self.right))" \
                y1="\(y)" y2="\(y)"/><text class="label" x="\(number(Self.left - 8))" \
                y="\(number(vertical(value) + 4))" text-anchor="end">\(yTicks.label(value))</text>
                """
        }
        return (rows + columns + [axisLine(), titles()]).joined(separator: "\n")
    }

    private func axisLine() -> String {
        """
        <line class="axis" x1="\(number(Self.left))" x2="\(number(Self.right))" \
        y1="\(number(Self.bottom))" y2="\(number(Self.bottom))"/>
        """
    }

    private func titles() -> String {
        """
        <text class="title" x="2" y="13">\(Markup.escape(plot.y.text))</text>
        <text class="title" x="\(number(Self.right))" y="\(number(Self.height - 8))" \
        text-anchor="end">\(Markup.escape(plot.x.text))</text>
        """
    }

    /// Lines of equal F1 = 2PR/(P+R), solved for P = F·R/(2R − F).
    private func equalF1() -> String {
        [0.2, 0.4, 0.6, 0.8].map { level in
            let first = level / (2 - level)
            let points = (0...40).map { step -> Plot.Point in
                let recall = first + (1 - first) * Double(step) / 40
                return Plot.Point(x: recall, y: level * recall / (2 * recall - level))
            }
            let end = number(vertical(first) - 4)
            return """
                <path class="iso" d="\(path(points))"/><text class="isolabel" \
                x="\(number(Self.right - 2))" y="\(end)" text-anchor="end">\
                F1 = \(NumberText.fixed(level, decimals: 1))</text>
                """
        }.joined(separator: "\n")
    }

    // MARK: Lines

    private func line(_ series: Plot.Series) -> String {
        let kind = series.isReference ? "reference" : "line"
        let group = """
            <g class="series \(kind) s\(series.style)" data-name="\(Markup.escape(series.name))" \
            data-x="\(list(series.points.map(\.x)))" data-y="\(list(series.points.map(\.y)))" \
            data-px="\(series.points.map { number(horizontal($0.x)) }.joined(separator: ","))">
            """
        return group + band(series) + "<path d=\"\(path(series.points))\"/>" + dots(series) + "</g>"
    }

    /// The area around the line, there and back again.
    private func band(_ series: Plot.Series) -> String {
        guard let band = series.band, band.count > 1 else { return "" }
        let there = band.map { Plot.Point(x: $0.x, y: $0.high) }
        let back = band.reversed().map { Plot.Point(x: $0.x, y: $0.low) }
        return "<path class=\"band\" d=\"\(path(there + back))Z\"/>"
    }

    /// Markers: on every point of a short curve, and a ring on the marked point.
    private func dots(_ series: Plot.Series) -> String {
        var dots = ""
        if !series.isReference, series.points.count <= 24 {
            for case let (x, y?) in series.points.map({ ($0.x, $0.y) }) {
                dots += circle(x, y, radius: 2.8, kind: "dot")
            }
        }
        if let mark = series.mark, let y = mark.y {
            dots += circle(mark.x, y, radius: 5.5, kind: "mark")
        }
        return dots
    }

    private func circle(_ x: Double, _ y: Double, radius: Double, kind: String) -> String {
        """
        <circle class="\(kind)" cx="\(number(horizontal(x)))" cy="\(number(vertical(y)))" \
        r="\(number(radius))"/>
        """
    }

    private func path(_ points: [Plot.Point]) -> String {
        var commands: [String] = []
        var isPenDown = false
        for point in points {
            guard let y = point.y else {
                isPenDown = false
                continue
            }
            let position = "\(number(horizontal(point.x))) \(number(vertical(y)))"
            commands.append((isPenDown ? "L" : "M") + position)
            isPenDown = true
        }
        return commands.joined()
    }

    private func nothing() -> String {
        """
        <text class="nothing" x="\(number((Self.left + Self.right) / 2))" \
        y="\(number((Self.top + Self.bottom) / 2))" text-anchor="middle">nothing recorded</text>
        """
    }

    // MARK: Numbers

    private func horizontal(_ value: Double) -> Double {
        let share =
            plot.x.isLogarithmic
            ? share(log(value), of: log(xRange.lowerBound)...log(xRange.upperBound))
            : share(value, of: xRange)
        return Self.left + share * (Self.right - Self.left)
    }

    private func vertical(_ value: Double) -> Double {
        Self.bottom - share(value, of: yRange) * (Self.bottom - Self.top)
    }

    /// Where a value lies in a range, kept within a page's length of it.
    private func share(_ value: Double, of range: ClosedRange<Double>) -> Double {
        let share = (value - range.lowerBound) / (range.upperBound - range.lowerBound)
        return share.isFinite ? min(max(share, -2), 3) : 0
    }

    private func number(_ value: Double) -> String { NumberText.coordinate(value) }

    /// Exact values for the readout, as JavaScript reads them; an undefined one is left empty.
    private func list(_ values: [Double?]) -> String {
        values.map { value in value.map { "\($0)" } ?? "" }.joined(separator: ",")
    }
}
