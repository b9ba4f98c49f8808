/// The table of pooled scores.
struct ResultsSection {
    let report: Report

    init(_ report: Report) {
        self.report = report
    }

    func markup() -> String {
        """
        <section id="results" aria-labelledby="results-title">
        <h2 id="results-title">Scores</h2>
        <p class="intro">All values in percent, for the class “change”.\(sharedRule)</p>
        \(table.markup())
        </section>
        """
    }

    /// Whether all methods choose their threshold in the same way: said once then, and no column.
    private var isRuleShared: Bool { Set(report.methods.map(\.thresholdRule)).count == 1 }

    private var sharedRule: String {
        guard isRuleShared, let rule = report.methods.first?.thresholdRule else { return "" }
        return " Threshold of every method: \(Markup.escape(rule))."
    }

    private var table: HTMLTable {
        HTMLTable(
            caption:
                "Pooled: true and false positives and negatives are added up over every pixel of "
                + "every city before the ratios are taken. F1 over cities: unweighted mean ± standard "
                + "deviation over single cities. A dash is a ratio 0/0, which has no value. "
                + "Bold: best of its column, oracles left out.",
            columns: [
                .init(title: "Method", isNumber: false), .init(title: "Precision"),
                .init(title: "Recall"), .init(title: "F1"), .init(title: "IoU"), .init(title: "AP"),
                .init(title: "F1 over cities"), .init(title: "n"),
            ]
                + (isRuleShared
                    ? [] : [.init(title: "Threshold rule", isNumber: false, wraps: true)]),
            rows: report.methods.map(row))
    }

    private func row(_ method: Report.Method) -> [HTMLTable.Cell] {
        let scores = method.pooled
        return [
            HTMLTable.Cell(
                html: Markup.name(method.title)
                    + (method.isOracle ? " <span class=\"muted\">(oracle)</span>" : "")),
            cell(scores.precision, \.precision, of: method),
            cell(scores.recall, \.recall, of: method),
            cell(scores.f1, \.f1, of: method), cell(scores.iou, \.iou, of: method),
            .percent(method.averagePrecision),
            HTMLTable.Cell(
                html: NumberText.percent(method.spread.f1), value: method.spread.f1.mean),
            HTMLTable.Cell(
                html: String(method.spread.f1.count), value: Double(method.spread.f1.count)),
        ] + (isRuleShared ? [] : [.text(method.thresholdRule)])
    }

    private func cell(
        _ value: Double?, _ metric: KeyPath<Report.Scores, Double?>, of method: Report.Method
    ) -> HTMLTable.Cell {
        let best = report.methods.filter { !$0.isOracle }.compactMap { $0.pooled[keyPath: metric] }
            .max()
        return .percent(value, isBest: value != nil && value == best && !method.isOracle)
    }
}
