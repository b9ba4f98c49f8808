import Manifests
import TestSupport
import Testing

@Suite("matter-eval")
struct MatterEvalTests {
    /// A run of one method on one city.
    private func bench() throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        let files = [
            "run.json": """
            {"program":"matter-bench run oscd","version":"0.1.0","task":"oscd","plan":{"methods":["cva"]},
            "dataset":{"name":"Toy","cities":["rio"],"sha256":"00"},"inputs":[]}
            """,
            "methods/cva/summary.json": """
            {"method":"cva","title":"CVA","description":"Difference.","thresholdRule":"otsu","isOracle":false}
            """,
            "methods/cva/counts.jsonl": """
            {"city":"rio","split":"test","threshold":1,"truePositive":3,"falsePositive":1,"falseNegative":1,\
            "trueNegative":5,"pixelsScored":10,"pixelsPresent":10}

            """,
        ]
        try AtomicFile.makeFolder(at: folder.path("methods/cva/predictions"))
        for (name, text) in files { try AtomicFile.write(text, to: folder.path(name)) }
        try AtomicFile.write("pixels", to: folder.path("methods/cva/predictions/rio.safetensors"))
        return folder
    }

    @Test("score prints a table, and with --json a document")
    func score() throws {
        let folder = try bench()
        let table = try runProgram("matter-eval", ["score", folder.path])
        #expect(table.status == 0, "\(table.stderr)")
        #expect(table.stdout.contains("75.00") && table.stderr.isEmpty)
        let document = try runProgram("matter-eval", ["score", folder.path, "--json"])
        let value = try JSONValue.parse(document.stdout)
        #expect(value["methods"]?[0]?["pooled"]?["f1"]?.double == 0.75)
    }

    @Test("report writes its files, the same each time, and prints the page's path last")
    func report() throws {
        let folder = try bench()
        let out = try TemporaryFolder()
        let first = try runProgram("matter-eval", ["report", folder.path, "--out", out.path])
        #expect(first.status == 0, "\(first.stderr)")
        #expect(first.stdout.hasSuffix("report: \(out.path)/index.html\n"))
        #expect(
            out.files() == [
                "index.html", "junit.xml", "report.json", "report.md", "report.tex",
                "tables/cities.csv", "tables/methods.csv",
            ])
        let page = try WholeFile.read(out.path("index.html"))
        _ = try runProgram("matter-eval", ["report", folder.path, "--out", out.path])
        #expect(try WholeFile.read(out.path("index.html")) == page)
    }

    @Test(
        "a caution stands in the report; what this report does not follow is refused, not left out")
    func options() throws {
        let folder = try bench()
        let out = try TemporaryFolder()
        let told = try runProgram(
            "matter-eval",
            ["report", folder.path, "--out", out.path, "--caution", "These cities are made up."])
        #expect(told.status == 0, "\(told.stderr)")
        for name in ["index.html", "report.json", "report.md", "report.tex"] {
            #expect(try WholeFile.readText(out.path(name)).contains("These cities are made up."))
        }
        for options in [["--strict"], ["--reference", "x"], ["--images", "2"]] {
            let refused = try runProgram(
                "matter-eval", ["report", folder.path, "--out", out.path] + options)
            #expect(refused.status == 64 && refused.stderr.contains(options[0]))
        }
        #expect(try runProgram("matter-eval", ["score", folder.path, "--strict"]).status == 64)
    }

    @Test("an unsupervised run whose methods are tasks is scored under every protocol")
    func tasks() throws {
        let folder = try bench()
        let task = """
            {"format":"matter-task/1","task":"change","dataset":"Toy","split":"test","classes":["unchanged","changed"],
            "method":{"name":"cva-unsupervised"},"seed":0,"threshold":0.5,"thresholdRule":"train-cities",
            "items":[{"key":"rio","group":"rio","split":"test"}]}
            """
        try AtomicFile.write(task, to: folder.path("methods/cva/task.json"))
        let header = """
            {"score":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]},
            "label":{"dtype":"U8","shape":[1,2],"data_offsets":[8,10]}}
            """
        // Scores 0 and 1, of which the second has changed.
        let bytes: [UInt8] = [0, 0, 0, 0, 0, 0, 0x80, 0x3F, 0, 1]
        try AtomicFile.write(
            withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian, Array.init)
                + Array(header.utf8) + bytes,
            to: folder.path("methods/cva/predictions/rio.safetensors"))
        try AtomicFile.write(
            #"{"key":"rio","threshold":0.5}"# + "\n", to: folder.path("methods/cva/counts.jsonl"))
        let result = try runProgram(
            "matter-eval", ["score", folder.path, "--protocol", "cities", "--json"])
        #expect(result.status == 0, "\(result.stderr)")
        let sheet = try JSONValue.parse(result.stdout)
        #expect(sheet["protocols"]?[0]?["name"]?.string == "cities")
        let f1 = sheet["methods"]?[0]?["scores"]?.array?.first { $0["metric"]?.string == "f1" }
        #expect(f1?["value"]?.double == 1)
    }

    @Test("what is wrong is one line and the right exit code")
    func failures() throws {
        let folder = try bench()
        let missing = try runProgram("matter-eval", ["score", folder.path("nowhere")])
        #expect(missing.status == 66)
        #expect(
            missing.stderr.hasPrefix("error: ") && missing.stderr.split(separator: "\n").count == 1)
        #expect(try runProgram("matter-eval", ["report", folder.path]).status == 64)
        let blocked = folder.path("run.json")
        #expect(
            try runProgram("matter-eval", ["report", folder.path, "--out", blocked]).status == 73)
        try AtomicFile.write("{", to: folder.path("methods/cva/summary.json"))
        #expect(try runProgram("matter-eval", ["score", folder.path]).status == 65)
    }
}
