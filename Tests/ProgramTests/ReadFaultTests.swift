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
        let names = (0..<6).map { "S2A_MSIL2A_20170613T101031_\(10 + $0)_2" }
        for name in names { try fixture.writeVersion1(name, labels: ["Rice fields"]) }
        try writeLists(names)
    }

    /// The official lists: all patches are for training.
    private func writeLists(_ names: [String]) throws {
        for (split, names) in [("train", names), ("val", []), ("test", [])] {
            try AtomicFile.write(
                names.joined(separator: "\n"), to: folder.path("data/\(split).csv"))
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

    /// C26: an interrupted read goes on; a handle that another machine made stale, or of which a read fails, is opened again, three times
    /// in all; what stays broken is said.
    @Test(.enabled(if: canTrace, "needs strace"))
    func readsThatFailOnceOrAlways() throws {
        try writePatches()
        #expect(try runProgram("matter-bench", arguments("whole")).status == 0)
        let whole = try WholeFile.read(folder.path("whole/data.mdb"))
        for error in ["EINTR", "ESTALE", "EIO"] {
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

    /// C21: 20,000 patches of which nothing is there but their folders: one line, which names the first file.
    @Test func veryManyBrokenPatchesAreOneLine() throws {
        let patches = folder.path("data/BigEarthNet-v1.0")
        let names = (0..<20_000).map { "S2A_MSIL2A_20170613T101031_\(10_000 + $0)_2" }
        for name in names {
            try FileManager.default.createDirectory(
                atPath: "\(patches)/\(name)", withIntermediateDirectories: true)
        }
        try writeLists(names)
        let result = try runProgram(
            "matter-bench", ["check", "bigearthnet-v1", folder.path("data")])
        #expect(result.status == 66, "\(result.status)")
        let lines = (result.stdout + result.stderr).split(separator: "\n")
        #expect(lines.count == 1, "\(lines)")
        #expect(lines.first?.contains("_10000_2_labels_metadata.json") == true, "\(lines)")
    }
}
