import Eval
import Foundation
import Manifests
import TestSupport
import Testing

@Suite("Reports of tasks")
struct DocumentTests {
    private static let nasty =
        "<script>alert(1)</script> \"'|\\input{/etc/passwd} ]]> $x_1^2$ # % & ~ =cmd \u{202E}\u{1F600}\u{1}"

    static func document(_ fixture: TaskFixture, name: String = "unet") throws -> Document {
        for seed in 1...3 {
            for (method, skill) in [(name, Float(1.2)), ("other", 2)] {
                var run = TaskFixture.Run()
                (run.name, run.seed, run.skill) = (method, UInt64(seed), skill)
                try fixture.change("runs/\(skill)/seed-\(seed)", run)
            }
        }
        var request = TaskReport.Request(
            runs: [fixture.folder.path("runs")],
            protocols: try Protocols.read(Checkout.path("manifests/protocols")))
        request.resampling.resamples = 50
        return try TaskReport.document(request)
    }

    private func files(_ document: Document) throws -> [String: String] {
        try DocumentFolder.render(encodeCanonicalJSON(document, pretty: true)).mapValues {
            String(decoding: $0, as: UTF8.self)
        }
    }

    @Test(
        "it holds scores, protocols, differences, curves, convergence, classes, groups and images")
    func parts() throws {
        let document = try Self.document(TaskFixture())
        #expect(
            document.sections.map(\.id) == [
                "results", "protocols", "comparison", "moved", "curves", "convergence", "classes",
                "groups", "images",
            ])
        #expect(document.lede.hasPrefix("other"))
        #expect(document.checks.map(\.isMet) == [true, true])
        #expect(document.checks[0].message == "3 images in 3 groups, by each of 3 seeds")
        let results = try #require(document.sections[0].blocks[0].table)
        #expect(results.rows.count == 2 && results.rows[1][1].emphasis == .best)
        let oracle = try #require(
            document.sections[4].blocks.compactMap(\.table).first { $0.id == "oracle" })
        for row in oracle.rows {
            let (own, best) = (try #require(row[1].value), try #require(row[2].value))
            #expect(own <= best && best <= 1)
        }
        #expect(document.sections.last?.blocks.first?.images?.images.map(\.role).first == "Truth")
    }

    @Test(
        "places are shown by rule: the best, the median and the worst, with what was read of them")
    func chosen() throws {
        let fixture = try TaskFixture()
        var run = TaskFixture.Run()
        run.cities = ["a", "b", "c", "d", "e"]
        try fixture.change("run", run)
        let size: [UInt8] = [0, 0, 0, 4, 0, 0, 0, 4]
        let png: [UInt8] =
            [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 13] + Array("IHDR".utf8)
            + size
            + [8, 2, 0, 0, 0, 0, 0, 0, 0]
        for city in run.cities {
            try fixture.write("run/panels/\(city)/before.png", png)
            try fixture.write("run/panels/\(city)/after.png", png)
        }
        var request = TaskReport.Request(
            runs: [fixture.folder.path("run")],
            protocols: try Protocols.read(Checkout.path("manifests/protocols/pooled.toml")))
        (request.images, request.resampling.resamples) = (3, 0)
        request.cautions = ["The cities are made up."]
        let document = try TaskReport.document(request)
        #expect(document.notices.first?.text == "The cities are made up.")
        let shown = try #require(document.sections.last).blocks.compactMap(\.images)
        #expect(
            shown[0].images.map(\.role) == [
                "Before", "After", "Truth", document.sections[0].blocks[0].table?.rows[0][0].text,
            ])
        let scores = try ScoreSheet([fixture.folder.path("run")], protocols: request.protocols)
            .methods[0].byGroup.sorted { ($0.value ?? 0) > ($1.value ?? 0) }.map(\.group)
        #expect(shown.map(\.title) == [scores[0], scores[2], scores[4]])
        #expect(shown[0].note?.contains("1 of 5, the best") == true)
        #expect(shown[1].note?.contains("3 of 5.") == true)
        #expect(shown[2].note?.contains("5 of 5, the worst") == true)
        #expect(shown[0].legend?.map(\.text).contains("false alarm") == true)
    }

    @Test("all is rendered from report.json, and names its digest")
    func rendered() throws {
        let document = try Self.document(TaskFixture())
        let files = try files(document)
        let digest = SHA256Digest(of: Array(try #require(files["report.json"]).utf8)).hex
        for name in ["index.html", "report.md", "report.tex"] {
            #expect(files[name]?.contains(digest) == true)
        }
        #expect(files["tables/results.csv"]?.hasPrefix("Method,F1") == true)
        let plot = try JSONValue.parse(try #require(files["plots/convergence.vl.json"]))
        #expect(plot["layer"]?.array?.count == 2)
        let json = try #require(files["report.json"])
        #expect(throws: ManifestError.self) {
            try DocumentFolder.render(
                Array(json.replacing("matter-document/1", with: "matter-document/9").utf8))
        }
    }

    @Test("names cannot act in any rendering")
    func escaping() throws {
        let files = try files(Self.document(TaskFixture(), name: Self.nasty))
        let html = try #require(files["index.html"])
        #expect(html.components(separatedBy: "<script").count == 2)
        #expect(
            !html.contains("http://") && !html.contains("https://") && !html.contains(" style=\""))
        #expect(files["report.md"]?.contains("<script") == false)
        #expect(files["report.tex"]?.contains("\\input{/") == false)
        for line in try #require(files["tables/results.csv"]).split(separator: "\r\n") {
            #expect(!line.hasPrefix("="))
        }
        for (name, text) in files where name != "report.json" && !name.hasSuffix(".vl.json") {
            #expect(
                !text.unicodeScalars.contains { $0.value == 0x202E || $0.value == 1 }, "\(name)")
        }
    }

    /// Whether a TeX with the packages of a report is there.
    private static let canSet: Bool = {
        let finder = "/usr/bin/kpsewhich"
        guard FileManager.default.isExecutableFile(atPath: finder),
            FileManager.default.isExecutableFile(atPath: "/usr/bin/pdflatex")
        else { return false }
        return (try? runExecutable(finder, ["pgfplots.sty", "booktabs.sty"]))?.stdout
            .split(separator: "\n").count == 2
    }()

    @Test(
        "E25: pdflatex sets a report with any name in it",
        .enabled(if: canSet, "needs pdflatex with booktabs and pgfplots"))
    func latex() throws {
        let fixture = try TaskFixture()
        let files = try files(Self.document(fixture, name: Self.nasty))
        try fixture.write("tex/report.tex", try #require(files["report.tex"]))
        let out = fixture.folder.path("tex")
        let result = try runExecutable(
            "/usr/bin/pdflatex",
            [
                "-interaction=batchmode", "-halt-on-error", "-output-directory=\(out)",
                "\(out)/report.tex",
            ])
        let log = (try? String(contentsOfFile: "\(out)/report.log", encoding: .isoLatin1)) ?? ""
        let faults = log.split(separator: "\n").filter { $0.hasPrefix("!") }
        #expect(result.status == 0, "\(faults)")
        #expect(fixture.folder.files().contains("tex/report.pdf"))
    }

    @Test("a number field is written as a number, words that look like formulas are not")
    func csv() throws {
        let document = """
            {"schema":"matter-document/1","kind":"tasks","program":{"name":"p","version":"1"},"eyebrow":"",
            "title":"]]>","lede":"","facts":[],"notices":[],"definitions":[],"inputs":[],"data":null,
            "sections":[{"id":"s","title":"s","intro":"","blocks":[{"table":{"id":"t","caption":"",
            "columns":[{"title":"a","isNumber":false},{"title":"b","isNumber":true}],
            "rows":[[{"text":"=cmd()","emphasis":"none"},{"text":"12.50","value":0.125,"emphasis":"none"}],
            [{"text":"a,\\"b\\"","emphasis":"none"},{"text":"–","emphasis":"none"}]]}}]}],
            "checks":[{"group":"g","name":"n\\u0001]]>","isMet":false,"message":"<&\\"'"}]}
            """
        let files = try DocumentFolder.render(Array(document.utf8)).mapValues {
            String(decoding: $0, as: UTF8.self)
        }
        #expect(files["tables/t.csv"] == "a,b\r\n'=cmd(),0.125\r\n\"a,\"\"b\"\"\",\r\n")
        #expect(files["junit.xml"]?.contains("message=\"&lt;&amp;&quot;&#39;\"") == true)
        #expect(files["junit.xml"]?.contains("failures=\"1\"") == true)
    }

    @Test("a report is replaced whole; tables of an older one go")
    func replaced() throws {
        let fixture = try TaskFixture()
        let document = try Self.document(fixture)
        let out = fixture.folder.path("report")
        try DocumentFolder.write(document, to: out)
        try fixture.write("report/tables/old.csv", "x")
        try fixture.write("report/tables/mine.txt", "x")
        let page = try WholeFile.read("\(out)/index.html")
        try DocumentFolder.write(document, to: out)
        #expect(try WholeFile.read("\(out)/index.html") == page)
        let names = try FileManager.default.contentsOfDirectory(atPath: "\(out)/tables")
        #expect(!names.contains("old.csv") && names.contains("mine.txt"))
    }
}
