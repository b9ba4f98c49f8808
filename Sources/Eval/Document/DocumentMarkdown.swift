/// A document as Markdown: the tables, and pointers to what only the page can show.
struct DocumentMarkdown {
    private let document: Document
    private let digest: String

    init(_ document: Document, digest: String) {
        self.document = document
        self.digest = digest
    }

    func text() -> String {
        let parts =
            [
                "# " + MarkdownText.words(document.title), MarkdownText.escape(document.lede),
                facts,
                notices,
            ] + document.sections.map(section) + [checks, definitions, footer]
        return parts.filter { !$0.isEmpty }.joined(separator: "\n\n") + "\n"
    }

    private var facts: String {
        document.facts.map { "- \(MarkdownText.escape($0.name)): \(MarkdownText.words($0.text))" }
            .joined(separator: "\n")
    }

    private var notices: String {
        document.notices.map {
            "> \($0.severity == .warning ? "**Caution.** " : "")\(MarkdownText.escape($0.text))"
        }.joined(separator: "\n>\n")
    }

    private func section(_ section: Document.Section) -> String {
        let tables = section.blocks.compactMap(\.table).map(table)
        let plots = section.blocks.compactMap(\.figure).map {
            "- \(MarkdownText.escape($0.title)): [index.html](index.html#\(section.id)), "
                + "[Vega-Lite](plots/\($0.plot.id).vl.json)"
        }
        let images =
            section.blocks.contains { $0.images != nil || $0.matrix != nil }
            ? ["Images and matrices: [index.html](index.html#\(section.id))."] : []
        let parts =
            ["## \(MarkdownText.escape(section.title))", MarkdownText.escape(section.intro)]
            + tables
            + [plots.joined(separator: "\n")] + images
        return parts.filter { !$0.isEmpty }.joined(separator: "\n\n")
    }

    private func table(_ table: Document.Table) -> String {
        let texts = Set(table.columns.indices.filter { !table.columns[$0].isNumber })
        return MarkdownText.table(
            table.columns.map { MarkdownText.name($0.title) }, textColumns: texts,
            rows: table.rows.map { row in
                row.map { cell in
                    let text = MarkdownText.words(cell.text)
                    return cell.emphasis == .none ? text : "**\(text)**"
                }
            }) + "\n\n" + MarkdownText.escape(table.caption)
            + " [CSV](tables/\(table.id).csv)"
    }

    private var checks: String {
        guard !document.checks.isEmpty else { return "" }
        let rows = document.checks.map { check in
            [
                MarkdownText.name(check.name), MarkdownText.name(check.group),
                check.isMet.map { $0 ? "yes" : "**no**" } ?? "not checked",
                MarkdownText.words(check.message),
            ]
        }
        return "## Checks\n\n"
            + MarkdownText.table(
                ["Check", "Of", "Met", "Why"], textColumns: [0, 1, 2, 3], rows: rows)
    }

    private var definitions: String {
        guard !document.definitions.isEmpty else { return "" }
        return "## What the numbers mean\n\n"
            + document.definitions.map {
                "- **\(MarkdownText.escape($0.term))**: \(MarkdownText.escape($0.text))"
            }.joined(separator: "\n")
    }

    private var footer: String {
        "Made by \(MarkdownText.escape(document.program.name)) \(MarkdownText.escape(document.program.version)) "
            + "from report.json (SHA-256 `\(digest)`)."
    }
}
