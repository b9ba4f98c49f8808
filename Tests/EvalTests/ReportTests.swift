import Eval
import Foundation
import Manifests
import Metrics
import TestSupport
import Testing

@Suite("What a report says")
struct ReportTests {
    private func report(_ fixture: RunFixture) throws -> Report {
        try Report(
            of: ReportInputs(
                bench: fixture.bench, pretraining: [fixture.pretraining],
                preparations: [fixture.preparation]))
    }

    @Test("pooled scores are those of Metrics, and the mean over cities is another number")
    func pooledEqualsMetrics() throws {
        let report = try report(RunFixture())
        let counts =
            ConfusionCounts(
                truePositive: 30, falsePositive: 10, falseNegative: 20, trueNegative: 940)
            + ConfusionCounts(
                truePositive: 5, falsePositive: 45, falseNegative: 15, trueNegative: 935)
        let pooled = report.methods[0].pooled
        #expect(pooled.f1 == counts.f1 && pooled.iou == counts.iou)
        #expect(pooled.precision == counts.precision && pooled.recall == counts.recall)
        #expect(pooled.pixelsScored == 2000 && pooled.pixelsPresent == 2000)
        let cities = MeanAndSpread(of: report.methods[0].cities.map(\.scores.f1))
        #expect(report.methods[0].spread.f1.mean == cities.mean)
        #expect(report.methods[0].spread.f1.mean != pooled.f1)
    }

    @Test("a level line is pooled over just the cities of the curve")
    func levels() throws {
        let report = try report(RunFixture())
        #expect(report.convergence.map(\.method) == ["matter"])
        #expect(report.referenceLevels.map(\.method) == ["cva"])
        #expect(report.referenceLevels.map(\.f1) == [60.0 / 90])
    }

    @Test("the best threshold is the run's exact oracle, where it tells one")
    func bestThreshold() throws {
        let fixture = try RunFixture()
        #expect(try report(fixture).methods[0].thresholdCurve.best?.threshold == 0.5)
        try fixture.write(
            "bench/methods/cva/summary.json",
            """
            {"method":"cva","title":"CVA","description":"Does things.","thresholdRule":"otsu","isOracle":false,
            "oracle":{"threshold":0.7,"scores":{"counts":{"truePositive":70,"falsePositive":0,"falseNegative":0,
            "trueNegative":1930}}}}
            """)
        let curve = try report(fixture).methods[0].thresholdCurve
        #expect(curve.best?.threshold == 0.7 && curve.best?.f1 == 1)
        #expect(curve.points.map(\.threshold) == [0.5, 0.7])
    }

    @Test("alignment errors are the length of found minus known")
    func alignment() throws {
        let report = try report(RunFixture())
        let error = try #require(report.alignment[0].dates[1].errorInPixels)
        #expect(abs(error - 0.05) < 1e-12)
        #expect(report.alignment[0].dates[0].errorInPixels == nil)
    }

    @Test("a ratio 0/0 is null in report.json, a dash elsewhere, and left out of the mean")
    func undefined() throws {
        let fixture = try RunFixture(cities: [("empty", [0, 0, 0, 100]), ("rio", [5, 5, 5, 85])])
        let report = try report(fixture)
        #expect(report.methods[0].cities[0].scores.f1 == nil)
        #expect(report.methods[0].spread.f1.count == 1)
        #expect(report.methods[0].spread.f1.standardDeviation == nil)
        let json = try JSONValue.parse(encodeCanonicalJSON(report))
        let scores = json["methods"]?[0]?["cities"]?[0]?["scores"]
        #expect(scores?["f1"] == JSONValue.null && scores?["precision"] == JSONValue.null)
        let markdown = try #require(ReportFolder.render(encodeCanonicalJSON(report))["report.md"])
        #expect(String(decoding: markdown, as: UTF8.self).contains("| empty | – | – |"))
    }

    @Test("a torn last line and a loss that is not finite are told, not fatal")
    func tornTail() throws {
        let report = try report(RunFixture())
        #expect(report.pretraining[0].points.map(\.loss) == [4.1, nil])
        #expect(report.notices.contains { $0.text.contains("torn line") })
        #expect(report.notices.contains { $0.text.contains("not finite at 1 of 2") })
        #expect(report.notices.contains { $0.text.contains("no interval over seeds") })
    }

    @Test("an oracle is flagged and never leads")
    func oracle() throws {
        let fixture = try RunFixture()
        try fixture.write(
            "bench/methods/matter/summary.json",
            #"{"method":"matter","title":"Best","description":"","thresholdRule":"oracle","isOracle":true}"#
        )
        let report = try report(fixture)
        #expect(report.notices.contains { $0.severity == .warning && $0.text.contains("oracle") })
        #expect(report.ranked.map(\.id) == ["cva"])
    }

    @Test("curves of an encoder that was not scored are flagged")
    func foreignEncoder() throws {
        let fixture = try RunFixture()
        let digest = String(repeating: "ab", count: 32)
        let record = try String(
            contentsOfFile: fixture.folder.path("bench/run.json"), encoding: .utf8)
        let path = "encoder.safetensors"
        try fixture.write(
            "bench/run.json",
            record.replacing(
                #""inputs": []"#,
                with: #""inputs": [{"path":"\#(path)","bytes":1,"sha256":"\#(digest)"}]"#))
        try fixture.write("pretrain/encoder.safetensors", "other weights")
        let report = try report(fixture)
        #expect(report.notices.contains { $0.text.contains("none of those that were scored") })
    }
}

@Suite("Run folders that are not whole or not right")
struct BadRunFolderTests {
    private func failure(_ fixture: RunFixture) -> (code: ExitCode?, text: String) {
        do {
            _ = try Report(
                of: ReportInputs(bench: fixture.bench, pretraining: [fixture.pretraining]))
            return (nil, "")
        } catch {
            return ((error as? any ExitCoded)?.exitCode, "\(error)")
        }
    }

    @Test("what is missing is listed, 66")
    func missing() throws {
        let fixture = try RunFixture()
        let counts = fixture.folder.path("bench/methods/matter/counts.jsonl")
        let lines = try String(contentsOfFile: counts, encoding: .utf8).split(separator: "\n")
        try fixture.write("bench/methods/matter/counts.jsonl", lines[0] + "\n")
        try FileManager.default.removeItem(
            atPath: fixture.folder.path("bench/methods/cva/predictions/beirut.safetensors"))
        let failure = failure(fixture)
        #expect(failure.code == .inputMissing)
        #expect(failure.text.contains("counts of rio by matter"))
        #expect(failure.text.contains("prediction of beirut by cva"))
        #expect(!failure.text.contains("\n"))
    }

    @Test("no folder and no method, 66")
    func nothing() throws {
        let fixture = try RunFixture()
        try FileManager.default.removeItem(atPath: fixture.folder.path("bench/methods/cva"))
        #expect(failure(fixture).text.contains("method cva"))
        try FileManager.default.removeItem(atPath: fixture.bench)
        #expect(failure(fixture).code == .inputMissing)
    }

    @Test("a broken line is named by file and line, 65")
    func brokenLine() throws {
        let fixture = try RunFixture()
        try fixture.write(
            "pretrain/curves.jsonl", "{\"step\":1,\"loss\":1}\n{\"step\":2,\"loss\":NaN}\n")
        let failure = failure(fixture)
        #expect(failure.code == .badData)
        #expect(failure.text.contains("curves.jsonl:2"))
    }

    @Test(
        "counts that don't add up, a foreign city, a city twice: 65",
        arguments: [
            #"{"city":"beirut","split":"test","threshold":1,"truePositive":1,"falsePositive":0,"falseNegative":0,"trueNegative":0,"pixelsScored":9,"pixelsPresent":9}"#,
            #"{"city":"paris","split":"test","threshold":1,"truePositive":1,"falsePositive":0,"falseNegative":0,"trueNegative":0,"pixelsScored":1,"pixelsPresent":1}"#,
            #"{"city":"beirut","split":"test","threshold":1,"truePositive":-1,"falsePositive":2,"falseNegative":0,"trueNegative":0,"pixelsScored":1,"pixelsPresent":1}"#,
        ])
    func wrongCounts(line: String) throws {
        let fixture = try RunFixture()
        try fixture.write("bench/methods/cva/counts.jsonl", line + "\n")
        #expect(failure(fixture).code == .badData)
    }

    @Test("an image that is no PNG, and a prediction that the run did not write: 65")
    func wrongFiles() throws {
        let fixture = try RunFixture()
        try fixture.write("bench/panels/rio/after.png", "<html>")
        #expect(failure(fixture).code == .badData)
        try AtomicFile.write(
            PNGFixture.bytes, to: fixture.folder.path("bench/panels/rio/after.png"))
        let digest = String(repeating: "0", count: 64)
        try fixture.write(
            "bench/methods/cva/predictions.jsonl", "{\"city\":\"rio\",\"sha256\":\"\(digest)\"}\n")
        #expect(failure(fixture).text.contains("rio.safetensors"))
    }
}
