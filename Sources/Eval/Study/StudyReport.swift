import Manifests
import Metrics

/// The report of a study: what each part of a recipe is worth.
package enum StudyReport {
    /// Reads a study and tells what it says.
    ///
    /// - Parameters:
    ///   - folder: FOLDER/VARIANT/seed-N/{pretrain, change}, as `script/study` leaves it.
    ///   - reference: The variant that the others are compared with.
    ///   - title: The headline; `nil` for one made of the data set's name.
    /// - Returns: The report.
    /// - Throws: `EvalError` or `ManifestError`: 66 naming what is missing, 65 naming what is wrong.
    package static func document(
        _ folder: String, reference: String, title: String? = nil
    ) throws -> Document {
        let runs = try StudyRuns(folder, reference: reference)
        let table = StudyTable(runs)
        let model = runs.variants[0].runs[0]
        let leading = model.scores[0]
        let ahead = table.differences(by: leading.id)
        return Document(
            kind: "study", eyebrow: "\(model.dataset) · one thing changed at a time",
            title: title ?? "What each part of \(reference) is worth",
            lede: lede(table, leading, ahead),
            facts: [
                .init(name: "Data", text: model.dataset),
                .init(name: "Test cities", text: model.cities.joined(separator: ", ")),
                .init(
                    name: "Seeds",
                    text: table.rows[0].seeds.map(String.init).joined(separator: ", ")),
                .init(name: "Steps", text: model.settings["run.steps"] ?? "–"),
            ], notices: runs.notices + few(runs),
            sections: [scores(table, model.scores), differences(table, model.scores)]
                + changes(table) + StudyCurves(runs).sections,
            checks: [],
            definitions: model.scores.map { .init(term: $0.title, text: $0.definition) } + [
                .init(
                    term: "± seeds",
                    text:
                        "Sample standard deviation over the seeds of pretraining. It says how luck moves a number, not how "
                        + "other cities would."),
                .init(
                    term: "p",
                    text:
                        "Student's paired t test over seeds, two-sided, corrected for the number of rows by Holm's "
                        + "procedure; it needs three seeds."),
            ], inputs: runs.variants.flatMap(\.runs).flatMap(\.inputs),
            data: try JSONValue(encoding: table))
    }

    private static func lede(
        _ table: StudyTable, _ score: StudyRun.Score, _ differences: [StudyTable.Difference]
    ) -> String {
        let own = SeedInterval(of: table.rows[0].values[score.id] ?? []).spread
        func names(_ isIncluded: (StudyTable.Difference) -> Bool) -> String {
            let found = differences.filter(isIncluded).map(\.name)
            return found.isEmpty ? "none" : found.joined(separator: ", ")
        }
        func isClear(_ difference: StudyTable.Difference) -> Bool {
            (difference.seeds.corrected ?? 1) < 0.05
        }
        return "\(table.rows[0].name) reaches \(score.title) \(NumberText.percent(own.mean)) ± "
            + "\(NumberText.percent(own.standardDeviation)) over \(own.count) seeds. Clearly ahead of (p < 0.05): "
            + names { isClear($0) && ($0.seeds.interval.spread.mean ?? 0) > 0 }
            + ". Clearly behind: "
            + names { isClear($0) && ($0.seeds.interval.spread.mean ?? 0) < 0 }
            + ". Not told apart: "
            + names { !isClear($0) } + "."
    }

    private static func few(_ runs: StudyRuns) -> [Report.Notice] {
        let few = runs.variants.filter { $0.runs.count < 3 }.map(\.name)
        guard !few.isEmpty else { return [] }
        return [
            .init(
                severity: .warning,
                text:
                    "Fewer than three seeds: \(few.joined(separator: ", ")). Their spread says nothing."
            )
        ]
    }

    private static func scores(
        _ table: StudyTable, _ scores: [StudyRun.Score]
    ) -> Document.Section {
        .init(
            id: "scores", title: "Scores",
            intro: "Mean and standard deviation over seeds; the best mean of a column stands out.",
            blocks: [
                .table(
                    .init(
                        id: "scores", caption: "Percent, class change, all test pixels pooled.",
                        columns: [.text("Method"), .number("Seeds")]
                            + scores.flatMap { [.number($0.title), .number("± seeds")] }
                            + [.text("Unlike \(table.rows[0].name)")],
                        rows: table.rows.map { row in
                            [.text(row.name), seeds(of: row)]
                                + scores.flatMap { cells(row, $0, table) } + [.text(unlike(row))]
                        }))
            ])
    }

    /// A method without a random choice has no seeds, which is not the same as none done.
    private static func seeds(of row: StudyTable.Row) -> Document.Cell {
        row.seeds.isEmpty ? .number(nil, decimals: 0) : .count(Int64(row.seeds.count))
    }

    private static func cells(
        _ row: StudyTable.Row, _ score: StudyRun.Score, _ table: StudyTable
    ) -> [Document.Cell] {
        let spread = MeanAndSpread(of: row.values[score.id] ?? [])
        let best = table.rows.compactMap { MeanAndSpread(of: $0.values[score.id] ?? []).mean }.max()
        return [
            .percent(spread.mean, spread.mean == best ? .best : .none),
            .percent(row.seeds.isEmpty ? nil : spread.standardDeviation),
        ]
    }

    /// More settings than these are counted beside the scores and listed below.
    private static let mostBeside = 3

    private static func unlike(_ row: StudyTable.Row) -> String {
        guard row.changes.count <= mostBeside else { return "\(row.changes.count) settings: below" }
        return row.changes.map { "\($0.setting) \($0.reference) → \($0.value)" }.joined(
            separator: ", ")
    }

    /// Every setting of the methods that differ in many; nothing if there is none.
    private static func changes(_ table: StudyTable) -> [Document.Section] {
        let rows = table.rows.filter { $0.changes.count > mostBeside }
        guard !rows.isEmpty else { return [] }
        let tables = rows.enumerated().map { index, row in
            Document.Block.table(
                .init(
                    id: "changes-\(index + 1)", caption: "\(row.name), by the recipe's keys.",
                    columns: [.text("Setting"), .text(table.rows[0].name), .text(row.name)],
                    rows: row.changes.map { change in
                        [.text(change.setting), .text(change.reference), .text(change.value)]
                    }))
        }
        return [
            .init(
                id: "changes", title: "Unlike \(table.rows[0].name)",
                intro: "The methods that differ in more than \(mostBeside) settings.",
                blocks: tables)
        ]
    }

    private static func differences(
        _ table: StudyTable, _ scores: [StudyRun.Score]
    ) -> Document.Section {
        .init(
            id: "differences", title: "Differences",
            intro:
                "How far \(table.rows[0].name) is ahead, seed by seed: what stands in a row is worth that much less, or more where negative.",
            blocks: scores.map { score in
                .table(
                    .init(
                        id: "differences-\(score.id)",
                        caption: "\(score.title), percentage points.",
                        columns: [
                            .text("Against"), .number("Ahead by"), .text("95 % interval"),
                            .text("Seeds ahead"), .number("p (Holm)"),
                        ],
                        rows: table.differences(by: score.id).map { difference in
                            [
                                .text(difference.name),
                                .percent(difference.seeds.interval.spread.mean),
                                .text(interval(difference.seeds.interval)),
                                .text(ScoreText.ahead(difference.seeds)),
                                .probability(difference.seeds.corrected),
                            ]
                        }))
            })
    }

    private static func interval(_ spread: SeedInterval) -> String {
        guard let lower = spread.lower, let upper = spread.upper else { return "–" }
        return "\(NumberText.percent(lower)) … \(NumberText.percent(upper))"
    }
}
