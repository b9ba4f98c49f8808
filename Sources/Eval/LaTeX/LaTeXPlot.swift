/// A figure as pgfplots draws it, with its numbers in the file.
package struct LaTeXPlot {
    private let figure: Figure

    /// Prepares the drawing.
    package init(_ figure: Figure) {
        self.figure = figure
    }

    /// The `figure` environment.
    package func markup() -> String {
        let plot = figure.plot
        let options = [
            "width=0.82\\linewidth", "height=6.6cm", "xlabel={\(LaTeXText.escape(plot.x.text))}",
            "ylabel={\(LaTeXText.escape(plot.y.text))}", range("x", plot.x.range),
            range("y", plot.y.range), plot.x.isLogarithmic ? "xmode=log" : "",
            "legend cell align=left",
            "legend style={draw=none,font=\\footnotesize,at={(0.5,-0.24)},anchor=north,legend columns=2}",
            "grid=major,grid style={black!10}", "axis lines=left", "unbounded coords=jump",
        ]
        let lines = plot.series.filter { series in series.points.contains { $0.y != nil } }
        return #"""
            \begin{figure}[htbp]\centering
            \begin{tikzpicture}
            \begin{axis}[\#(options.filter { !$0.isEmpty }.joined(separator: ",\n"))]
            \#(lines.map(line).joined(separator: "\n"))
            \end{axis}
            \end{tikzpicture}
            \caption{\#(LaTeXText.escape(figure.title)). \#(LaTeXText.escape(figure.caption))}
            \end{figure}
            """#
    }

    private func line(_ series: Plot.Series) -> String {
        let dashes = ["solid", "dashed", "dash dot", "densely dotted", "loosely dashed", "dotted"]
        let style = series.style % 6
        let points = series.points.map { point in
            "(\(Self.number(point.x)),\(point.y.map(Self.number) ?? "nan"))"
        }
        return """
            \\addplot[s\(style),\(series.isReference ? "thin" : "thick"),\(dashes[style])] coordinates {\
            \(points.joined(separator: " "))};
            \\addlegendentry{\(LaTeXText.name(series.name))}
            """
    }

    private func range(_ axis: String, _ range: ClosedRange<Double>?) -> String {
        range.map {
            "\(axis)min=\(Self.number($0.lowerBound)),\(axis)max=\(Self.number($0.upperBound))"
        }
            ?? ""
    }

    private static func number(_ value: Double) -> String { "\(value)" }
}
