import Manifests

/// A report's numbers as other programs read them: tables as CSV, plots as Vega-Lite, checks as JUnit.
struct ReportData {
    private let report: Report

    init(_ report: Report) { self.report = report }

    /// The files by name.
    var files: [String: String] { DocumentFolder.data(of: document) }

    /// The parts of a report that hold numbers.
    private var document: Document {
        Document(
            kind: "change", eyebrow: "", title: report.title, lede: "", facts: [], notices: [],
            sections: [
                .init(
                    id: "results", title: "Results", intro: "",
                    blocks: [.table(methods), .table(cities)]
                        + Figure.all(of: report).map {
                            .figure(.init(title: $0.title, caption: $0.caption, plot: $0.plot))
                        })
            ], checks: checks, definitions: [], inputs: [], data: .null)
    }

    private var methods: Document.Table {
        .init(
            id: "methods", caption: "",
            columns: [.text("method"), .text("threshold")] + Self.scores
                + [.number("average precision"), .number("F1 over cities"), .number("± cities")],
            rows: report.methods.map { method in
                [.text(method.title), .text(method.thresholdRule)] + Self.cells(method.pooled)
                    + [
                        .percent(method.averagePrecision), .percent(method.spread.f1.mean),
                        .percent(method.spread.f1.standardDeviation),
                    ]
            })
    }

    private var cities: Document.Table {
        .init(
            id: "cities", caption: "",
            columns: [.text("method"), .text("city"), .text("split"), .number("threshold")]
                + Self.scores,
            rows: report.methods.flatMap { method in
                method.cities.map { city in
                    [
                        .text(method.title), .text(city.city), .text(city.split),
                        .number(city.threshold, decimals: 4),
                    ] + Self.cells(city.scores)
                }
            })
    }

    private static let scores: [Document.Column] = [
        "true positive", "false positive", "false negative", "true negative", "scored", "present",
        "precision", "recall", "F1", "IoU",
    ].map { .number($0) }

    private static func cells(_ scores: Report.Scores) -> [Document.Cell] {
        let counts = [
            scores.truePositive, scores.falsePositive, scores.falseNegative, scores.trueNegative,
            scores.pixelsScored, scores.pixelsPresent,
        ].map { Document.Cell.count($0) }
        let shares = [scores.precision, scores.recall, scores.f1, scores.iou]
            .map { Document.Cell.percent($0) }
        return counts + shares
    }

    /// Whether every method was scored on all cities.
    private var checks: [Document.Check] {
        report.methods.map { method in
            let left = Set(report.dataset.cities).subtracting(method.cities.map(\.city)).sorted()
            return .init(
                group: "scored on all cities", name: method.title, isMet: left.isEmpty,
                message: left.isEmpty
                    ? "\(method.cities.count) cities" : "not on \(left.joined(separator: ", "))")
        }
    }
}
