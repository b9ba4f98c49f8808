import Foundation
import Manifests
import TestSupport
import Testing

/// `matter-prep unchanged` behind the other programs: by its files, exit codes and its one line of error.
@Suite struct UnchangedProgramTests {
    /// Four dates of a simulated region in four tiles; made once and copied.
    private static let tiles: TemporaryFolder? = {
        guard let folder = try? TemporaryFolder() else { return nil }
        let steps = [
            [
                "simulate", "--out", folder.path("earth"), "--products", "l2a", "--regions", "1",
                "--size", "252", "--dates", "4", "--quiet",
            ],
            [
                "run", "--region", "r=\(folder.path("earth/l2a/33UUU"))", "--out",
                folder.path("tiles"), "--tile-size", "128", "--bands", "B02,B03,B04,B08",
                "--quiet",
            ],
        ]
        for step in steps {
            guard (try? runProgram("matter-prep", step))?.status == 0 else { return nil }
        }
        return folder
    }()

    private static func copy(in folder: TemporaryFolder) throws -> String {
        let copy = folder.path("tiles")
        try FileManager.default.copyItem(
            atPath: try #require(tiles).path("tiles"), toPath: copy)
        return copy
    }

    private func expectOneLine(_ result: ProgramResult, _ status: Int32, _ words: String...) {
        #expect(result.status == status, "\(result.stderr)")
        #expect(result.stderr.hasPrefix("error: ") || status == 64)
        #expect(result.stderr.filter { $0 == "\n" }.count == 1 || status == 64)
        for word in words { #expect(result.stderr.contains(word), "\(result.stderr)") }
    }

    private static func tree(_ folder: String) throws -> [String: SHA256Digest] {
        var tree: [String: SHA256Digest] = [:]
        for name in FileManager.default.subpaths(atPath: folder) ?? [] {
            var isFolder: ObjCBool = false
            let path = "\(folder)/\(name)"
            if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder),
                !isFolder.boolValue
            {
                tree[name] = try SHA256Digest(ofFile: path)
            }
        }
        return tree
    }

    @Test func scoresEveryTile() throws {
        let folder = try TemporaryFolder()
        let tiles = try Self.copy(in: folder)
        let before = try Self.tree(tiles)
        let result = try runProgram("matter-prep", ["unchanged", tiles, "--json", "--quiet"])
        #expect(result.status == 0, "\(result.stderr)")
        let report = try JSONValue.parse(result.stdout)
        #expect(report["tiles"]?.array?.count == 4)
        for tile in report["tiles"]?.array ?? [] {
            #expect((tile["score"]?.double ?? 0) > 0.5)
            let path = try #require(tile["path"]?.string)
            #expect(FileManager.default.fileExists(atPath: "\(tiles)/unchanged/\(path)"))
        }
        // What was there is as it was.
        let after = try Self.tree(tiles).filter { !$0.key.hasPrefix("unchanged") }
        #expect(after == before)
        let table = try runProgram("matter-prep", ["unchanged", tiles])
        #expect(table.status == 0 && table.stdout.contains("of 4 tiles selected"))
        #expect(table.stderr.contains("tiles 4/4") && !table.stdout.contains("undecided"))
        // No pair has a correlation of 1.
        try FileManager.default.removeItem(atPath: "\(tiles)/unchanged")
        let strict = ["unchanged", tiles, "--least-correlation", "1"]
        let none = try runProgram("matter-prep", strict)
        #expect(none.status == 0 && none.stdout.contains("0 of 4 tiles selected, 0 date pairs"))
        #expect(none.stdout.contains("date pairs undecided"), "\(none.stdout)")
        let told = try JSONValue.parse(runProgram("matter-prep", strict + ["--json"]).stdout)
        let pairs = (told["tiles"]?.array ?? []).flatMap { $0["pairs"]?.array ?? [] }
        #expect(!pairs.isEmpty && told["undecidedPairs"]?.int == pairs.count)
        #expect(pairs.allSatisfy { $0["refusal"]?.string?.hasPrefix("undecided") == true })
    }

    @Test func badInputIsSaid() throws {
        let folder = try TemporaryFolder()
        let tiles = try Self.copy(in: folder)
        func run(_ more: String...) throws -> ProgramResult {
            try runProgram("matter-prep", ["unchanged"] + more)
        }
        expectOneLine(try run(folder.path("nothing")), 66, "manifest.jsonl")
        expectOneLine(try run(tiles, "--threshold", "1.5"), 64, "--threshold")
        expectOneLine(try run(tiles, "--least-correlation", "2"), 64, "--least-correlation")
        expectOneLine(try run(tiles, "--bands", "B99"), 64, "B99")
        expectOneLine(try run(tiles, "--bands", "B12"), 66, "B12")
        let lock = try FolderLock(folder: "\(tiles)/unchanged")
        expectOneLine(try run(tiles), 75, "in use by process")
        withExtendedLifetime(lock) {}
        try FileManager.default.removeItem(atPath: "\(tiles)/unchanged")
        #expect(try run(tiles, "--quiet").status == 0)
        expectOneLine(try run(tiles, "--threshold", "0.2"), 78, "settings")
        let manifest = "\(tiles)/manifest.jsonl"
        var text = try WholeFile.readText(manifest)
        text.removeLast(10)
        try Data(text.utf8).write(to: URL(filePath: manifest))
        expectOneLine(try run(tiles), 65, "torn")
        try FileManager.default.removeItem(atPath: "\(tiles)/store/data.mdb")
        try FileManager.default.removeItem(atPath: manifest)
        try FileManager.default.copyItem(
            atPath: try #require(Self.tiles).path("tiles/manifest.jsonl"), toPath: manifest)
        expectOneLine(try run(tiles), 66, "store")
    }

    /// Killed after one, two and three tiles, and run again: the same files as without.
    @Test(arguments: [1, 2, 3]) func aKilledRunGoesOnToTheSameFiles(count: Int) throws {
        let (one, other) = (try TemporaryFolder(), try TemporaryFolder())
        let (whole, killed) = (try Self.copy(in: one), try Self.copy(in: other))
        let options = ["--normalise", "--normalised-tiles", "--quiet"]
        #expect(try runProgram("matter-prep", ["unchanged", whole] + options).status == 0)
        let process = Process()
        process.executableURL = programURL("matter-prep")
        process.arguments = ["unchanged", killed] + options
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        let rasters = "\(killed)/unchanged/tiles"
        while process.isRunning,
            (FileManager.default.subpaths(atPath: rasters) ?? []).count(where: {
                $0.hasSuffix(".tif") && !$0.contains("/.")
            }) < count
        { usleep(200) }
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        #expect(!FileManager.default.fileExists(atPath: "\(killed)/unchanged/scores.jsonl"))
        #expect(try runProgram("matter-prep", ["unchanged", killed] + options).status == 0)
        try? FileManager.default.removeItem(atPath: "\(killed)/unchanged/.lock")
        #expect(try Self.tree("\(killed)/unchanged") == Self.tree("\(whole)/unchanged"))
    }
}
