/// The report as one LaTeX document: booktabs tables and pgfplots figures; pdflatex sets it as it is.
package struct LaTeXReport {
    private let report: Report
    private let digest: String

    /// Prepares the rendering of a report whose `report.json` has that digest.
    package init(_ report: Report, digest: String) {
        self.report = report
        self.digest = digest
    }

    /// The whole document.
    package func document() -> String {
        let figures = Figure.all(of: report).filter { !$0.plot.isEmpty }.map { figure in
            LaTeXPlot(figure).markup()
        }
        let parts = [
            preamble, notices, scores, cities, alignment, figures.joined(separator: "\n\n"),
            definitions,
            "\\end{document}",
        ]
        return parts.filter { !$0.isEmpty }.joined(separator: "\n\n") + "\n"
    }

    private var preamble: String {
        Self.preamble(title: report.title, program: report.program, digest: digest)
    }

    /// What stands before the text of every document of this suite.
    static func preamble(title: String, program: Report.Program, digest: String) -> String {
        #"""
        % Made from report.json, SHA-256 \#(digest).
        \documentclass[11pt]{article}
        \usepackage[T1]{fontenc}
        \usepackage[utf8]{inputenc}
        \usepackage{textcomp,booktabs,longtable,array,pgfplots}
        \usepackage[margin=24mm]{geometry}
        \pgfplotsset{compat=1.16}
        \definecolor{s0}{HTML}{0072B2}\definecolor{s1}{HTML}{C24E00}\definecolor{s2}{HTML}{00805D}
        \definecolor{s3}{HTML}{A8518A}\definecolor{s4}{HTML}{8F6A00}\definecolor{s5}{HTML}{2F86B8}
        \title{\#(LaTeXText.name(title))}
        \author{\#(LaTeXText.escape(program.name)) \#(LaTeXText.escape(program.version))}
        \date{}
        \begin{document}
        \maketitle
        """#
    }

    private var notices: String {
        guard !report.notices.isEmpty else { return "" }
        let items = report.notices.map { notice in
            "\\item \(notice.severity == .warning ? "\\textbf{Caution.} " : "")"
                + LaTeXText.escape(notice.text)
        }
        return "\\begin{itemize}\n\(items.joined(separator: "\n"))\n\\end{itemize}"
    }

    private var scores: String {
        let rows = report.methods.map { method in
            let values = [
                method.pooled.precision, method.pooled.recall, method.pooled.f1, method.pooled.iou,
            ].map { LaTeXText.escape(NumberText.percent($0)) }
            let title = LaTeXText.name(method.title) + (method.isOracle ? " (oracle)" : "")
            return
                ([title] + values
                + [
                    LaTeXText.escape(NumberText.percent(method.spread.f1)),
                    String(method.spread.f1.count),
                ]).joined(separator: " & ")
        }
        return Self.table(
            columns: ">{\\raggedright\\arraybackslash}p{5cm}rrrrrr",
            head: "Method & Precision & Recall & F1 & IoU & F1 over cities & $n$", rows: rows,
            caption:
                "\(LaTeXText.name(report.dataset.name)): scores of the class change in percent, pooled "
                + "over all pixels; last: unweighted mean \\ensuremath{\\pm} standard deviation over $n$ cities."
        )
    }

    private var cities: String {
        let rows = report.dataset.cities.map { city in
            ([LaTeXText.name(city)]
                + report.methods.map { method in
                    let scores = method.cities.first { $0.city == city }?.scores
                    return LaTeXText.escape(NumberText.percent(scores?.f1))
                }).joined(separator: " & ")
        }
        let heads = report.methods.map { "\(LaTeXText.name($0.title))" }
        return Self.table(
            columns: ">{\\raggedright\\arraybackslash}p{4cm}"
                + String(
                    repeating: ">{\\raggedleft\\arraybackslash}p{2.6cm}",
                    count: report.methods.count),
            head: (["City"] + heads).joined(separator: " & "), rows: rows,
            caption: "F1 of single cities in percent.")
    }

    private var alignment: String {
        guard !report.alignment.isEmpty else { return "" }
        let rows = report.alignment.flatMap { region in
            region.dates.map { date in
                let numbers = [
                    date.known?.rows, date.known?.columns, date.found?.rows, date.found?.columns,
                ].map { LaTeXText.escape(NumberText.signed($0)) }
                return
                    ([LaTeXText.name(region.region), LaTeXText.name(date.date)] + numbers
                    + [LaTeXText.escape(NumberText.fixed(date.errorInPixels, decimals: 3))])
                    .joined(separator: " & ")
            }
        }
        return Self.table(
            columns:
                ">{\\raggedright\\arraybackslash}p{2.4cm}>{\\raggedright\\arraybackslash}p{4.2cm}rrrrr",
            head: "Region & Date & \\multicolumn{2}{c}{Known} & "
                + "\\multicolumn{2}{c}{Found} & Error",
            rows: rows,
            caption: "Shift (rows, columns) of each date against its reference, in pixels.")
    }

    private var definitions: String {
        guard !report.definitions.isEmpty else { return "" }
        let items = report.definitions.map {
            "\\item[\(LaTeXText.escape($0.term))] \(LaTeXText.escape($0.text))"
        }
        return "\\begin{description}\n\(items.joined(separator: "\n"))\n\\end{description}"
    }

    /// A long table between booktabs' rules.
    static func table(columns: String, head: String, rows: [String], caption: String) -> String {
        #"""
        {\small
        \begin{longtable}{\#(columns)}
        \caption{\#(caption)}\\
        \toprule
        \#(head) \\
        \midrule
        \endfirsthead
        \toprule
        \#(head) \\
        \midrule
        \endhead
        \#(rows.map { $0 + " \\\\" }.joined(separator: "\n"))
        \bottomrule
        \end{longtable}}
        """#
    }
}
