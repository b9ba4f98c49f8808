import Foundation
import Manifests

/// The report as one self-contained page: no request, no cookie, no font or script from elsewhere.
///
/// The policy in its head forbids the browser any connection, and lets run only the one script and style that the
/// page was made with, by their digests; markup smuggled in through a name could not act even if it were not escaped.
package struct HTMLPage {
    private let report: Report
    private let digest: String

    /// Prepares the page of a report whose `report.json` has that digest.
    package init(_ report: Report, digest: String) {
        self.report = report
        self.digest = digest
    }

    /// The whole document.
    package func document() -> String {
        let sections = [
            ResultsSection(report).markup(),
            FiguresSection(report).markup(),
            AlignmentSection(report).markup(),
            PanelsSection(report).markup(),
            CitiesSection(report).markup(),
            MethodSection(report).markup(),
        ]
        return PageShell(title: report.title, generator: generator, results: "results").markup(
            """
            \(SummarySection(report).markup())
            <main>
            \(sections.filter { !$0.isEmpty }.joined(separator: "\n"))
            </main>
            \(footer)
            """)
    }

    private var generator: String { "\(report.program.name) \(report.program.version)" }

    /// What the browser may do with a page of this suite.
    static var policy: String {
        "default-src 'none'; img-src data:; style-src '\(source(Stylesheet.text))'; "
            + "script-src '\(source(Script.text))'; base-uri 'none'; form-action 'none'"
    }

    /// A digest in the form that a content security policy takes.
    private static func source(_ text: String) -> String {
        let digits = Array(SHA256Digest(of: Array(text.utf8)).hex.utf8)
        let bytes = stride(from: 0, to: digits.count, by: 2).compactMap { start in
            UInt8(String(decoding: digits[start..<start + 2], as: UTF8.self), radix: 16)
        }
        return "sha256-" + Data(bytes).base64EncodedString()
    }

    private var footer: String {
        """
        <footer>Made by \(Markup.escape(generator)) from <code>report.json</code> \
        (SHA-256 <code>\(Markup.escape(digest))</code>), the only source of this page, of report.md and of report.tex.
        </footer>
        """
    }
}
