import Eval
import Foundation
import FoundationXML
import GRDB
import Manifests
import TestSupport
import Testing

/// What RELIABILITY's section E names of pages, tables and plots, beside what `DocumentTests` shows.
@Suite("Reports of odd numbers and names")
struct DocumentFaultTests {
    /// The bytes of a report with one table, of one row, and with one plot if there is one.
    private static func document(
        title: String = "t", checks: [JSONValue] = [], plot: JSONValue? = nil,
        cell: JSONValue = ["text": "1", "value": 1, "emphasis": "none"]
    ) -> [UInt8] {
        let (name, none) = (JSONValue.string(title), JSONValue.array([]))
        let table: JSONValue = [
            "id": "t", "caption": "",
            "columns": [
                ["title": name, "isNumber": false], ["title": "b", "isNumber": true],
            ],
            "rows": [[["text": name, "emphasis": "none"], cell]],
        ]
        var blocks: [JSONValue] = [["table": table]]
        if let plot { blocks.append(["figure": ["title": name, "caption": "", "plot": plot]]) }
        let document: JSONValue = [
            "schema": "matter-document/1", "kind": "tasks",
            "program": ["name": "p", "version": "1"], "eyebrow": "", "title": name, "lede": "",
            "facts": none, "notices": none, "definitions": none, "inputs": none, "data": .null,
            "checks": .array(checks),
            "sections": [["id": "s", "title": name, "intro": "", "blocks": .array(blocks)]],
        ]
        return Array(document.serialized().utf8)
    }

    private static func files(_ json: [UInt8]) throws -> [String: String] {
        try DocumentFolder.render(json).mapValues { String(decoding: $0, as: UTF8.self) }
    }

    private static func plot(_ points: [JSONValue], isLogarithmic: Bool) -> JSONValue {
        [
            "id": "p", "description": "d", "showsEqualF1": false,
            "x": ["label": "called", "unit": "%", "isLogarithmic": .bool(isLogarithmic)],
            "y": ["label": "F1", "unit": "%", "isLogarithmic": false],
            "series": [
                [
                    "name": "a", "style": 0, "points": .array(points),
                    "isReference": false,
                ]
            ],
        ]
    }

    @Test(
        "E11: a curve of one point is drawn, on a logarithmic axis as well",
        arguments: [1e-6, 0.1, 1, 100])
    func onePoint(place: Double) throws {
        for isLogarithmic in [false, true] {
            let plot = Self.plot(
                [["x": .number(place), "y": 0.5]], isLogarithmic: isLogarithmic)
            let page = try #require(try Self.files(Self.document(plot: plot))["index.html"])
            #expect(page.contains("<figure") && !page.contains("nan") && !page.contains("NaN"))
        }
    }

    @Test("E12: a name of 10 KB, and one whose accents hide a comma, act in no file")
    func longNames() throws {
        let name = "<script>]]>\\input{x}|" + String(repeating: "x", count: 10_000)
        let files = try Self.files(Self.document(title: name))
        #expect(files["index.html"]?.components(separatedBy: "<script").count == 2)
        #expect(files["report.tex"]?.contains("\\input{x") == false)
        for (hostile, field) in [
            ("a,\u{301}b", "\"a,\u{301}b\""), ("=\u{301}", "'=\u{301}"),
            ("\"\u{301}", "\"\"\"\u{301}\""),
        ] {
            let table = try Self.files(Self.document(title: hostile))["tables/t.csv"]
            #expect(table == "\(field),b\r\n\(field),1.0\r\n")
        }
    }

    @Test("E25: the suite's own words have their signs in LaTeX, not code points")
    func signs() throws {
        let document = try DocumentTests.document(TaskFixture())
        let json = try encodeCanonicalJSON(document, pretty: true)
        let text = try #require(try Self.files(json)["report.tex"])
        #expect(text.contains("\\ensuremath{\\pm}") && !text.contains("U+"))
        let all = try #require(try Self.files(Self.document(title: "≤≥→·×√±−…"))["report.tex"])
        #expect(!all.contains("U+"))
    }

    @Test("E16: a report of another schema is 65 and says what to do")
    func schema() throws {
        let json = String(decoding: Self.document(), as: UTF8.self)
        let other = json.replacing("matter-document/1", with: "matter-document/9")
        let error = #expect(throws: ManifestError.self) {
            try DocumentFolder.render(Array(other.utf8))
        }
        #expect(error?.exitCode == .badData)
        #expect(error?.description.contains("make the report again") == true)
    }

    @Test("E16: a history that a newer program wrote is 78, says so, and stays as it is")
    func newerHistory() throws {
        let folder = try TemporaryFolder()
        let path = folder.path("history.sqlite")
        _ = try NightlyHistory(path: path)
        try DatabaseQueue(path: path).write { database in
            try database.execute(sql: "INSERT INTO grdb_migrations VALUES ('99')")
        }
        let before = try WholeFile.read(path)
        let error = #expect(throws: ManifestError.self) { try NightlyHistory(path: path) }
        #expect(error?.exitCode == .configuration)
        #expect(error?.description.contains("update matter-eval") == true)
        #expect(try WholeFile.read(path) == before)
    }

    @Test("E23: whatever is in a name, JUnit is XML 1.0")
    func xml() throws {
        let all = (0...0x2FF).compactMap(Unicode.Scalar.init).map(String.init).joined()
        let name = all + "\u{FFFE}\u{FFFF}\u{1F600}]]><!--"
        let word = JSONValue.string(name)
        let check: JSONValue = [
            "group": word, "name": word, "isMet": false, "message": word,
        ]
        let files = try Self.files(Self.document(title: name, checks: [check]))
        let text = try #require(files["junit.xml"])
        let parser = XMLParser(data: Data(text.utf8))
        #expect(parser.parse(), "\(String(describing: parser.parserError))")
        #expect(!text.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" })
    }

    @Test("E24: what is undefined is null in a plot's file and in the report's")
    func undefined() throws {
        let plot = Self.plot([["x": 1, "y": 0.5], ["x": 2]], isLogarithmic: false)
        let cell: JSONValue = ["text": "–", "emphasis": "none"]
        let files = try Self.files(Self.document(plot: plot, cell: cell))
        let drawn = try JSONValue.parse(try #require(files["plots/p.vl.json"]))
        let values = try #require(drawn["layer"]?[0]?["data"]?["values"]?.array)
        #expect(values.count == 2 && values[1]["y"] == .null && values[0]["y"]?.double == 0.5)
        #expect(files["tables/t.csv"] == "t,b\r\nt,\r\n")
        for (name, text) in files where name.hasSuffix(".json") {
            _ = try JSONValue.parse(text)
            #expect(!text.contains("nan") && !text.contains("inf,"), "\(name)")
        }
    }
}
