/// The shifts that were found, beside those that are known.
struct AlignmentSection {
    let report: Report

    init(_ report: Report) {
        self.report = report
    }

    func markup() -> String {
        guard !report.alignment.isEmpty else { return "" }
        return """
            <section id="alignment" aria-labelledby="alignment-title">
            <h2 id="alignment-title">Alignment of the dates</h2>
            <p class="intro">\(intro)</p>
            \(table.markup())
            </section>
            """
    }

    private var intro: String {
        let errors = report.alignmentErrors
        guard let median = Report.median(errors), let worst = errors.max() else {
            return "No true shift is known for these dates; only what was found is shown."
        }
        return """
            Over \(SummarySection.counted(errors.count, "date", "dates")) with a known shift, the error is \
            \(NumberText.fixed(median, decimals: 3)) px in the median and \
            \(NumberText.fixed(worst, decimals: 3)) px at most.
            """
    }

    private var table: HTMLTable {
        HTMLTable(
            caption:
                "Shift of the scene's content against its region's reference date, in pixels of the "
                + "tile grid: rows downwards, columns to the right. Error: length of found minus known. "
                + "Residual: what the aligner itself measures after correction.",
            columns: [
                .init(title: "Region", isNumber: false), .init(title: "Date", isNumber: false),
                .init(title: "Known (rows)"), .init(title: "Known (cols)"),
                .init(title: "Found (rows)"), .init(title: "Found (cols)"),
                .init(title: "Error (px)"), .init(title: "Residual (px)"),
                .init(title: "Status", isNumber: false, wraps: true),
            ],
            rows: report.alignment.flatMap { region in
                region.dates.map { row(region.region, $0) }
            })
    }

    private func row(_ region: String, _ date: Report.AlignedDate) -> [HTMLTable.Cell] {
        func signed(_ value: Double?) -> HTMLTable.Cell {
            HTMLTable.Cell(html: NumberText.signed(value), value: value)
        }
        func plain(_ value: Double?) -> HTMLTable.Cell {
            HTMLTable.Cell(html: NumberText.fixed(value, decimals: 3), value: value)
        }
        return [
            .name(region), .name(date.date), signed(date.known?.rows), signed(date.known?.columns),
            signed(date.found?.rows), signed(date.found?.columns), plain(date.errorInPixels),
            plain(date.residualInPixels),
            .text(date.reason.map { "\(date.status): \($0)" } ?? date.status),
        ]
    }
}

extension Report {
    /// The alignment errors of all dates that have one, reference dates left out, in pixels.
    package var alignmentErrors: [Double] {
        alignment.flatMap(\.dates).filter { $0.status != "reference" }.compactMap(\.errorInPixels)
    }

    /// The middle value, or the mean of the two middle ones.
    package static func median(_ values: [Double]) -> Double? {
        guard !values.isEmpty else { return nil }
        let sorted = values.sorted()
        let middle = sorted.count / 2
        return sorted.count.isMultiple(of: 2)
            ? (sorted[middle - 1] + sorted[middle]) / 2 : sorted[middle]
    }
}
