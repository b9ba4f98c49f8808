import Foundation
import Manifests

/// A document as one self-contained page: no request, no cookie, no font or script from elsewhere.
///
/// Its policy forbids the browser any connection, and lets run only the one script and style that it was made with.
struct DocumentPage {
    private let document: Document
    private let digest: String

    init(_ document: Document, digest: String) {
        self.document = document
        self.digest = digest
    }

    /// The whole page.
    func markup() -> String {
        PageShell(title: document.title, generator: generator, results: "main").markup(
            """
            \(header)
            <main id="main">
            \(document.sections.map(section).joined(separator: "\n"))
            \(checks)
            \(terms)
            </main>
            <footer>Made by \(Markup.escape(generator)) from <code>report.json</code> \
            (SHA-256 <code>\(Markup.escape(digest))</code>), the only source of this page and of the files beside it.
            </footer>
            """)
    }

    private var generator: String { "\(document.program.name) \(document.program.version)" }

    private var header: String {
        let facts = document.facts.map {
            "<div><dt>\(Markup.escape($0.name))</dt><dd>\(Markup.words($0.text))</dd></div>"
        }
        let notices = document.notices.map {
            "<li class=\"\($0.severity.rawValue)\">\(Markup.escape($0.text))</li>"
        }
        let links =
            document.sections.map { "<a href=\"#\($0.id)\">\(Markup.escape($0.title))</a>" }
            + (document.checks.isEmpty ? [] : ["<a href=\"#checks\">Checks</a>"])
            + ["<a href=\"#terms\">What the numbers mean</a>"]
        return """
            <header class="top">
            <p class="eyebrow">\(Markup.name(document.eyebrow))</p>
            <h1>\(Markup.words(document.title))</h1>
            <p class="lede">\(Markup.escape(document.lede))</p>
            <dl class="facts">\(facts.joined())</dl>
            \(notices.isEmpty ? "" : "<ul class=\"notices\" aria-label=\"Notices\">\(notices.joined(separator: "\n"))</ul>")
            <nav aria-label="Sections">\(links.joined())</nav>
            </header>
            """
    }

    private func section(_ section: Document.Section) -> String {
        var parts: [String] = []
        var figures: [String] = []
        func endFigures() {
            if !figures.isEmpty {
                parts.append("<div class=\"figures\">\(figures.joined(separator: "\n"))</div>")
            }
            figures = []
        }
        for block in section.blocks {
            if let figure = block.figure {
                figures.append(FiguresSection.markup(figure.figure))
            } else if let matrix = block.matrix {
                figures.append(MatrixSVG(matrix).markup())
            } else if let images = block.images {
                figures.append(SwipeMarkup(images).markup())
            } else if let table = block.table {
                endFigures()
                parts.append(Self.markup(table))
            }
        }
        endFigures()
        return """
            <section id="\(section.id)" aria-labelledby="\(section.id)-title">
            <h2 id="\(section.id)-title">\(Markup.escape(section.title))</h2>
            <p class="intro">\(Markup.escape(section.intro))</p>
            \(parts.joined(separator: "\n"))
            </section>
            """
    }

    private static func markup(_ table: Document.Table) -> String {
        HTMLTable(
            caption: Markup.escape(table.caption),
            columns: table.columns.map {
                .init(title: $0.title, isNumber: $0.isNumber, wraps: !$0.isNumber)
            },
            rows: table.rows.map { row in
                row.map { cell in
                    let text = Markup.words(cell.text)
                    return HTMLTable.Cell(
                        html: cell.emphasis == .warning
                            ? "<span class=\"unmet\">\(text)</span>" : text,
                        value: cell.value, isBest: cell.emphasis == .best)
                }
            }
        ).markup()
    }

    private var checks: String {
        guard !document.checks.isEmpty else { return "" }
        let table = HTMLTable(
            caption: "What was asked of the numbers; junit.xml holds the same.",
            columns: [
                .init(title: "Check", isNumber: false), .init(title: "Of", isNumber: false),
                .init(title: "Met", isNumber: false),
                .init(title: "Why", isNumber: false, wraps: true),
            ],
            rows: document.checks.map { check in
                let met = check.isMet.map {
                    $0 ? "<span class=\"met\">yes</span>" : "<span class=\"unmet\">no</span>"
                }
                return [
                    .name(check.name), .name(check.group), .init(html: met ?? "not checked"),
                    .text(Markup.shortened(check.message, to: 400)),
                ]
            })
        return """
            <section id="checks" aria-labelledby="checks-title"><h2 id="checks-title">Checks</h2>
            \(table.markup())
            </section>
            """
    }

    private var terms: String {
        let terms = document.definitions.map {
            "<dt>\(Markup.escape($0.term))</dt><dd>\(Markup.escape($0.text))</dd>"
        }
        let rows = document.inputs.map { input in
            "<tr><th scope=\"row\" class=\"l\">\(Markup.name(input.path))</th><td>\(input.bytes)</td>"
                + "<td class=\"l\"><code>\(Markup.escape(input.sha256))</code></td></tr>"
        }
        return """
            <section id="terms" aria-labelledby="terms-title"><h2 id="terms-title">What the numbers mean</h2>
            <dl class="terms">\(terms.joined())</dl>
            <details><summary>The \(document.inputs.count) files behind this report, with their digests</summary>
            <div class="scroll" tabindex="0" role="region" aria-label="Files"><table><thead><tr><th scope="col" class="l">File</th>\
            <th scope="col">Bytes</th><th scope="col" class="l">SHA-256</th></tr></thead>
            <tbody>\(rows.joined(separator: "\n"))</tbody></table></div>
            </details></section>
            """
    }
}
