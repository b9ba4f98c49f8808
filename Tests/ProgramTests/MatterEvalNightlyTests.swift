import Foundation
import Manifests
import TestSupport
import Testing

@Suite("matter-eval: audits and nights")
struct MatterEvalNightlyTests {
    private static func path(_ relative: String) -> String {
        let file = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        return "/\(file)/\(relative)"
    }

    @Test(
        "audit ends with 1 where a row does not fit together, with 0 where all do, with 65 for no table"
    )
    func audit() throws {
        let folder = try TemporaryFolder()
        try AtomicFile.write("method,P,R,F1\na,50.0,50.0,50.0\n", to: folder.path("good.csv"))
        try AtomicFile.write("method,P,R,F1\na,70.53,19.17,29.44\n", to: folder.path("bad.csv"))
        let good = try runProgram("matter-eval", ["audit", folder.path("good.csv")])
        #expect(good.status == 0 && good.stdout.contains("agrees"), "\(good.stderr)")
        let bad = try runProgram("matter-eval", ["audit", folder.path("bad.csv"), "--json"])
        #expect(bad.status == 1)
        #expect(
            try JSONValue.parse(bad.stdout)["rows"]?[0]?["audit"]?["verdict"]?.string == "averaged")
        try AtomicFile.write("x\n", to: folder.path("none.csv"))
        #expect(try runProgram("matter-eval", ["audit", folder.path("none.csv")]).status == 65)
        #expect(try runProgram("matter-eval", ["audit", folder.path("nowhere.csv")]).status == 66)
    }

    @Test("paper prints a table of the suite without runs, and writes its report")
    func paper() throws {
        let out = try TemporaryFolder()
        let result = try runProgram(
            "matter-eval",
            ["paper", Self.path("reports/reference/oscd-matter.toml"), "--out", out.path("report")])
        #expect(result.status == 0, "\(result.stderr)")
        #expect(result.stdout.contains("5 cannot be pooled"))
        #expect(out.files().contains("report/index.html"))
    }

    @Test("a night ends with 0, a worse one with 1 and a summary, a failed one with 80")
    func nightly() throws {
        let folder = try TemporaryFolder()
        func night(_ name: String, _ command: String) throws -> ProgramResult {
            try AtomicFile.write(
                """
                name = "toy"
                [[stage]]
                name = "numbers"
                command = ["sh", "-c", "\(command)"]
                numbers = "numbers.json"

                """, to: folder.path("recipe.toml"))
            try AtomicFile.write("", to: folder.path("summary.md"))
            return try runProgram(
                "matter-eval",
                [
                    "nightly", folder.path("recipe.toml"), "--out", folder.path("nights"),
                    "--night", name,
                    "--protocols", Self.path("manifests/protocols"), "--quiet",
                ], environment: ["GITHUB_STEP_SUMMARY": folder.path("summary.md")])
        }
        func numbers(_ value: Double) -> String { "echo '{\\\"f1\\\":\(value)}' > numbers.json" }
        let first = try night("1", numbers(0.5))
        #expect(first.status == 0, "\(first.stderr)\(first.stdout)")
        #expect(try night("2", numbers(0.49)).status == 0)
        let worse = try night("3", numbers(0.3))
        #expect(worse.status == 1 && worse.stdout.contains("worse"))
        #expect(try WholeFile.readText(folder.path("summary.md")).contains("# Night 3"))
        let missing = try night("3a", "echo '{}' > numbers.json")
        #expect(missing.status == 1 && missing.stdout.contains("missing"), "\(missing.stdout)")
        #expect(try night("4", "exit 7").status == 80)
        #expect(
            try WholeFile.readText(folder.path("nights/latest/report.md")).contains("# Night 3a"))
        #expect(
            try runProgram(
                "matter-eval", ["nightly", folder.path("none.toml"), "--out", folder.path]
            ).status == 66)
    }

    /// The kernel tells a process as a zombie once its first thread has ended.
    @Test("a stage runs as long as any of its threads does")
    func threads() throws {
        let folder = try TemporaryFolder()
        try AtomicFile.write(
            """
            import ctypes, os, threading, time
            def late():
                time.sleep(0.5)
                open("numbers.json", "w").write('{"f1": 0.5}')
                os._exit(0)
            threading.Thread(target=late).start()
            ctypes.CDLL(None).pthread_exit(None)

            """, to: folder.path("late.py"))
        try AtomicFile.write(
            """
            name = "toy"
            [[stage]]
            name = "late"
            command = ["python3", "{recipe}/late.py"]
            numbers = "numbers.json"

            """, to: folder.path("recipe.toml"))
        let night = try runProgram(
            "matter-eval",
            [
                "nightly", folder.path("recipe.toml"), "--out", folder.path("nights"),
                "--night", "1", "--protocols", Self.path("manifests/protocols"), "--quiet",
            ])
        #expect(night.status == 0, "\(night.stderr)\(night.stdout)")
    }

    private static let analyze = ["/usr/bin/systemd-analyze", "/bin/systemd-analyze"].first {
        FileManager.default.isExecutableFile(atPath: $0)
    }

    @Test(
        "systemd finds nothing wrong with the units",
        .enabled(if: analyze != nil, "needs systemd-analyze"))
    func units() throws {
        let program = try #require(Self.analyze)
        let units = ["service", "timer"].map { Self.path("manifests/nightly/matter-nightly.\($0)") }
        let result = try runExecutable(program, ["verify", "--man=no"] + units)
        #expect(result.status == 0, "\(result.stderr)")
        let ours = result.stderr.split(separator: "\n").filter { $0.contains("matter-nightly") }
        #expect(ours.isEmpty, "\(ours)")
    }
}
