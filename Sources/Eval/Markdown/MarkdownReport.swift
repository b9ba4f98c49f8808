/// The report as Markdown: the tables, and pointers to what only the page can show.
package struct MarkdownReport {
    private let report: Report
    private let digest: String

    /// Prepares the rendering of a report whose `report.json` has that digest.
    package init(_ report: Report, digest: String) {
        self.report = report
        self.digest = digest
    }

    /// The whole document.
    package func document() -> String {
        let parts = [
            "# " + MarkdownText.name(report.title), facts, notices, "## Scores", scores,
            "## City by city",
            cities, alignment, training, "## Definitions", definitions, footer,
        ]
        return parts.filter { !$0.isEmpty }.joined(separator: "\n\n") + "\n"
    }

    private var facts: String {
        let scored = report.methods.map(\.pooled.pixelsScored).max() ?? 0
        let present = report.methods.map(\.pooled.pixelsPresent).max() ?? 0
        return """
            Data set: \(MarkdownText.name(report.dataset.name)), \(report.dataset.cities.count) cities scored, \
            \(scored) of \(present) pixels. Seed: \(report.seed.map(String.init) ?? "none").
            Curves and images: [index.html](index.html). All numbers: [report.json](report.json).
            """
    }

    private var notices: String {
        report.notices.map { notice in
            "> \(notice.severity == .warning ? "**Caution.** " : "")\(MarkdownText.escape(notice.text))"
        }.joined(separator: "\n>\n")
    }

    private var scores: String {
        MarkdownText.table(
            [
                "Method", "Precision", "Recall", "F1", "IoU", "F1 over cities", "n",
                "Threshold rule",
            ],
            textColumns: [0, 7],
            rows: report.methods.map { method in
                let pooled = [
                    method.pooled.precision, method.pooled.recall, method.pooled.f1,
                    method.pooled.iou,
                ]
                return [MarkdownText.name(method.title) + (method.isOracle ? " (oracle)" : "")]
                    + pooled.map(NumberText.percent)
                    + [
                        NumberText.percent(method.spread.f1), String(method.spread.f1.count),
                        MarkdownText.escape(method.thresholdRule),
                    ]
            }) + "\n\nPercent, class “change”; pooled over all pixels; – is a ratio 0/0."
    }

    private var cities: String {
        MarkdownText.table(
            ["City"] + report.methods.map { MarkdownText.name($0.title) }, textColumns: [0],
            rows: report.dataset.cities.map { city in
                [MarkdownText.name(city)]
                    + report.methods.map { method in
                        NumberText.percent(
                            method.cities.first { $0.city == city }?.scores.f1)
                    }
            }) + "\n\nF1 in percent."
    }

    private var alignment: String {
        guard !report.alignment.isEmpty else { return "" }
        let table = MarkdownText.table(
            [
                "Region", "Date", "Known (rows, columns)", "Found (rows, columns)", "Error",
                "Status",
            ],
            textColumns: [0, 1, 5],
            rows: report.alignment.flatMap { region in
                region.dates.map { date in
                    [
                        MarkdownText.name(region.region), MarkdownText.name(date.date),
                        Self.pair(date.known), Self.pair(date.found),
                        NumberText.fixed(date.errorInPixels, decimals: 3),
                        MarkdownText.escape(date.status),
                    ]
                }
            })
        return "## Alignment of the dates\n\n\(table)\n\nPixels of the tile grid."
    }

    private var training: String {
        guard !report.convergence.isEmpty else { return "" }
        let rows = report.convergence.flatMap { curve in
            curve.points.map { point in
                let title = report.methods.first { $0.id == curve.method }?.title ?? curve.method
                return [
                    MarkdownText.name(title), String(point.step), NumberText.percent(point.f1),
                ]
            }
        }
        let table = MarkdownText.table(["Method", "Step", "F1"], textColumns: [0], rows: rows)
        return "## F1 over the steps of pretraining\n\n\(table)"
    }

    private var definitions: String {
        report.definitions.map {
            "- **\(MarkdownText.escape($0.term))**: \(MarkdownText.escape($0.text))"
        }
        .joined(separator: "\n")
    }

    private var footer: String {
        """
        Made by \(MarkdownText.escape(report.program.name)) \(MarkdownText.escape(report.program.version)) \
        from report.json (SHA-256 `\(digest)`).
        """
    }

    private static func pair(_ shift: Report.Shift?) -> String {
        shift.map { "\(NumberText.signed($0.rows)), \(NumberText.signed($0.columns))" } ?? "–"
    }
}
