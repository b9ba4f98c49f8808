import DataPrep
import Foundation
import Manifests
import TestSupport
import Testing

/// Table B, writes that fail: the exit code says so, nothing half-written is left, and a second run completes the work.
@Suite(.serialized) struct WriteFaultTests {
    /// System calls that change what is on the disk, and how often one small job makes them.
    private static let calls = ["write", "pwrite64", "fsync", "fdatasync", "rename", "unlink"]

    /// One job of one tile under a fault, and again without: the same files as without the fault.
    private func expectRecovery(
        _ injection: String, statuses: Set<Int32>, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let folder = try TemporaryFolder()
        let product = try Fixture.products(in: folder)[0]
        let job = Fixture.arguments([product], into: folder.path("out"), tileSize: 64)
        let (broken, _) = try Tool.traced(["-e", "trace=none", "-e", injection], job)
        #expect(
            statuses.contains(broken.status), "\(injection): \(broken.status) \(broken.stderr)",
            sourceLocation: sourceLocation)
        if ![0, 137].contains(broken.status) {
            let left = try Fixture.tree(folder.path("out")).keys
            #expect(left.allSatisfy { !$0.hasSuffix(".partial") }, sourceLocation: sourceLocation)
            #expect(broken.stderr.hasPrefix("error: "), sourceLocation: sourceLocation)
        }
        let again = try runProgram("matter-prep", job)
        #expect(again.status == 0, "\(again.stderr)", sourceLocation: sourceLocation)
        #expect(
            try Fixture.tree(folder.path("out")) == Self.wholeTree(), "\(injection)",
            sourceLocation: sourceLocation)
    }

    private static let whole: TemporaryFolder? = {
        guard let folder = try? TemporaryFolder(),
            let product = try? Fixture.products(in: folder)[0],
            let result = try? runProgram(
                "matter-prep",
                Fixture.arguments([product], into: folder.path("out"), tileSize: 64))
        else { return nil }
        return result.status == 0 ? folder : nil
    }()

    private static func wholeTree() throws -> [String: SHA256Digest] {
        try Fixture.tree(try #require(whole).path("out"))
    }

    /// B1: killed at a system call that changes the disk; `script/check-faults` does all of them.
    @Test(
        .enabled(if: Tool.canTrace, "needs strace"),
        arguments: [
            ("write", 2), ("write", 9), ("pwrite64", 1), ("fsync", 3), ("fdatasync", 1),
            ("rename", 1), ("rename", 4), ("unlink", 1),
        ]) func b1KilledAnywhereItGoesOn(call: String, number: Int) throws
    {
        try expectRecovery("inject=\(call):signal=KILL:when=\(number)", statuses: [137, 0])
    }

    /// B3: the disk is full at a write; `script/check-faults` does all of them.
    @Test(
        .enabled(if: Tool.canTrace, "needs strace"),
        arguments: [("write", 3), ("write", 6), ("write", 11), ("pwrite64", 1), ("pwrite64", 3)])
    func b3AFullDiskIsSaid(call: String, number: Int) throws {
        try expectRecovery("inject=\(call):error=ENOSPC:when=\(number)", statuses: [74, 0])
    }

    /// B4: a failing fsync or rename is final; nothing says that it went well.
    @Test(
        .enabled(if: Tool.canTrace, "needs strace"),
        arguments: [("fsync", 1), ("fsync", 4), ("fdatasync", 1), ("rename", 2)])
    func b4DeviceErrorsAreFinal(call: String, number: Int) throws {
        try expectRecovery("inject=\(call):error=EIO:when=\(number)", statuses: [74])
    }

    /// B5: over quota.
    @Test(.enabled(if: Tool.canTrace, "needs strace")) func b5QuotasAreSaid() throws {
        try expectRecovery("inject=write:error=EDQUOT:when=4", statuses: [74])
    }

    /// B5: files that may not grow, and handles that run out, end in a line, not in a signal.
    @Test(.enabled(if: Tool.prlimit != nil, "needs prlimit"))
    func b5LimitsEndInALine() throws {
        let folder = try TemporaryFolder()
        let product = try Fixture.products(in: folder)[0]
        let job = Fixture.arguments([product], into: folder.path("out"), tileSize: 64)
        for limit in ["--fsize=0", "--fsize=4096", "--nofile=4", "--nofile=6", "--nofile=8"] {
            let result = try runExecutable(
                try #require(Tool.prlimit), [limit, programURL("matter-prep").path] + job)
            let isExpected = limit.contains("fsize") ? [74] : [71, 127]
            #expect(isExpected.contains(Int(result.status)), "\(limit): \(result)")
            #expect(!FileManager.default.fileExists(atPath: folder.path("out/manifest.jsonl")))
        }
        #expect(try runProgram("matter-prep", job).status == 0)
        #expect(try Fixture.tree(folder.path("out")) == Self.wholeTree())
    }

    /// B3: a disk that cannot hold the samples is refused before the first tile, with what is needed and what there is.
    @Test(.enabled(if: Tool.canMount, "needs root and mount"))
    func b3WhatCannotFitIsNotBegun() throws {
        let folder = try TemporaryFolder()
        try Fixture.image(folder.path("in/20210601T101031_B04.tif"), side: 1024)
        try AtomicFile.makeFolder(at: folder.path("disk"))
        try Tool.withSmallDisk(megabytes: 3, at: folder.path("disk")) {
            let result = try runProgram(
                "matter-prep",
                ["tile", folder.path("in"), "--out", folder.path("disk/out"), "--tile-size", "512"])
            expectOneLine(result, 74, "needs 4 MB", "3 MB free")
            let left = try Fixture.tree(folder.path("disk/out")).keys
            #expect(left.allSatisfy { !$0.hasPrefix("tiles") && !$0.hasSuffix(".partial") })
        }
    }

    /// B3: a disk that is really full in the middle of it: said, and the work completes when there is room.
    @Test(.enabled(if: Tool.canMount, "needs root and mount"))
    func b3ADiskThatFillsUpIsSaid() throws {
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

    /// B6: a folder that may not be written is said; TMPDIR on another disk, or nowhere, makes no difference.
    @Test(.enabled(if: Tool.isRoot && Tool.setpriv != nil, "needs root and setpriv"))
    func b6ForeignFoldersAreSaid() throws {
        let folder = try TemporaryFolder()
        let product = try Fixture.products(in: folder)[0]
        try AtomicFile.makeFolder(at: folder.path("theirs"))
        let program = programURL("matter-prep").path
        for out in ["theirs", "theirs/below"] {
            let result = try runExecutable(
                try #require(Tool.setpriv),
                ["--reuid=65534", "--clear-groups", program]
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

    /// B6: a file system that is mounted read-only.
    @Test(.enabled(if: Tool.canMount, "needs root and mount")) func b6ReadOnlyDisksAreSaid() throws
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
