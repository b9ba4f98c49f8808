import Foundation
import Manifests
import TestSupport
import Testing

/// What a run says of where its time went.
@Suite struct StageReportTests {
    private static let stages = [
        "align", "decode", "digest", "encode", "idle", "resample", "write",
    ]

    @Test func aRunSaysWhatBoundIt() throws {
        let folder = try TemporaryFolder()
        let made = try runProgram(
            "matter-prep",
            [
                "simulate", "--out", folder.path("earth"), "--products", "l2a", "--regions", "1",
                "--size", "60", "--dates", "1", "--quiet",
            ])
        #expect(made.status == 0, "\(made.stderr)")
        let result = try runProgram(
            "matter-prep",
            [
                "tile", folder.path("earth/l2a/33UUU"), "--out", folder.path("out"),
                "--tile-size", "32", "--bands", "B04", "--threads", "2", "--json",
            ])
        #expect(result.status == 0, "\(result.stderr)")
        let report = try #require(JSONValue.parse(result.stdout)["stages"])
        #expect(report["threads"]?.int == 2)
        let stages = try #require(report["stages"]?.array)
        #expect(stages.compactMap { $0["stage"]?.string }.sorted() == Self.stages)
        let shares = stages.compactMap { $0["share"]?.double }
        #expect(shares.count == stages.count && shares.allSatisfy { (0...1).contains($0) })
        #expect(abs(shares.reduce(0, +) - 1) < 1e-6, "\(shares)")

        // The stage that took most, idling aside, ends what stderr and the log say of the stages.
        let most = stages.filter { $0["stage"]?.string != "idle" }.max {
            ($0["threadSeconds"]?.double ?? 0) < ($1["threadSeconds"]?.double ?? 0)
        }
        let name = try #require(most?["stage"]?.string)
        for text in [result.stderr, try WholeFile.readText(folder.path("out/prep.log"))] {
            let lines = text.split(separator: "\n").filter { $0.contains("bound by: ") }
            #expect(lines.count == 1 && lines[0].contains("bound by: \(name) ("), "\(text)")
            #expect(lines.first?.hasSuffix("% of thread time)") == true, "\(text)")
            for stage in Self.stages { #expect(text.contains("\(stage): "), "\(text)") }
        }
    }
}
