/// One bar a method: pooled F1, with a circle for every city.
struct HeadlineBars {
    private let report: Report
    private let most: Double

    init(_ report: Report) {
        self.report = report
        let values = report.methods.flatMap { [$0.pooled.f1] + $0.cities.map(\.scores.f1) }
        let greatest = values.compactMap(\.self).max() ?? 1
        most = min(1, max(0.1, (greatest * 10 + 0.2).rounded(.up) / 10))
    }

    func markup() -> String {
        let rows = report.methods.enumerated().map(row)
        return """
            <figure>
            <div class="bars">
            \(rows.joined(separator: "\n"))
            <div class="plotcell">\(ends)</div>
            </div>
            <figcaption><b>F1 in percent.</b> Bar: all pixels of all cities pooled. Circles: single cities. \
            F1 is the harmonic mean of precision and recall of the change class.</figcaption>
            </figure>
            """
    }

    private func row(_ index: Int, _ method: Report.Method) -> String {
        let circles = method.cities.compactMap { city in
            city.scores.f1.map { value in
                """
                <circle class="city" cx="\(share(value))" cy="19" r="4">\
                <title>\(Markup.name(city.city)) \(NumberText.percent(value))</title></circle>
                """
            }
        }
        let label = "\(method.title): F1 \(NumberText.percent(method.pooled.f1)) percent"
        return """
            <span class="name">\(Markup.name(method.title))\(method.isOracle ? " (oracle)" : "")</span>\
            <span class="value">\(NumberText.percent(method.pooled.f1))</span>\
            <div class="plotcell s\(index % 6)"><svg role="img" aria-label="\(Markup.name(label))">\
            <rect class="track" x="0" y="12" width="100%" height="14" rx="2"/>\
            <rect class="bar" x="0" y="12" width="\(share(method.pooled.f1 ?? 0))" height="14" rx="2"/>\
            \(circles.joined())</svg></div>
            """
    }

    private var ends: String {
        let ticks = Ticks(covering: 0...(most * 100), count: 5)
        let texts = ticks.values.map { value in
            let isFirst = value == 0
            let isLast = value >= most * 99.9
            return """
                <text x="\(share(value / 100))" y="13" \
                text-anchor="\(isFirst ? "start" : isLast ? "end" : "middle")">\(ticks.label(value))</text>
                """
        }
        return "<svg class=\"ends\" aria-hidden=\"true\">\(texts.joined())</svg>"
    }

    private func share(_ value: Double) -> String {
        NumberText.coordinate(value / most * 100) + "%"
    }
}
