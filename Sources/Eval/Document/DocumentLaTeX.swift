/// A document as LaTeX: booktabs tables and pgfplots figures; pdflatex sets it as it is.
struct DocumentLaTeX {
    private let document: Document
    private let digest: String

    init(_ document: Document, digest: String) {
        self.document = document
        self.digest = digest
    }

    func text() -> String {
        let parts =
            [LaTeXReport.preamble(title: document.title, program: document.program, digest: digest)]
            + [LaTeXText.escape(document.lede), notices] + document.sections.map(section)
            + [definitions, "\\end{document}"]
        return parts.filter { !$0.isEmpty }.joined(separator: "\n\n") + "\n"
    }

    private var notices: String {
        guard !document.notices.isEmpty else { return "" }
        let items = document.notices.map {
            "\\item \($0.severity == .warning ? "\\textbf{Caution.} " : "")"
                + LaTeXText.escape($0.text)
        }
        return "\\begin{itemize}\n\(items.joined(separator: "\n"))\n\\end{itemize}"
    }

    private func section(_ section: Document.Section) -> String {
        let blocks = section.blocks.compactMap { block in
            if let table = block.table { return self.table(table) }
            if let figure = block.figure, !figure.plot.isEmpty {
                return LaTeXPlot(figure.figure).markup()
            }
            return nil
        }
        let head =
            "\\section*{\(LaTeXText.escape(section.title))}\n\(LaTeXText.escape(section.intro))"
        return ([head] + blocks).joined(separator: "\n\n")
    }

    /// Columns of words share what columns of numbers leave.
    private func table(_ table: Document.Table) -> String {
        let words = table.columns.count { !$0.isNumber }
        let share = max(
            0.1, (0.94 - 0.085 * Double(table.columns.count - words)) / Double(max(1, words)))
        let columns = table.columns.map { column in
            column.isNumber
                ? "r"
                : ">{\\raggedright\\arraybackslash}p{\(NumberText.coordinate(share))\\linewidth}"
        }
        let heads = table.columns.map { LaTeXText.name($0.title) }
        let rows = table.rows.map { row in
            row.map { cell in
                let text = LaTeXText.escape(Markup.shortened(cell.text, to: Markup.wordsLimit))
                return cell.emphasis == .none ? text : "\\textbf{\(text)}"
            }.joined(separator: " & ")
        }
        return LaTeXReport.table(
            columns: columns.joined(), head: heads.joined(separator: " & "), rows: rows,
            caption: LaTeXText.escape(table.caption))
    }

    private var definitions: String {
        guard !document.definitions.isEmpty else { return "" }
        let items = document.definitions.map {
            "\\item[\(LaTeXText.escape($0.term))] \(LaTeXText.escape($0.text))"
        }
        return "\\begin{description}\n\(items.joined(separator: "\n"))\n\\end{description}"
    }
}
