/// F1 of every method in every city, and the counts behind it.
struct CitiesSection {
    let report: Report

    init(_ report: Report) {
        self.report = report
    }

    func markup() -> String {
        """
        <section id="cities" aria-labelledby="cities-title">
        <h2 id="cities-title">City by city</h2>
        <p class="intro">Click a column’s head to sort by it.</p>
        \(table.markup())
        <details><summary>Counts of every city and method</summary>
        \(counts.markup())
        </details>
        </section>
        """
    }

    private var table: HTMLTable {
        HTMLTable(
            caption:
                "F1 in percent of each city for itself; a dash where neither the truth nor the "
                + "prediction holds any change. Changed: share of scored pixels that are change in the truth.",
            columns: [
                .init(title: "City", isNumber: false), .init(title: "Pixels scored"),
                .init(title: "Changed (%)"),
            ] + report.methods.map { .init(title: $0.title) },
            rows: report.dataset.cities.map(row))
    }

    private func row(_ city: String) -> [HTMLTable.Cell] {
        let found = report.methods.map { method in method.cities.first { $0.city == city }?.scores }
        let first = found.compactMap(\.self).first
        let changed = first.flatMap { scores -> Double? in
            guard scores.pixelsScored > 0 else { return nil }
            let positives = scores.truePositive + scores.falseNegative
            return Double(positives) / Double(scores.pixelsScored)
        }
        let best = found.compactMap { $0?.f1 }.max()
        return [.name(city), .count(first?.pixelsScored ?? 0), .percent(changed)]
            + found.map { .percent($0?.f1, isBest: $0?.f1 != nil && $0?.f1 == best) }
    }

    private var counts: HTMLTable {
        HTMLTable(
            caption: "Pixels. Threshold in the unit of the method’s score.",
            columns: [
                .init(title: "City", isNumber: false), .init(title: "Method", isNumber: false),
                .init(title: "Threshold"), .init(title: "True pos."), .init(title: "False pos."),
                .init(title: "False neg."), .init(title: "True neg."), .init(title: "Present"),
            ],
            rows: report.methods.flatMap { method in
                method.cities.map { city in
                    [
                        .name(city.city), .name(method.title),
                        HTMLTable.Cell(
                            html: NumberText.fixed(city.threshold, decimals: 4),
                            value: city.threshold),
                        .count(city.scores.truePositive), .count(city.scores.falsePositive),
                        .count(city.scores.falseNegative), .count(city.scores.trueNegative),
                        .count(city.scores.pixelsPresent),
                    ]
                }
            })
    }
}
