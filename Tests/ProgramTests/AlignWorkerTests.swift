import Foundation
import Manifests
import TestSupport
import Testing

/// `matter-prep align` decodes in processes of their own, as `run` and `tile` do (A27).
@Suite struct AlignWorkerTests {
    /// Three simulated dates of one region, and the label of the second.
    private static func earth(in folder: TemporaryFolder) throws -> (path: String, date: String) {
        let made = try runProgram(
            "matter-prep",
            [
                "simulate", "--out", folder.path("earth"), "--products", "l2a", "--regions", "1",
                "--size", "252", "--dates", "3", "--quiet",
            ])
        try #require(made.status == 0, "\(made.stderr)")
        let path = folder.path("earth/l2a/33UUU")
        let bands = (FileManager.default.subpaths(atPath: path) ?? []).filter {
            $0.hasSuffix("_B08_10m.jp2")
        }
        let dates = Set(bands.compactMap { $0.split(separator: "_").dropLast(2).last }).sorted()
        return (path, try String(#require(dates.dropFirst().first)))
    }

    private static func align(
        _ path: String, _ options: [String] = [], fault: String? = nil
    ) throws -> ProgramResult {
        try runProgram(
            "matter-prep", ["align", path, "--json", "--quiet"] + options,
            environment: fault.map { ["MATTER_TEST_DECODER": $0] } ?? [:])
    }

    @Test func aDecoderThatDiesTakesADateAndNothingElse() throws {
        let folder = try TemporaryFolder()
        let (path, date) = try Self.earth(in: folder)
        let plain = try Self.align(path, ["--no-decode-workers", "--threads", "1"])
        #expect(plain.status == 0, "\(plain.stderr)")
        let fault = "11 pixels \(date)_B08_10m.jp2"
        // Who decodes is not seen in what is found, and no worker is there to be staged a fault.
        #expect(try Self.align(path).stdout == plain.stdout)
        let own = try Self.align(path, ["--no-decode-workers"], fault: fault)
        #expect(own.status == 0 && own.stdout == plain.stdout, "\(own.stderr)")

        let died = try Self.align(path, fault: fault)
        #expect(died.status == 80, "\(died.stderr)")
        #expect(died.stderr.hasPrefix("error: finished, with 1 of the dates set aside: S2"))
        #expect(died.stderr.contains("_B08_10m.jp2: worker died: signal 11"), "\(died.stderr)")
        #expect(died.stderr.filter { $0 == "\n" }.count == 1)
        let dates = try #require(JSONValue.parse(died.stdout)[0]?["dates"]?.array)
        #expect(dates.map { $0["status"]?.string == "skipped" } == [false, true, false])
    }
}
