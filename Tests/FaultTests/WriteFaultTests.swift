import DataPrep
import Foundation
import Manifests
import TestSupport
import Testing

/// Table B, writes that fail: the exit code says so, nothing half-written is left, and a second run completes the work.
@Suite struct WriteFaultTests {
    private static let writes: Set = ["write", "writev", "pwrite64"]
    private static let syncs: Set = ["fsync", "fdatasync", "rename"]

    private static func isLog(_ call: String) -> Bool { call.contains("prep.log") }

    /// One job under a fault, and again without: the same files as if nothing had happened.
    ///
    /// `logStatus` is how the job ends where a write of its log was struck; as elsewhere if nil.
    private func expectRecovery(
        _ fault: String, at call: SystemCall, status: Int32, logStatus: Int32? = nil,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let (folder, job, broken, struck) = try #require(
            try Self.struck(fault, at: call, sourceLocation: sourceLocation),
            "\(call): nothing on the disk was struck", sourceLocation: sourceLocation)
        let status = Self.isLog(struck) ? logStatus ?? status : status
        #expect(
            broken.status == status, "\(call): \(broken.status) \(broken.stderr)\n\(struck)",
            sourceLocation: sourceLocation)
        if status == 74 {
            let left = try Fixture.tree(folder.path("out")).keys
            #expect(
                left.allSatisfy { !$0.hasSuffix(".partial") }, "\(call): \(left)",
                sourceLocation: sourceLocation)
            #expect(
                broken.stderr.hasPrefix("error: "), "\(broken.stderr)",
                sourceLocation: sourceLocation)
        }
        let again = try runProgram("matter-prep", job)
        #expect(again.status == 0, "\(call): \(again.stderr)", sourceLocation: sourceLocation)
        #expect(
            try Fixture.tree(folder.path("out")) == Self.wholeTree(), "\(call)",
            sourceLocation: sourceLocation)
    }

    /// A job of which a call on the disk was struck.
    ///
    /// Threads also write to wake one another, to no file and not always as often: where such a call was struck, another job is.
    private static func struck(
        _ fault: String, at call: SystemCall, sourceLocation: SourceLocation
    ) throws -> (TemporaryFolder, [String], ProgramResult, String)? {
        for _ in 0..<10 {
            let folder = try TemporaryFolder()
            let job = try SystemCall.job(in: folder)
            let (broken, struck) = try call.strike(fault, job, sourceLocation: sourceLocation)
            guard fault.hasPrefix("signal") || struck.contains(folder.path("out")) else { continue }
            return (folder, job, broken, struck)
        }
        return nil
    }

    private static func wholeTree() throws -> [String: SHA256Digest] {
        try #require(SystemCall.whole).tree
    }

    @Test(
        "B1: killed at system calls that change the disk, the next run leaves the same files",
        .enabled(if: Tool.canTrace, "needs strace"), arguments: 0..<3)
    func killedAnywhereItGoesOn(part: Int) throws {
        let names = Self.writes.union(Self.syncs).union(["unlink", "mkdir", "ftruncate"])
        for call in try SystemCall.some(4, of: names, part: part, of: 3) {
            try expectRecovery("signal=KILL", at: call, status: 137)
        }
    }

    @Test(
        "B3: the disk is full at any write: said, nothing half-written, and then completed",
        .enabled(if: Tool.canTrace, "needs strace"), arguments: 0..<2)
    func aFullDiskIsSaid(part: Int) throws {
        for call in try SystemCall.some(4, of: Self.writes, part: part, of: 2) {
            // A log that cannot be written does not stop the run.
            try expectRecovery("error=ENOSPC", at: call, status: 74, logStatus: 0)
        }
    }

    @Test(
        "B4: a failing fsync or rename is final; nothing says that it went well",
        .enabled(if: Tool.canTrace, "needs strace"), arguments: 0..<2)
    func deviceErrorsAreFinal(part: Int) throws {
        for call in try SystemCall.some(4, of: Self.syncs, part: part, of: 2) {
            try expectRecovery("error=EIO", at: call, status: 74)
        }
    }

    @Test(
        "B4: an error at the close of a file that is on the disk already loses nothing",
        .enabled(if: Tool.canTrace, "needs strace"))
    func closingLosesNothing() throws {
        for call in try SystemCall.some(3, of: ["close"]) {
            try expectRecovery("error=EIO", at: call, status: 0)
        }
    }

    @Test("B5: over quota", .enabled(if: Tool.canTrace, "needs strace"))
    func quotasAreSaid() throws {
        for call in try SystemCall.some(
            2, of: Self.writes, where: { !Self.isLog($0.text) })
        {
            try expectRecovery("error=EDQUOT", at: call, status: 74, logStatus: 0)
        }
    }

    @Test(
        "B5: files that may not grow and handles that run out end in a line, not in a signal",
        .enabled(if: Tool.prlimit != nil, "needs prlimit"))
    func limitsEndInALine() throws {
        let folder = try TemporaryFolder()
        let product = try Fixture.products(in: folder)[0]
        let job = Fixture.arguments([product], into: folder.path("out"), tileSize: 64)
        // With three handles the system itself cannot load the program (127).
        for limit in ["--fsize=0", "--fsize=4096"] + [4, 5, 6, 8, 12].map({ "--nofile=\($0)" }) {
            let result = try runExecutable(
                try #require(Tool.prlimit), [limit, programURL("matter-prep").path] + job)
            #expect(result.status == (limit.contains("fsize") ? 74 : 71), "\(limit): \(result)")
            // Where no file may grow, stderr, which is one here, may not either.
            #expect(result.stderr.hasPrefix(limit == "--fsize=0" ? "" : "error: "), "\(limit)")
            #expect(!FileManager.default.fileExists(atPath: folder.path("out/manifest.jsonl")))
        }
        #expect(try runProgram("matter-prep", job).status == 0)
        #expect(try Fixture.tree(folder.path("out")) == Self.wholeTree())
    }

    @Test(
        "B3: what the disk cannot hold is refused before the first tile, with both numbers",
        .enabled(if: Tool.canMount, "needs root and mount"))
    func whatCannotFitIsNotBegun() throws {
        let folder = try TemporaryFolder()
        try Fixture.image(folder.path("in/20210601T101031_B04.tif"), side: 1024)
        try AtomicFile.makeFolder(at: folder.path("disk"))
        try Tool.withSmallDisk(megabytes: 3, at: folder.path("disk")) {
            let result = try runProgram(
                "matter-prep",
                [
                    "tile", folder.path("in"), "--out", folder.path("disk/out"), "--tile-size",
                    "512", "--quiet",
                ])
            expectOneLine(result, 74, "needs 4 MB", "3 MB free")
            let left = try Fixture.tree(folder.path("disk/out")).keys
            #expect(left.allSatisfy { !$0.hasPrefix("tiles") && !$0.hasSuffix(".partial") })
        }
    }

    @Test(
        "B3: a disk that is full in the middle is said, and the work completes when there is room",
        .enabled(if: Tool.canMount, "needs root and mount"))
    func aDiskThatFillsUpIsSaid() throws {
        let folder = try TemporaryFolder()
        var random = SplitMixPixels(seed: 5)
        try Fixture.image(
            folder.path("in/20210601T101031_B04.tif"), pixels: random.next(512 * 512), side: 512)
        try AtomicFile.makeFolder(at: folder.path("disk"))
        let job = [
            "tile", folder.path("in"), "--out", folder.path("disk/out"), "--tile-size", "512",
        ]
        try Tool.withSmallDisk(megabytes: 1, at: folder.path("disk")) {
            let result = try runProgram("matter-prep", job)
            #expect(result.status == 74, "\(result.stderr)")
            let left = try Fixture.tree(folder.path("disk/out")).keys
            #expect(left.allSatisfy { !$0.hasSuffix(".partial") && $0 != "manifest.jsonl" })
            #expect(
                try runExecutable(
                    "/bin/mount", ["-o", "remount,size=8m", folder.path("disk")]
                ).status == 0)
            #expect(try runProgram("matter-prep", job).status == 0)
            #expect(try PrepVerification(folder: folder.path("disk/out")).faults.isEmpty)
        }
    }

    @Test(
        "B9: a file system without locks is said, and nothing is made there",
        .enabled(if: Tool.canTrace, "needs strace"), arguments: ["ENOLCK", "EOPNOTSUPP"])
    func disksWithoutLocksAreSaid(error: String) throws {
        let folder = try TemporaryFolder()
        let job = try SystemCall.job(in: folder)
        let (result, _) = try Tool.traced(
            ["-e", "trace=flock", "-e", "inject=flock:error=\(error)"], job)
        expectOneLine(result, 69, folder.path("out"), "cannot lock", "file system with locks")
        #expect(!FileManager.default.fileExists(atPath: folder.path("out/run.json")))
        #expect(try runProgram("matter-prep", job).status == 0)
        #expect(try Fixture.tree(folder.path("out")) == Self.wholeTree())
    }

    @Test(
        "B6: a folder that may not be written is said; TMPDIR elsewhere makes no difference",
        .enabled(if: Tool.isRoot && Tool.setpriv != nil, "needs root and setpriv"))
    func foreignFoldersAreSaid() throws {
        let folder = try TemporaryFolder()
        let product = try Fixture.products(in: folder)[0]
        try AtomicFile.makeFolder(at: folder.path("theirs"))
        #expect(chown(folder.path("theirs"), 65534, 65534) == 0)
        let program = programURL("matter-prep").path
        for out in ["theirs", "theirs/below"] {
            let result = try runExecutable(
                try #require(Tool.setpriv),
                // Root without the right to write where the folder's mode forbids it.
                ["--bounding-set=-dac_override,-dac_read_search,-fowner", program]
                    + Fixture.arguments([product], into: folder.path(out), tileSize: 64))
            expectOneLine(result, 77, "theirs", "Permission denied")
        }
        #expect(try Fixture.tree(folder.path("theirs")).isEmpty)
        try AtomicFile.write("a file", to: folder.path("file"))
        let job = Fixture.arguments([product], into: folder.path("file"), tileSize: 64)
        expectOneLine(try runProgram("matter-prep", job), 73, "file")
        let elsewhere = try runProgram(
            "matter-prep", Fixture.arguments([product], into: folder.path("out"), tileSize: 64),
            environment: ["TMPDIR": "/dev/shm/none"])
        #expect(elsewhere.status == 0)
        #expect(try Fixture.tree(folder.path("out")) == Self.wholeTree())
    }

    @Test(
        "B6: a file system that is mounted read-only",
        .enabled(if: Tool.canMount, "needs root and mount")) func readOnlyDisksAreSaid() throws
    {
        let folder = try TemporaryFolder()
        let product = try Fixture.products(in: folder)[0]
        try AtomicFile.makeFolder(at: folder.path("disk"))
        try Tool.withSmallDisk(megabytes: 1, at: folder.path("disk")) {
            let remount = ["-o", "remount,ro", folder.path("disk")]
            #expect(try runExecutable("/bin/mount", remount).status == 0)
            let job = Fixture.arguments([product], into: folder.path("disk/out"))
            expectOneLine(try runProgram("matter-prep", job), 73, "Read-only file system")
        }
    }
}
