import Eval
import Foundation
import Manifests
import TestSupport
import Testing

/// `matter-eval study`: what is made of a folder of variants and seeds.
@Suite
struct StudyTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// Scores of the two variants by seed; the differences of the first three are 0.1, 0.2 and 0.3.
    private func makeStudy() throws {
        for (index, values) in [(0.5, 0.4), (0.7, 0.5), (0.9, 0.6)].enumerated() {
            try makeRun("matter", seed: index + 1, ["cva": 0.3, "matter": values.0])
            try makeRun("no-tern", seed: index + 1, ["matter": values.1], iterations: 0)
        }
    }

    private func makeRun(
        _ variant: String, seed: Int, _ precisions: [String: Double], iterations: Int = 3,
        more: String = ""
    ) throws {
        let run = "\(variant)/seed-\(seed)"
        try write(
            "\(run)/pretrain/run.json",
            """
            {"program":"matter-model pretrain","version":"0.1.0","seed":\(seed),"inputs":[],
            "plan":{"recipe":{"name":"demo","run":{"steps":80},"tern":{"iterations":\(iterations)}\(more)}}}
            """)
        let names = precisions.keys.sorted().map { "\"\($0)\"" }.joined(separator: ",")
        try write(
            "\(run)/change/run.json",
            """
            {"program":"matter-bench run oscd","version":"0.1.0","task":"oscd","inputs":[],
            "dataset":{"name":"made up","cities":["one"]},"plan":{"methods":[\(names)]}}
            """)
        try write(
            "\(run)/change/curves.jsonl",
            """
            {"method":"matter","step":0,"averagePrecision":0.25,"cities":["one"]}
            {"method":"matter","step":80,"averagePrecision":\(precisions["matter"] ?? 0),"cities":["one"]}

            """)
        for (method, precision) in precisions {
            let base = "\(run)/change/methods/\(method)"
            try write(
                "\(base)/summary.json",
                """
                {"method":"\(method)","title":"\(method == "cva" ? "Change vectors" : "MATTER")","description":"x",
                "thresholdRule":"train-cities","thresholdRuleTitle":"chosen on the training cities",
                "averagePrecision":\(precision),"scores":{"f1":0.5},
                "otherRules":[{"rule":"otsu","title":"Otsu's","scores":{"f1":0.25}}]}
                """)
            try write(
                "\(base)/counts.jsonl",
                """
                {"city":"one","split":"test","truePositive":1,"falsePositive":1,"falseNegative":1,"trueNegative":1,\
                "pixelsScored":4,"pixelsPresent":4}

                """)
            try write("\(base)/predictions/one.safetensors", "pixels")
        }
    }

    private func write(_ relative: String, _ text: String) throws {
        let path = folder.path(relative)
        try AtomicFile.makeFolder(at: URL(fileURLWithPath: path).deletingLastPathComponent().path)
        try AtomicFile.write(Array(text.utf8), to: path)
    }

    private func table(_ document: Document, _ id: String) throws -> Document.Table {
        try #require(
            document.sections.flatMap(\.blocks).compactMap(\.table).first { $0.id == id })
    }

    @Test func differencesArePairedBySeed() throws {
        try makeStudy()
        let document = try StudyReport.document(folder.path(""), reference: "matter")
        let scores = try table(document, "scores")
        #expect(scores.rows.map { $0[0].text } == ["matter", "Change vectors", "no-tern"])
        #expect(scores.rows[2].last?.text == "tern.iterations 3 → 0")
        let mean = try #require(scores.rows[0][2].value)
        let deviation = try #require(scores.rows[0][3].value)
        #expect(abs(mean - 0.7) < 1e-12)
        #expect(abs(deviation - 0.2) < 1e-12)
        // Change vector analysis has no seed, and so no spread.
        #expect(scores.rows[1][1].text == "–" && scores.rows[1][1].value == nil)
        #expect(scores.rows[1][3].value == nil)
        let differences = try table(document, "differences-ap")
        let ahead = try #require(differences.rows[1][1].value)
        #expect(abs(ahead - 0.2) < 1e-12)
        #expect(differences.rows[1][3].text == "3 of 3")
        // scipy.stats.ttest_rel([0.5, 0.7, 0.9], [0.4, 0.5, 0.6]) = 0.0741799; against 0.3: 0.0741799 too. Holm doubles the least.
        let p = try #require(differences.rows[1][4].value)
        #expect(abs(p - 0.1483598) < 1e-6)
        let curve = try #require(
            document.sections.flatMap(\.blocks).compactMap(\.figure).first?.plot.series.first)
        #expect(curve.points.map(\.x) == [0, 80])
        #expect(curve.band?.last.map { [$0.low, $0.high] } == [0.5, 0.9])
    }

    /// A shipped recipe differs in so many settings that its row would be as tall as a page.
    @Test func manySettingsAreListedBelow() throws {
        try makeStudy()
        let more = #","data":{"crop":64},"loss":{"kind":"triplet"},"optimiser":{"kind":"sgd"}"#
        try makeRun("preset", seed: 1, ["matter": 0.4], iterations: 1, more: more)
        let document = try StudyReport.document(folder.path(""), reference: "matter")
        #expect(
            try table(document, "scores").rows.map { $0.last?.text } == [
                "", "", "tern.iterations 3 → 0", "4 settings: below",
            ])
        let changes = try table(document, "changes-1")
        #expect(changes.caption.contains("preset"))
        #expect(
            changes.rows.map { $0.map(\.text) } == [
                ["data.crop", "–", "64"], ["loss.kind", "–", "triplet"],
                ["optimiser.kind", "–", "sgd"], ["tern.iterations", "3", "1"],
            ])
    }

    @Test func noChanceIsShownAsNone() {
        #expect(Document.Cell.probability(0.00001).text == "< 0.0001")
        #expect(Document.Cell.probability(0.00001).value == 0.00001)
        #expect(Document.Cell.probability(0.0058).text == "0.0058")
        #expect(Document.Cell.probability(nil).text == Document.Cell.number(nil, decimals: 4).text)
    }

    @Test func reportIsWrittenInEveryForm() throws {
        try makeStudy()
        let out = folder.path("report")
        let study = try runProgram(
            "matter-eval", ["study", folder.path(""), "--out", out, "--title", "What it is worth"])
        #expect(study.status == 0, "\(study.stderr)")
        let written = try FileManager.default.contentsOfDirectory(atPath: out)
        #expect(
            Set(written).isSuperset(of: [
                "index.html", "report.json", "report.md", "report.tex", "tables", "plots",
            ]))
        // A report inside the folder is no variant.
        #expect(
            try runProgram("matter-eval", ["study", folder.path(""), "--out", out]).status == 0)
    }

    @Test func whatIsMissingOrUnlikeIsNamed() throws {
        #expect(throws: EvalError.self) {
            try StudyReport.document(folder.path(""), reference: "matter")
        }
        try makeStudy()
        let none = #expect(throws: EvalError.self) {
            try StudyReport.document(folder.path(""), reference: "other")
        }
        #expect(none?.description.contains("matter, no-tern") == true)
        try write("no-tern/seed-4/pretrain/run.json", "{}")
        let open = try StudyReport.document(folder.path(""), reference: "matter")
        #expect(open.notices.contains { $0.text.contains("seed-4") })
        let run = folder.path("no-tern/seed-2/change/run.json")
        try write(
            "no-tern/seed-2/change/run.json",
            try WholeFile.readText(run).replacing("made up", with: "another"))
        let unlike = #expect(throws: EvalError.self) {
            try StudyReport.document(folder.path(""), reference: "matter")
        }
        #expect(unlike?.exitCode == .badData)
        #expect(unlike?.description.contains("no-tern/seed-2") == true)
    }
}
