import ArgumentParser
import Console
import Eval
import Manifests

/// `matter-eval paper TABLE [RUN...] --out REPORT`.
struct PaperCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "paper",
        abstract: "Put our runs beside a published table, and audit it.",
        discussion: """
            A table is a file of reports/reference, or its name. Published rows whose F1 cannot follow from their \
            precision and recall are flagged, with what would explain it.

            Example:
              matter-eval paper oscd-matter sweeps/oscd --row matter=matter.safetensors --out reports/paper
            """)

    @Argument(help: "A table: a TOML file, or the name of one in reports/reference.") var table:
        String
    @Argument(help: "Run folders and sweeps of matter-bench.") var runs: [String] = []
    @Option(
        help: "ROW=WORDS: our method whose title holds WORDS repeats that row; may be repeated.")
    var row: [String] = []
    @Option(help: "Folder for the report; without it, tables are printed only.") var out: String?
    @Option(help: "A caution that the report shows first; may be repeated.")
    var caution: [String] = []
    @OptionGroup var protocols: ProtocolOptions
    @OptionGroup var resampling: ResamplingOptions
    @OptionGroup var json: JSONOption

    func run() throws {
        let matches = try row.map { text in
            let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2 else {
                throw ValidationError("--row must be ROW=WORDS, not \(text).")
            }
            return (row: parts[0], words: parts[1])
        }
        let path =
            table.hasSuffix(".toml") ? table : SuiteFolder.path("reports/reference/\(table).toml")
        let published = try PaperTable(path: path)
        var chosen = runs.isEmpty ? [] : try protocols.resolve()
        if protocols.names.isEmpty { chosen = PaperReport.ordered(chosen, for: published) }
        let document = try PaperReport.document(
            published, runs: runs, protocols: chosen, matches: matches, resampling: resampling.plan,
            cautions: caution)
        if let out { try DocumentFolder.write(document, to: out) }
        try json.print(document) {
            DocumentTables.lines(document) + (out.map { ["report: \($0)/index.html"] } ?? [])
        }
    }
}

/// `matter-eval audit FILE.csv`.
struct AuditCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: "Check whether F1 follows from precision and recall.",
        discussion: """
            Reads a CSV file whose head names precision, recall and f1 (or iou and f1), in percent or as shares, and \
            allows for the rounding of what is printed. Ends with 1 where a row does not fit together.

            Example:
              matter-eval audit table.csv
            """)

    @Argument(help: "A CSV file, or a table of reports/reference (*.toml).") var file: String
    @OptionGroup var json: JSONOption

    func run() throws {
        let table =
            file.hasSuffix(".toml")
            ? AuditTable(try PaperTable(path: file)) : try AuditTable(path: file)
        try json.print(table) { Self.lines(table) }
        guard table.flagged == 0 else {
            StandardStreams.printMessage(
                "\(table.flagged) of \(table.rows.count) rows do not fit together")
            throw ArgumentParser.ExitCode(Manifests.ExitCode.wanting.rawValue)
        }
    }

    private static func lines(_ audit: AuditTable) -> [String] {
        var table = Table(
            ["row", "precision", "recall", "F1", "from P and R", "verdict"],
            alignments: [.left, .right, .right, .right, .right, .left])
        for row in audit.rows {
            let range = row.audit.lowest.map {
                "\(ScoreText.percent($0)) … \(ScoreText.percent(row.audit.highest))"
            }
            table.add([
                ScoreText.name(row.method), ScoreText.percent(row.values["precision"]?.share),
                ScoreText.percent(row.values["recall"]?.share),
                ScoreText.percent(row.values["f1"]?.share),
                range ?? "–", "\(row.audit.verdict.rawValue): \(row.audit.text)",
            ])
        }
        return table.lines
    }
}

/// A document's tables for the terminal.
enum DocumentTables {
    static func lines(_ document: Document) -> [String] {
        var lines = [document.lede, ""]
        for section in document.sections {
            for block in section.blocks {
                guard let content = block.table else { continue }
                var table = Table(
                    content.columns.map(\.title),
                    alignments: content.columns.map { $0.isNumber ? .right : .left })
                for row in content.rows { table.add(row.map(\.text)) }
                lines += [section.title] + table.lines + [content.caption, ""]
            }
        }
        return lines
            + document.notices.map {
                "\($0.severity == .warning ? "caution: " : "note: ")\($0.text)"
            }
    }
}
