import BenchFixtures
import Foundation
import Manifests
import TestSupport
import Testing

/// RELIABILITY C21 and C26: folders of very many files, and file systems that fail while a data set is read.
struct ReadFaultTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private static let strace = "/usr/bin/strace"
    private static let canTrace =
        (try? runExecutable(strace, ["-o", "/dev/null", "/bin/true"]))?.status == 0

    /// Six patches of BigEarthNet.
    private func writePatches() throws {
        let fixture = BigEarthNetFixture(at: folder.path("data"))
        for index in 0..<6 {
            try fixture.writeVersion1(
                "S2A_MSIL2A_20170613T101031_\(10 + index)_2", labels: ["Rice fields"])
        }
    }

    private func arguments(_ out: String) -> [String] {
        [
            "pack", "bigearthnet-v1", folder.path("data"), "--out", folder.path(out), "--threads",
            "1",
            "--quiet",
        ]
    }

    /// Packs while reading one band fails, the first time or ("+") always.
    private func pack(failing error: String, times: String, to out: String) throws -> ProgramResult
    {
        let patch = "S2A_MSIL2A_20170613T101031_12_2"
        return try runExecutable(
            Self.strace,
            [
                "-f", "-qq", "-o", "/dev/null", "-P",
                folder.path("data/BigEarthNet-v1.0/\(patch)/\(patch)_B05.tif"), "-e",
                "trace=pread64", "-e", "inject=pread64:error=\(error):when=1\(times)",
                programURL("matter-bench").path,
            ] + arguments(out))
    }

    /// C26: an interrupted read goes on; a handle that another machine made stale is opened again; what stays broken is said.
    @Test(.enabled(if: canTrace, "needs strace"))
    func readsThatFailOnceOrAlways() throws {
        try writePatches()
        #expect(try runProgram("matter-bench", arguments("whole")).status == 0)
        let whole = try WholeFile.read(folder.path("whole/data.mdb"))
        for error in ["EINTR", "ESTALE"] {
            let result = try pack(failing: error, times: "", to: error)
            #expect(result.status == 0, "\(error): \(result.stderr)")
            #expect(try WholeFile.read(folder.path("\(error)/data.mdb")) == whole)
        }
        for error in ["ESTALE", "EIO"] {
            let result = try pack(failing: error, times: "+", to: "not-\(error)")
            #expect(result.status == 74, "\(error): \(result.status) \(result.stderr)")
            #expect(result.stderr.contains("_B05.tif: cannot be read"), "\(result.stderr)")
            #expect(result.stderr.split(separator: "\n").count == 1)
        }
    }

    /// C21: 20,000 patches without their bands: one line each at most in the report, some on the screen, one at the end.
    @Test func veryManyBrokenPatchesAreFewLines() throws {
        let patches = folder.path("data/BigEarthNet-v1.0")
        for index in 0..<20_000 {
            let name = "S2A_MSIL2A_20170613T101031_\(index)_2"
            try FileManager.default.createDirectory(
                atPath: "\(patches)/\(name)", withIntermediateDirectories: true)
        }
        let result = try runProgram(
            "matter-bench", ["check", "bigearthnet-v1", folder.path("data")])
        #expect(result.status == 66 || result.status == 65, "\(result.status)")
        let lines = (result.stdout + result.stderr).split(separator: "\n")
        #expect(lines.count < 100, "\(lines.count) lines")
        #expect(lines.contains { $0.contains("20000") || $0.contains("20,000") })
    }
}
