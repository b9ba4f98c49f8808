/// The curves: over the threshold, and over the steps of pretraining.
struct FiguresSection {
    let report: Report

    init(_ report: Report) {
        self.report = report
    }

    func markup() -> String {
        let figures = Figure.all(of: report)
        return section(
            "thresholds", "What the threshold decides", figures.filter { $0.part == .thresholds },
            intro:
                "A method gives each pixel a score; where to call it change is a choice of its own. "
                + "These curves show every choice.")
            + section(
                "training", "Pretraining", figures.filter { $0.part == .training },
                intro: "How the encoder learned, and whether what it learned helps to find change.")
    }

    private func section(_ id: String, _ title: String, _ figures: [Figure], intro: String)
        -> String
    {
        guard !figures.isEmpty else { return "" }
        return """
            <section id="\(id)" aria-labelledby="\(id)-title">
            <h2 id="\(id)-title">\(title)</h2>
            <p class="intro">\(intro)</p>
            <div class="figures">
            \(figures.map(Self.markup).joined(separator: "\n"))
            </div>
            </section>

            """
    }

    /// A curve with its legend and the line that reads it out.
    static func markup(_ figure: Figure) -> String {
        let keys = figure.plot.series.map { series in
            """
            <button type="button" aria-pressed="true" class="\(series.isReference ? "reference " : "")\
            s\(series.style % 6)"><svg aria-hidden="true" viewBox="0 0 26 10">\
            <line x1="0" x2="26" y1="5" y2="5"/></svg>\(Markup.name(series.name))</button>
            """
        }
        return """
            <figure class="curve">
            <div class="key">\(keys.joined())</div>
            <output class="readout" data-x="\(Markup.escape(figure.plot.x.label))"></output>
            \(PlotSVG(figure.plot).markup())
            <figcaption><b>\(Markup.escape(figure.title)).</b> \(Markup.escape(figure.caption))</figcaption>
            </figure>
            """
    }
}
