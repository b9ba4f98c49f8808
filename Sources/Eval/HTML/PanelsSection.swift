/// Before, after, truth and predictions of every city.
struct PanelsSection {
    let report: Report

    init(_ report: Report) {
        self.report = report
    }

    func markup() -> String {
        guard !report.panels.isEmpty else { return "" }
        return """
            <section id="images" aria-labelledby="images-title">
            <h2 id="images-title">Images</h2>
            <p class="intro">Both dates, the truth, and what each method called change. Click an image to \
            enlarge it; the arrow keys then flicker through its city.</p>
            \(legend)
            \(report.panels.map(city).joined(separator: "\n"))
            <dialog aria-label="Enlarged image"><div class="bar"><b></b></div><img alt="">\
            <div class="bar"><button type="button">← Previous</button><button type="button">Next →</button>\
            <button type="button">Close</button></div></dialog>
            </section>
            """
    }

    private var legend: String {
        let items = PredictionColour.allCases.map { colour in
            """
            <li><svg viewBox="0 0 16 16" aria-hidden="true"><rect x=".5" y=".5" width="15" height="15" \
            fill="\(colour.hex)"/></svg>\(colour.meaning)</li>
            """
        }
        return "<ul class=\"legend\" aria-label=\"Colours of predictions\">\(items.joined())</ul>"
    }

    private func city(_ panels: Report.CityPanels) -> String {
        """
        <div class="city"><h3>\(Markup.name(panels.city))</h3><div class="row">
        \(panels.images.map { image($0, of: panels.city) }.joined(separator: "\n"))
        </div></div>
        """
    }

    private func image(_ panel: Report.Panel, of city: String) -> String {
        let title = title(panel.role)
        let score = report.methods.first { $0.id == panel.role }?.cities.first { $0.city == city }
        let value = score.map { "<span>F1 \(NumberText.percent($0.scores.f1))</span>" } ?? ""
        return """
            <figure><button type="button"><img width="\(panel.width)" height="\(panel.height)" \
            alt="\(Markup.name("\(city): \(title)"))" src="data:image/png;base64,\(panel.pngBase64)"></button>\
            <figcaption>\(Markup.name(title))\(value)</figcaption></figure>
            """
    }

    private func title(_ role: String) -> String {
        switch role {
        case "before": "Before"
        case "after": "After"
        case "truth": "Truth"
        default: report.methods.first { $0.id == role }?.title ?? role
        }
    }
}
