import Foundation
import Manifests
import TestSupport
import Testing

/// Table E, reports that are stopped or made elsewhere: of the report of a published table, which needs no run.
@Suite struct ReportFaultTests {
    private static func table(_ name: String) -> String {
        let file = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        return "/\(file)/reports/reference/\(name).toml"
    }

    private func arguments(_ name: String, _ out: String) -> [String] {
        ["paper", Self.table(name), "--out", out]
    }

    /// Files by name, but for hidden ones: locks, and what a killed program leaves until the next run.
    private func tree(_ folder: String) throws -> [String: SHA256Digest] {
        try Fixture.tree(folder).filter { name, _ in
            !name.split(separator: "/").contains { $0.hasPrefix(".") }
        }
    }

    private func report(_ name: String, _ out: String, environment: [String: String] = [:]) throws
        -> [String: SHA256Digest]
    {
        let result = try runProgram("matter-eval", arguments(name, out), environment: environment)
        #expect(result.status == 0, "\(result.stderr)")
        return try tree(out)
    }

    @Test(
        "E14: stopped at any rename, fsync or unlink, each file is the old or the new one; the next run leaves the new report",
        .enabled(if: Tool.canTrace, "needs strace"),
        arguments: [
            ("rename", "signal=KILL", 137), ("fsync", "signal=KILL", 137),
            ("unlink", "signal=KILL", 137), ("rename", "error=EIO", 74), ("fsync", "error=EIO", 74),
        ])
    func stoppedAnywhere(call: String, fault: String, status: Int32) throws {
        let folder = try TemporaryFolder()
        let old = try report("oscd-dino-mc", folder.path("old"))
        let new = try report("oscd-matter", folder.path("new"))
        #expect(old["index.html"] != new["index.html"])
        var strikes = 0
        for number in 1...200 {
            let out = folder.path("out-\(number)")
            try FileManager.default.copyItem(atPath: folder.path("old"), toPath: out)
            let (result, _) = try Tool.traced(
                ["-e", "trace=\(call)", "-e", "inject=\(call):\(fault):when=\(number)"],
                arguments("oscd-matter", out), program: "matter-eval")
            let left = try tree(out)
            for (name, digest) in left {
                #expect(digest == old[name] || digest == new[name], "\(call) \(number): \(name)")
            }
            #expect(left["report.json"] != nil && left["index.html"] != nil)
            #expect(try report("oscd-matter", out) == new, "\(call) \(number)")
            try FileManager.default.removeItem(atPath: out)
            if result.status == 0 { break }
            #expect(result.status == status, "\(call) \(number): \(result.stderr)")
            strikes += 1
        }
        #expect(strikes > (call == "unlink" ? -1 : 4))
    }

    @Test("E20: another locale gives the same bytes, with points in numbers")
    func locales() throws {
        let folder = try TemporaryFolder()
        let plain = try report("oscd-matter", folder.path("plain"))
        for locale in ["de_DE.UTF-8", "tr_TR.UTF-8", "C"] {
            let own = try report(
                "oscd-matter", folder.path(locale),
                environment: ["LC_ALL": locale, "LANG": locale, "TZ": "Asia/Tokyo"])
            #expect(own == plain, "\(locale)")
        }
    }
}
