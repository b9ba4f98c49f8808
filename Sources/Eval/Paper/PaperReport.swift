import Manifests
import Metrics

/// A published table beside our runs, and what the published numbers allow.
package enum PaperReport {
    /// Our runs beside a published row.
    struct Match {
        let row: PaperTable.Row
        let method: MethodScores
        let metric: MetricName
        let score: MethodScores.Score
        /// Whether the published value lies within both of our intervals that there are.
        let isInside: Bool?
    }

    /// Puts runs beside a table.
    ///
    /// - Parameters:
    ///   - table: The published table.
    ///   - runs: Run folders and sweeps; none for the audit alone.
    ///   - protocols: How to score; the first leads.
    ///   - matches: Words of a run's title by row id, beside those that the table names.
    ///   - resampling: How resamples are drawn.
    ///   - cautions: What a reader must know that the runs do not say.
    /// - Returns: The report.
    /// - Throws: `EvalError` or `ManifestError`, as scoring does; 66 for a row that is not there.
    package static func document(
        _ table: PaperTable, runs: [String], protocols: [ScoreProtocol],
        matches: [(row: String, words: String)] = [],
        resampling: ResamplingPlan = ResamplingPlan(), cautions: [String] = []
    ) throws -> Document {
        let sheet =
            runs.isEmpty ? nil : try ScoreSheet(runs, protocols: protocols, resampling: resampling)
        if let first = sheet?.methods.first(where: { $0.task != table.task }) {
            throw EvalError(
                .invalid, first.title,
                "is a run of \(first.task.rawValue); the table is of \(table.task.rawValue)")
        }
        for match in matches where !table.rows.contains(where: { $0.id == match.row }) {
            throw EvalError(
                .missing, match.row,
                "is no row of \(table.name); there are \(table.rows.map(\.id).joined(separator: ", "))"
            )
        }
        let audit = AuditTable(table)
        let found = sheet.map { self.matches(table, $0, protocols, matches) } ?? []
        var sections = [published(table, audit)]
        if let sheet {
            sections.append(ours(table, sheet, protocols))
            if !found.isEmpty { sections.append(beside(found, main: sheet.protocols[0].name)) }
        }
        let digest = audit.flagged
        return Document(
            kind: "paper", eyebrow: "\(table.dataset) · published and measured", title: table.title,
            lede:
                "\(table.rows.count) published rows: \(digest) cannot be pooled scores by their own precision and recall."
                + (sheet.map { " \($0.methods.count) methods of ours beside them." } ?? ""),
            facts: [
                .init(name: "Source", text: table.source),
                .init(name: "Their protocol", text: table.protocol),
                .init(
                    name: "Our protocol",
                    text: sheet.flatMap { $0.protocols.first?.name } ?? "no runs given"),
            ],
            notices: cautions.map { Report.Notice(severity: .warning, text: $0) }
                + (sheet?.notices ?? []) + notice(table, sheet), sections: sections,
            checks: audit.rows.map {
                .init(
                    group: table.name, name: $0.method,
                    isMet: $0.audit.verdict == .unknown ? nil : $0.audit.verdict == .agrees,
                    message: $0.audit.text)
            }, definitions: definitions(sheet), inputs: sheet?.inputs ?? [],
            data: .object([
                "table": try JSONValue(encoding: table), "audit": try JSONValue(encoding: audit),
                "scores": try sheet.map { try JSONValue(encoding: $0) } ?? .null,
            ]))
    }

    /// Protocols in their order, but for the table's own, which leads where it is among them.
    package static func ordered(
        _ protocols: [ScoreProtocol], for table: PaperTable
    ) -> [ScoreProtocol] {
        protocols.filter { $0.name == table.protocol }
            + protocols.filter { $0.name != table.protocol }
    }

    private static func notice(_ table: PaperTable, _ sheet: ScoreSheet?) -> [Report.Notice] {
        guard let sheet, let own = sheet.protocols.first?.name, own != table.protocol else {
            return []
        }
        return [
            .init(
                severity: .warning,
                text:
                    "The published rows follow “\(table.protocol)”, ours “\(own)”: inside and outside say less than they seem to."
            )
        ]
    }

    // MARK: Sections

    private static func published(_ table: PaperTable, _ audit: AuditTable) -> Document.Section {
        let metrics = MetricName.allCases.filter { metric in
            table.rows.contains { $0.values[metric.rawValue] != nil }
        }
        let facts = Set(table.rows.flatMap(\.facts.keys)).sorted()
        let hasAudit = audit.rows.contains { $0.audit.verdict != .unknown }
        let columns =
            [.text("Method")] + facts.map { Document.Column.text($0) }
            + metrics.map { .number($0.title) }
            + (hasAudit ? [.number("2PR/(P+R)"), .text("Audit")] : [])
        let rows = zip(table.rows, audit.rows).map { row, checked -> [Document.Cell] in
            let isFlagged =
                checked.audit.verdict == .averaged || checked.audit.verdict == .impossible
            var cells: [Document.Cell] = [.text(row.method)]
            cells += facts.map { .text(row.facts[$0] ?? "–") }
            cells += metrics.map { .percent(row.values[$0.rawValue]?.share) }
            guard hasAudit else { return cells }
            let middle = checked.audit.lowest.flatMap { low in
                checked.audit.highest.map { (low + $0) / 2 }
            }
            return cells + [
                .percent(middle), .text(checked.audit.text, isFlagged ? .warning : .none),
            ]
        }
        return .init(
            id: "published", title: "As published",
            intro: "Every number as it was printed; a dash is a cell that nobody printed.",
            blocks: [
                .table(
                    .init(
                        id: "published",
                        caption: "\(table.title). Source: \(table.source). Percent.",
                        columns: columns, rows: rows))
            ])
    }

    private static func ours(
        _ table: PaperTable, _ sheet: ScoreSheet, _ protocols: [ScoreProtocol]
    ) -> Document.Section {
        let main = sheet.protocols[0].name
        let metrics = (sheet.methods.first?.scores ?? []).filter { $0.protocol == main }.map(
            \.metric)
        let shown = metrics.filter { metric in
            metric == .leading(table.task)
                || table.rows.contains { $0.values[metric.rawValue] != nil }
        }
        return .init(
            id: "ours", title: "Our runs",
            intro: "Mean ± standard deviation over seeds; interval over test samples.",
            blocks: [
                .table(
                    .init(
                        id: "ours", caption: "Percent, protocol “\(main)”.",
                        columns: [.text("Method"), .number("Seeds")]
                            + shown.flatMap {
                                [.number($0.title), .text("± seeds"), .text("Test sample")]
                            },
                        rows: sheet.methods.map { method in
                            [.text(method.title), .count(Int64(method.seeds.count))]
                                + shown.flatMap { metric -> [Document.Cell] in
                                    let score = method.score(main, metric)
                                    return [
                                        .percent(score?.value),
                                        .percent(score?.seeds.spread.standardDeviation),
                                        .text(ScoreText.interval(score?.sample)),
                                    ]
                                }
                        }))
            ])
    }

    private static func beside(_ matches: [Match], main: String) -> Document.Section {
        .init(
            id: "beside", title: "Beside one another",
            intro:
                "Inside: the published number lies in our interval over test samples, and in that over seeds where there are three.",
            blocks: [
                .table(
                    .init(
                        id: "beside", caption: "Percent; difference: ours minus published.",
                        columns: [
                            .text("Published"), .text("Ours"), .text("Score"),
                            .number("Published value"),
                            .number("Our value"), .number("Difference"), .text("Test sample"),
                            .text("Seeds"), .text("Verdict"),
                        ],
                        rows: matches.map { match in
                            let published = match.row.values[match.metric.rawValue]?.share
                            let seeds = match.score.seeds
                            let verdict =
                                match.isInside.map { $0 ? "inside" : "outside" } ?? "no interval"
                            return [
                                .text(match.row.method), .text(match.method.title),
                                .text(
                                    match.score.protocol == main
                                        ? match.metric.title
                                        : "\(match.metric.title), \(match.score.protocol)"),
                                .percent(published), .percent(match.score.value),
                                .percent(
                                    match.score.value.flatMap { own in published.map { own - $0 } }),
                                .text(ScoreText.interval(match.score.sample)),
                                .text(
                                    seeds.lower == nil
                                        ? "–"
                                        : "\(NumberText.percent(seeds.lower)) … \(NumberText.percent(seeds.upper))"
                                ),
                                .text(verdict, match.isInside == false ? .warning : .none),
                            ]
                        }))
            ])
    }

    // MARK: Matching

    private static func matches(
        _ table: PaperTable, _ sheet: ScoreSheet, _ protocols: [ScoreProtocol],
        _ named: [(row: String, words: String)]
    ) -> [Match] {
        let main = sheet.protocols[0].name
        return table.rows.flatMap { row in
            // A row may follow another protocol than the rest of its table.
            let used = sheet.protocols.first { $0.name == row.facts["protocol"] }?.name ?? main
            let words =
                named.filter { $0.row == row.id }.map { [$0.words] }
                + (row.ours.isEmpty ? [] : [row.ours])
            let methods = sheet.methods.filter { method in
                let text = text(of: method)
                return words.contains { $0.allSatisfy(text.contains) }
            }
            return methods.flatMap { method in
                row.values.keys.sorted().compactMap { key -> Match? in
                    guard let metric = MetricName(rawValue: key), let value = row.values[key],
                        let score = method.score(used, metric)
                    else { return nil }
                    return Match(
                        row: row, method: method, metric: metric, score: score,
                        isInside: isInside(value.share, score))
                }
            }
        }
    }

    /// What words of rows are looked for in: the title, and what it tells only where methods differ in it.
    private static func text(of method: MethodScores) -> String {
        let begin = method.method.initialisation.map { $0 == "random" ? "" : ", weights of a file" }
        let architecture = method.method.architecture.map { ", architecture \($0)" }
        return method.title + (architecture ?? "") + (begin ?? "")
    }

    private static func isInside(_ value: Double, _ score: MethodScores.Score) -> Bool? {
        var verdicts: [Bool] = []
        if let low = score.sample?.lower, let high = score.sample?.upper {
            verdicts.append(low <= value && value <= high)
        }
        if let low = score.seeds.lower, let high = score.seeds.upper {
            verdicts.append(low <= value && value <= high)
        }
        return verdicts.isEmpty ? nil : verdicts.allSatisfy(\.self)
    }

    private static func definitions(_ sheet: ScoreSheet?) -> [Report.Definition] {
        [
            .init(
                term: "Audit",
                text:
                    "The harmonic mean is concave: where precision, recall and F1 are means over the same batches, images or "
                    + "cities, F1 ≤ 2PR/(P+R), and F1 ≥ P + R − 1. Pooled counts give equality. Rounding of all three is "
                    + "allowed for.")
        ]
            + (sheet?.protocols.map { .init(term: "Protocol “\($0.name)”", text: $0.definition) }
                ?? [])
    }
}

extension Document.Cell {
    /// A number of seeds or runs.
    static func count(_ value: Int) -> Document.Cell { .count(Int64(value)) }
}
