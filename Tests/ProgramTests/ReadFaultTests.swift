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

    /// Runs a program while a call on some path fails, at some of its times.
    private func trace(
        _ call: String, _ fault: String, on path: String, _ arguments: [String]
    ) throws -> ProgramResult {
        try runExecutable(
            Self.strace,
            [
                "-f", "-qq", "-o", "/dev/null", "-P", path, "-e", "trace=\(call)", "-e",
                "inject=\(call):\(fault)", programURL("matter-bench").path,
            ] + arguments)
    }

    /// C26: what a check could not read says nothing of the data, and is no bad data.
    @Test(.enabled(if: canTrace, "needs strace"))
    func aCheckTellsAFailingDiskFromBadData() throws {
        try writePatches()
        let check = ["check", "bigearthnet-v1", folder.path("data"), "--quiet"]
        let patch = "S2A_MSIL2A_20170613T101031_12_2"
        let band = folder.path("data/BigEarthNet-v1.0/\(patch)/\(patch)_B05.tif")
        let always = try trace("pread64", "error=EIO:when=1+", on: band, check)
        #expect(always.status == 74, "\(always.status) \(always.stderr)")
        #expect(always.stdout.contains("_B05.tif: cannot be read"), "\(always.stdout)")
        #expect(always.stderr.contains("1 of 6 samples could not be read"), "\(always.stderr)")
        // Half a folder is no smaller one.
        let listing = try trace(
            "getdents64", "error=EIO:when=2", on: folder.path("data/BigEarthNet-v1.0"),
            check + ["--option", "subset=true"])
        #expect(listing.status == 74, "\(listing.status) \(listing.stderr)")
        // The label documents are read whole.
        let labels = folder.path("data/BigEarthNet-v1.0/\(patch)/\(patch)_labels_metadata.json")
        let document = try trace("read", "error=EIO:when=1+", on: labels, check)
        #expect(document.status == 74, "\(document.status) \(document.stderr)")
        let once = try trace("read", "error=ESTALE:when=1", on: labels, check)
        #expect(once.status != 74, "\(once.status) \(once.stderr)")
    }

    /// C26: OSCD's bands are tried again as all others are.
    @Test(.enabled(if: canTrace, "needs strace"))
    func citiesAreReadAgain() throws {
        let fixture = try OSCDFixture(at: folder.path("cities"))
        let band = "\(fixture.images)/rio/imgs_1_rect/B05.tif"
        let check = ["check", "oscd", fixture.root, "--quiet"]
        for (times, status) in [("1", 0), ("1+", 74)] as [(String, Int32)] {
            let result = try trace("pread64", "error=EIO:when=\(times)", on: band, check)
            #expect(result.status == status, "\(times): \(result.status) \(result.stderr)")
        }
    }

    /// C26: a store that the disk does not give is not damaged.
    @Test(.enabled(if: canTrace, "needs strace"), arguments: ["1+", "5+", "7+"])
    func verifyTellsAFailingDiskFromDamage(times: String) throws {
        try writePatches()
        #expect(try runProgram("matter-bench", arguments("store")).status == 0)
        let result = try runExecutable(
            Self.strace,
            [
                "-f", "-qq", "-o", "/dev/null", "-e", "trace=madvise", "-e",
                "inject=madvise:error=EIO:when=\(times)", programURL("matter-bench").path,
                "verify", folder.path("store"),
            ])
        #expect(result.status == 74, "\(result.status) \(result.stdout) \(result.stderr)")
    }

    @Test(.enabled(if: getuid() != 0, "root may read everything"))
    func whatMayNotBeReadIsNoBadData() throws {
        try writePatches()
        let patch = "S2A_MSIL2A_20170613T101031_12_2"
        let optical = folder.path("data/BigEarthNet-v1.0")
        let check = ["check", "bigearthnet-v1", folder.path("data"), "--quiet"]
        chmod("\(optical)/\(patch)/\(patch)_B05.tif", 0)
        #expect(try runProgram("matter-bench", check).status == 77)
        chmod(optical, 0)
        defer { chmod(optical, 0o755) }
        #expect(try runProgram("matter-bench", check).status == 77)
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
