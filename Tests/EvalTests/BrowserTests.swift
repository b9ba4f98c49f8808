import Eval
import Foundation
import Manifests
import TestSupport
import Testing

/// A browser without a window, where there is one.
enum Browser {
    static let path = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"]
        .first {
            FileManager.default.isExecutableFile(atPath: $0)
        }
}

@Suite("The page in a browser", .enabled(if: Browser.path != nil, "needs Chromium"))
struct BrowserTests {
    @Test("it logs nothing, asks for nothing, and its tables, curves and sliders work")
    func works() throws {
        let fixture = try TaskFixture()
        let out = fixture.folder.path("report")
        try DocumentFolder.write(DocumentTests.document(fixture), to: out)
        // The page forbids other scripts; a copy that allows one more tells what its own script did.
        let page = try WholeFile.readText("\(out)/index.html")
        let probe = """
            <script>
            const log = [];
            window.addEventListener('error', event => log.push('error ' + event.message));
            document.addEventListener('securitypolicyviolation', event => log.push('policy ' + event.blockedURI));
            window.addEventListener('load', () => {
              const table = document.querySelector('table.sortable');
              table.querySelectorAll('thead button')[1].click();
              const head = table.querySelectorAll('thead th')[1].getAttribute('aria-sort');
              const values = Array.from(table.tBodies[0].rows).map(row => Number(row.cells[1].dataset.v));
              const sorted = values.every((value, index) => index === 0 || values[index - 1] >= value);
              const plot = document.querySelector('figure.curve');
              plot.querySelector('.plot').dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowRight' }));
              const readout = plot.querySelector('.readout').textContent.length > 0;
              plot.querySelector('.key button').click();
              const hidden = plot.querySelector('.series').hasAttribute('hidden');
              const swipe = document.querySelector('.swipe'), slider = swipe.querySelector('input');
              slider.value = 20;
              slider.dispatchEvent(new Event('input'));
              const clip = swipe.querySelector('img.over').style.clipPath;
              const requests = performance.getEntriesByType('resource').filter(entry => !entry.name.startsWith('data:')).length;
              document.title = JSON.stringify({ head, sorted, readout, hidden, clip, requests, log });
            });
            </script>
            """
        let open = try #require(page.range(of: "<meta http-equiv=\"Content-Security-Policy\""))
        let close = try #require(page[open.lowerBound...].firstIndex(of: ">"))
        var copy = page
        copy.replaceSubrange(open.lowerBound...close, with: "")
        copy = copy.replacing("</head>", with: probe + "</head>")
        try fixture.write("report/probe.html", copy)
        let title = try dump("file://\(out)/probe.html")
        #expect(
            title.contains("\"head\":\"descending\"") && title.contains("\"sorted\":true"),
            "\(title)")
        #expect(title.contains("\"readout\":true") && title.contains("\"hidden\":true"), "\(title)")
        #expect(title.contains("inset(0") && title.contains("20%"), "\(title)")
        #expect(title.contains("\"requests\":0") && title.contains("\"log\":[]"), "\(title)")
    }

    @Test("the page as it is, with its policy, logs no error")
    func quiet() throws {
        let fixture = try TaskFixture()
        let out = fixture.folder.path("report")
        try DocumentFolder.write(DocumentTests.document(fixture), to: out)
        let result = try chromium([
            "--enable-logging=stderr", "--v=0", "--dump-dom", "file://\(out)/index.html",
        ])
        #expect(result.stdout.contains("aria-label=\"Sections\""))
        #expect(!result.stderr.contains("CONSOLE"), "\(result.stderr)")
        #expect(!result.stderr.contains("Refused to"), "\(result.stderr)")
    }

    private func dump(_ address: String) throws -> String {
        let dom = try chromium(["--dump-dom", "--virtual-time-budget=3000", address]).stdout
        guard let start = dom.range(of: "<title>")?.upperBound,
            let end = dom.range(of: "</title>")?.lowerBound
        else {
            return ""
        }
        return String(dom[start..<end]).replacing("&quot;", with: "\"")
    }

    private func chromium(_ arguments: [String]) throws -> ProgramResult {
        let profile = try TemporaryFolder()
        return try runExecutable(
            try #require(Browser.path),
            ["--headless", "--no-sandbox", "--disable-gpu", "--user-data-dir=\(profile.path)"]
                + arguments)
    }
}
