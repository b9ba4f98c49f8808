import Eval
import Foundation
import Manifests
import Metrics
import TestSupport
import Testing

@Suite("What is rendered from report.json")
struct RenderingTests {
    private static let nasty =
        "<script>alert(1)</script> \"'|\\input{/etc/passwd} ]]> $x_1^2$ # % & ~ \u{202E}\u{1F600}\u{1}"

    private func files(_ fixture: RunFixture) throws -> [String: String] {
        let report = try Report(
            of: ReportInputs(
                bench: fixture.bench, pretraining: [fixture.pretraining],
                preparations: [fixture.preparation]))
        return try ReportFolder.render(encodeCanonicalJSON(report, pretty: true)).mapValues {
            String(decoding: $0, as: UTF8.self)
        }
    }

    @Test("the same folders give the same bytes, wherever they lie")
    func determinism() throws {
        let first = try files(RunFixture())
        let second = try files(RunFixture())
        #expect(first == second)
        #expect(
            first.keys.filter { !$0.hasPrefix("plots/") }.sorted() == [
                "index.html", "junit.xml", "report.json", "report.md", "report.tex",
                "tables/cities.csv", "tables/methods.csv",
            ])
        #expect(first.keys.count { $0.hasSuffix(".vl.json") } >= 5)
    }

    /// Whether `script/check-plots` has been run here.
    private static let hasVegaLite = OutsideReaders.are(in: "venv-plots")

    @Test(
        "Vega-Lite takes the plots",
        .enabled(if: hasVegaLite, "needs what script/check-plots installs"))
    func vegaLite() throws {
        let folder = try TemporaryFolder()
        try AtomicFile.makeFolder(at: folder.path("plots"))
        for (name, text) in try files(RunFixture()) where name.hasSuffix(".vl.json") {
            try AtomicFile.write(text, to: folder.path(name))
        }
        let result = try runExecutable(OutsideReaders.script("check-plots"), [folder.path])
        #expect(result.status == 0, "\(result.stdout)\(result.stderr)")
    }

    @Test("what other programs read holds the exact numbers")
    func data() throws {
        let files = try files(RunFixture())
        let rows = try #require(files["tables/methods.csv"]).split(separator: "\r\n")
        #expect(rows.count == 3 && rows[0].hasPrefix("method,threshold,true positive"))
        let counts = ConfusionCounts(
            truePositive: 35, falsePositive: 55, falseNegative: 35, trueNegative: 1875)
        let f1 = try #require(counts.f1)
        #expect(rows[1].hasPrefix("CVA,otsu,35.0,55.0,35.0,1875.0,2000.0,2000.0,"))
        #expect(rows[1].contains(",\(f1),"))
        #expect(files["tables/cities.csv"]?.split(separator: "\r\n").count == 5)
        #expect(files["junit.xml"]?.contains("tests=\"2\" failures=\"0\"") == true)
        for (name, text) in files where name.hasPrefix("plots/") {
            #expect(try JSONValue.parse(text)["layer"]?.array?.isEmpty == false, "\(name)")
        }
    }

    @Test("names cannot act in HTML, Markdown or LaTeX")
    func escaping() throws {
        let files = try files(RunFixture(dataset: Self.nasty, title: Self.nasty))
        let html = try #require(files["index.html"])
        #expect(!html.contains("<script>alert"))
        #expect(html.components(separatedBy: "<script").count == 2)
        #expect(html.contains("&lt;script&gt;alert(1)"))
        #expect(!html.unicodeScalars.contains { $0.value == 0x202E || $0.value == 1 })
        let markdown = try #require(files["report.md"])
        #expect(!markdown.contains("<script") && markdown.contains("\\|"))
        let latex = try #require(files["report.tex"])
        #expect(!latex.contains("\\input{/") && latex.contains("\\textbackslash{}input"))
        #expect(!latex.contains("$x") && latex.contains("{[U+1F600]}"))
    }

    @Test("the page asks for nothing and forbids asking")
    func selfContained() throws {
        let html = try #require(try files(RunFixture())["index.html"])
        #expect(html.contains("default-src 'none'"))
        #expect(!html.contains("http://") && !html.contains("https://"))
        for outside in ["<link", "@import", "url(http", "fetch(", "XMLHttpRequest", " style=\""] {
            #expect(!html.contains(outside), "\(outside)")
        }
        for image in html.components(separatedBy: "<img").dropFirst() {
            let source = image.prefix { $0 != ">" }
            #expect(source.contains("data:image/png;base64,") || !source.contains("src="))
        }
    }

    @Test("files name the report.json they were made from")
    func digests() throws {
        let files = try files(RunFixture())
        let digest = SHA256Digest(of: Array(try #require(files["report.json"]).utf8)).hex
        for name in ["index.html", "report.md", "report.tex"] {
            #expect(files[name]?.contains(digest) == true, "\(name)")
        }
    }

    @Test("a document of another schema is refused")
    func schema() throws {
        let json = try #require(try files(RunFixture())["report.json"])
        let other = json.replacing("matter-report/1", with: "matter-report/9")
        #expect(throws: ManifestError.self) { try ReportFolder.render(Array(other.utf8)) }
        #expect(throws: ManifestError.self) { try ReportFolder.render(Array("{}".utf8)) }
    }

    @Test("curves of no and of one point are drawn")
    func shortCurves() throws {
        let fixture = try RunFixture()
        try fixture.write("pretrain/curves.jsonl", "")
        #expect(try files(fixture)["index.html"]?.contains("nothing recorded") == true)
        try fixture.write("pretrain/curves.jsonl", "{\"step\":5,\"loss\":2.5}\n")
        #expect(try files(fixture)["index.html"]?.contains("NaN") == false)
    }

    @Test("an unwritable folder leaves the old report as it was")
    func oldReportSurvives() throws {
        let fixture = try RunFixture()
        let report = try Report(of: ReportInputs(bench: fixture.bench))
        try ReportFolder.write(report, to: fixture.report)
        let old = try WholeFile.read("\(fixture.report)/index.html")
        try fixture.write("bench/methods/cva/counts.jsonl", "{")
        #expect(throws: (any Error).self) {
            let report = try Report(of: ReportInputs(bench: fixture.bench))
            try ReportFolder.write(report, to: fixture.report)
        }
        #expect(try WholeFile.read("\(fixture.report)/index.html") == old)
        #expect(throws: ManifestError.self) {
            try ReportFolder.write(report, to: fixture.folder.path("bench/run.json"))
        }
    }
}

@Suite("Numbers and axes")
struct PlottingTests {
    @Test("numbers are rounded once and never show a negative zero")
    func numbers() {
        #expect(NumberText.fixed(-0.0004, decimals: 3) == "0.000")
        #expect(NumberText.fixed(-1.25, decimals: 2) == "−1.25")
        #expect(NumberText.fixed(0.05, decimals: 2) == "0.05")
        #expect(NumberText.fixed(nil, decimals: 2) == "–")
        #expect(NumberText.coordinate(-0.5) == "-0.5" && NumberText.coordinate(12.04) == "12.04")
        #expect(NumberText.grouped(1_234_567) == "1\u{202F}234\u{202F}567")
    }

    @Test(
        "ticks are round, inside, and few",
        arguments: [0.0...1, 0.061...0.083, -3.2...0.4, 0...1e6, 5...5])
    func ticks(range: ClosedRange<Double>) {
        let ticks = Ticks(covering: range, count: 5)
        #expect((1...8).contains(ticks.values.count))
        #expect(Set(ticks.values.map(ticks.label)).count == ticks.values.count)
        let slack = (range.upperBound - range.lowerBound) * 1e-6
        for value in ticks.values {
            #expect(value >= range.lowerBound - slack && value <= range.upperBound + slack)
        }
    }

    @Test("a long curve keeps its peak, its dip, its ends and its order")
    func downsampling() {
        var values = (0..<100_000).map { Double($0 % 7) }
        values[51_234] = 1_000
        values[77_001] = -1_000
        let points = Array(values.enumerated())
        let kept = Downsampling.thinned(points, to: 400) { $0.element }
        #expect(kept.count <= 400)
        #expect(kept.contains { $0.offset == 51_234 } && kept.contains { $0.offset == 77_001 })
        #expect(kept.first?.offset == 0 && kept.last?.offset == 99_999)
        #expect(kept.map(\.offset) == kept.map(\.offset).sorted())
        #expect(Downsampling.thinned([1.0], to: 400) { $0 } == [1.0])
    }
}
