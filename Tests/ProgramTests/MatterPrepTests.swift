import Foundation
import Manifests
import TestSupport
import Testing

/// `matter-prep` on good, bad and interrupted work, by its exit codes and its one line of error.
@Suite struct MatterPrepTests {
    /// Three simulated dates of two regions, the last one wholly under cloud; made once and copied.
    private static let earth: TemporaryFolder? = {
        guard let folder = try? TemporaryFolder() else { return nil }
        let made = try? runProgram(
            "matter-prep",
            [
                "simulate", "--out", folder.path("earth"), "--products", "l2a", "--regions", "2",
                "--size", "252", "--dates", "3", "--all-cloud-date", "--quiet",
            ])
        return made?.status == 0 ? folder : nil
    }()

    /// A copy of a region that a test may break.
    private static func region(_ index: Int, in folder: TemporaryFolder) throws -> [String] {
        let root = try #require(earth).path("earth/l2a")
        let names = try FileManager.default.contentsOfDirectory(atPath: root).sorted()
        let copy = folder.path(names[index])
        try FileManager.default.copyItem(atPath: "\(root)/\(names[index])", toPath: copy)
        let scenes = try FileManager.default.contentsOfDirectory(atPath: copy)
        return scenes.filter { $0.hasSuffix(".SAFE") }.sorted().map { "\(copy)/\($0)" }
    }

    private static func run(_ paths: [String], _ out: String, _ more: [String] = []) throws
        -> ProgramResult
    {
        try runProgram(
            "matter-prep",
            [
                "run", "--region", "r=\(paths.joined(separator: ","))", "--out", out,
                "--tile-size", "128", "--bands", "B02,B04,B08", "--quiet",
            ] + more)
    }

    private static func file(_ part: String, in scene: String) throws -> String {
        let all = FileManager.default.subpaths(atPath: scene) ?? []
        return "\(scene)/\(try #require(all.first { $0.contains(part) }))"
    }

    private func expectOneLine(_ result: ProgramResult, _ status: Int32, _ words: String...) {
        #expect(result.status == status, "\(result.stderr)")
        #expect(result.stderr.hasPrefix("error: "))
        #expect(result.stderr.filter { $0 == "\n" }.count == 1)
        for word in words { #expect(result.stderr.contains(word), "\(result.stderr)") }
    }

    // MARK: Good work

    @Test func findsTheShiftsAndFlagsTheCloudyDate() throws {
        let folder = try TemporaryFolder()
        let scenes = try Self.region(0, in: folder)
        let out = folder.path("out")
        let result = try Self.run(scenes, out)
        #expect(result.status == 0, "\(result.stderr)")
        #expect(result.stdout.contains("notAligned") && result.stdout.contains("cloud:"))
        let alignment = try JSONValue.parse(WholeFile.read("\(out)/alignment/r.json"))
        let dates = try #require(alignment["dates"]?.array)
        #expect(dates.count == 3 && dates.filter { $0["status"]?.string == "aligned" }.count == 1)
        let records = try JSONLinesReader.read(TileRecord.self, from: "\(out)/manifest.jsonl")
            .records
        #expect(records.contains { !$0.aligned && $0.reason?.hasPrefix("cloud") == true })
        #expect(records.map(\.id) == records.map(\.id).sorted())
        #expect(try runProgram("matter-prep", ["verify", out]).status == 0)
    }

    @Test func aDryRunWritesNothing() throws {
        let folder = try TemporaryFolder()
        let result = try Self.run(
            Self.region(0, in: folder), folder.path("out"), ["--dry-run"])
        #expect(result.status == 0)
        #expect(result.stdout.contains("3 dates × 4 tiles"))
        #expect(!FileManager.default.fileExists(atPath: folder.path("out")))
    }

    // MARK: Bad input

    @Test func aMissingBandIsNamed() throws {
        let folder = try TemporaryFolder()
        let scenes = try Self.region(0, in: folder)
        let victim = try Self.file("_B04_10m", in: scenes[1])
        try FileManager.default.removeItem(atPath: victim)
        expectOneLine(
            try Self.run(scenes, folder.path("out")), 66, "B04", "_B04_10m.jp2")
    }

    @Test(arguments: [true, false]) func aTruncatedFileIsNamed(hasManifest: Bool) throws {
        let folder = try TemporaryFolder()
        let scenes = try Self.region(0, in: folder)
        let victim = try Self.file("_B08_10m", in: scenes[0])
        let bytes = try WholeFile.read(victim)
        try Data(bytes.prefix(bytes.count * 3 / 5)).write(to: URL(filePath: victim))
        if !hasManifest {
            try FileManager.default.removeItem(atPath: "\(scenes[0])/manifest.safe")
        }
        expectOneLine(try Self.run(scenes, folder.path("out")), 65, "_B08_10m.jp2")
    }

    @Test func aFlippedByteIsFoundByTheProductsOwnDigest() throws {
        let folder = try TemporaryFolder()
        let scenes = try Self.region(0, in: folder)
        let victim = try Self.file("_B02_10m", in: scenes[0])
        var bytes = try WholeFile.read(victim)
        bytes[bytes.count * 2 / 3] ^= 4
        try Data(bytes).write(to: URL(filePath: victim))
        expectOneLine(try Self.run(scenes, folder.path("out")), 65, "manifest.safe says")
    }

    @Test func anotherProjectionThanTheTilesIsRefused() throws {
        let folder = try TemporaryFolder()
        let scenes = try Self.region(0, in: folder)
        let metadata = "\(scenes[0])/MTD_MSIL2A.xml"
        let text = try WholeFile.readText(metadata)
        let renamed = text.replacing("_T33", with: "_T31", maxReplacements: 1)
        #expect(renamed != text)
        try Data(renamed.utf8).write(to: URL(filePath: metadata))
        expectOneLine(
            try Self.run(scenes, folder.path("out")), 65, "expected EPSG:32631", "EPSG:32633")
    }

    @Test func aDateElsewhereIsSetAside() throws {
        let folder = try TemporaryFolder()
        let here = try Self.region(0, in: folder)
        let there = try Self.region(1, in: folder)
        let out = folder.path("out")
        let result = try Self.run([here[0], there[1]], out)
        expectOneLine(result, 80, "no overlap with the reference", "0.0 %")
        #expect(result.stdout.contains("skipped"))
        let records = try JSONLinesReader.read(TileRecord.self, from: "\(out)/manifest.jsonl")
            .records
        #expect(Set(records.map(\.date)).count == 1)
    }

    @Test func anEmptyFolderIsMissingInput() throws {
        let folder = try TemporaryFolder()
        try AtomicFile.makeFolder(at: folder.path("empty"))
        expectOneLine(
            try Self.run([folder.path("empty")], folder.path("out")), 66, "no scene")
        expectOneLine(try Self.run([folder.path("nowhere")], folder.path("out")), 66, "nowhere")
    }

    @Test func anEntityInMetadataIsRefused() throws {
        let folder = try TemporaryFolder()
        let scenes = try Self.region(0, in: folder)
        let metadata = "\(scenes[0])/MTD_MSIL2A.xml"
        let text = "<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><a>&x;</a>"
        try Data(text.utf8).write(to: URL(filePath: metadata))
        expectOneLine(try Self.run(scenes, folder.path("out")), 65, "DTD not allowed")
    }

    // MARK: Sensor geometry

    /// Over its DEM a scene comes to lie on the truth map; without, the result says that it is on flat ground.
    @Test func orthorectifiesOverHeights() throws {
        let folder = try TemporaryFolder()
        let made = try runProgram(
            "matter-prep",
            ["simulate", "--out", folder.path("earth"), "--products", "sensor", "--quiet"])
        #expect(made.status == 0, "\(made.stderr)")
        let (scene, dem) = (
            folder.path("earth/sensor/scene.tif"), folder.path("earth/sensor/dem.tif")
        )
        try AtomicFile.makeFolder(at: folder.path("dates"))
        try FileManager.default.copyItem(
            atPath: folder.path("earth/sensor/truth/map.tif"),
            toPath: folder.path("dates/map_20210607.tif"))
        let ortho = folder.path("dates/ortho_20210608.tif")
        #expect(
            try runProgram("matter-prep", ["orthorectify", scene, "--dem", dem, "--out", ortho])
                .status == 0)
        let aligned = try runProgram(
            "matter-prep",
            ["align", folder.path("dates"), "--reference", "2021-06-07", "--json", "--quiet"])
        let date = try JSONValue.parse(aligned.stdout)[0]?["dates"]?[1]
        #expect(date?["status"]?.string == "aligned", "\(aligned.stderr)")
        for side in ["rows", "columns"] {
            #expect(abs(date?["shift"]?[side]?.double ?? 9) < 0.05)
        }
        let flat = try runProgram(
            "matter-prep", ["orthorectify", scene, "--out", folder.path("flat.tif")])
        #expect(flat.status == 0 && flat.stdout.contains("flat ground"))
        expectOneLine(
            try runProgram(
                "matter-prep",
                ["orthorectify", scene, "--dem", folder.path("no.tif"), "--out", ortho]), 66,
            "no.tif"
        )
        expectOneLine(
            try runProgram("matter-prep", ["orthorectify", dem, "--out", folder.path("x.tif")]), 65,
            "RPC")
        try AtomicFile.write("lineOffset = 1;", to: folder.path("half.RPB"))
        for (name, status, words) in [
            ("no.RPB", 66, "no such file"), ("half.RPB", 65, "lineScale is missing"),
        ] {
            expectOneLine(
                try runProgram(
                    "matter-prep",
                    ["orthorectify", scene, "--rpc", folder.path(name), "--out", ortho]),
                Int32(status), "\(name): ", words)
        }
        try laysOntoAnotherGrid(scene, dem, folder)
        try decodesImagesInWorkers(scene, dem, folder)
    }

    /// The truth map's very grid; and what is asked for in two ways, or cannot be known, is refused.
    private func laysOntoAnotherGrid(
        _ scene: String, _ dem: String, _ folder: TemporaryFolder
    ) throws {
        let map = folder.path("earth/sensor/truth/map.tif")
        let laid = try runProgram(
            "matter-prep",
            [
                "orthorectify", scene, "--dem", dem, "--like", map, "--resampling", "cubic",
                "--threads", "2", "--height-offset", "auto", "--out", folder.path("like.tif"),
                "--json", "--quiet",
            ])
        #expect(laid.status == 0, "\(laid.stderr)")
        let result = try JSONValue.parse(laid.stdout)
        #expect((result["covered"]?.double ?? 0) > 0.5)
        #expect(result["heightOffset"]?.double == 0 && result["heightSystem"] == nil)
        for (options, status, words) in [
            (["--like", map, "--resolution", "20"], 64, "--like takes the place"),
            (["--like", map, "--epsg", "32633"], 64, "--like takes the place"),
            (["--like", scene], 65, "no georeference"),
            (["--resampling", "sharp"], 64, "sharp"),
            (["--height-offset", "nan"], 64, "metres, gcps, geoid or auto"),
            (["--height-offset", "geoid"], 65, "does not say what its heights count from"),
        ] {
            let refused = try runProgram(
                "matter-prep",
                ["orthorectify", scene, "--dem", dem, "--out", folder.path("no.tif")] + options)
            #expect(refused.status == Int32(status) && refused.stderr.contains(words), "\(options)")
        }
        #expect(!FileManager.default.fileExists(atPath: folder.path("no.tif")))
    }

    /// Who decodes is not seen in the result, and a decoder that dies is one line of error (A27).
    private func decodesImagesInWorkers(
        _ scene: String, _ dem: String, _ folder: TemporaryFolder
    ) throws {
        func lay(_ options: [String], fault: String? = nil) throws -> ProgramResult {
            try runProgram(
                "matter-prep",
                ["orthorectify", scene, "--dem", dem, "--out", folder.path("laid.tif")] + options,
                environment: fault.map { ["MATTER_TEST_DECODER": $0] } ?? [:])
        }
        let own = try lay(["--no-decode-workers", "--threads", "1"], fault: "11 pixels scene")
        #expect(own.status == 0)
        let plain = try WholeFile.read(folder.path("laid.tif"))
        #expect(try lay([]).status == 0)
        #expect(try WholeFile.read(folder.path("laid.tif")) == plain)
        try FileManager.default.removeItem(atPath: folder.path("laid.tif"))
        for when in ["open", "pixels"] {
            expectOneLine(
                try lay([], fault: "11 \(when) scene.tif"), 65, "scene.tif: worker died: signal 11")
        }
        #expect(!FileManager.default.fileExists(atPath: folder.path("laid.tif")))
    }

    // MARK: Output

    @Test func anOutputThatCannotBeMadeIsSaid() throws {
        let folder = try TemporaryFolder()
        let scenes = try Self.region(0, in: folder)
        try AtomicFile.write("a file", to: folder.path("file"))
        expectOneLine(try Self.run(scenes, folder.path("file")), 73, "file")
        expectOneLine(try Self.run(scenes, folder.path("file/below")), 73, "file")
    }

    @Test func aFolderInUseIsLocked() throws {
        let folder = try TemporaryFolder()
        let scenes = try Self.region(0, in: folder)
        let lock = try FolderLock(folder: folder.path("out"))
        let result = try Self.run(scenes, folder.path("out"))
        withExtendedLifetime(lock) {}
        expectOneLine(result, 75, "in use by process")
    }

    @Test func verifyNamesADamagedTileAndAnUnfinishedRun() throws {
        let folder = try TemporaryFolder()
        let scenes = try Self.region(0, in: folder)
        let out = folder.path("out")
        #expect(try Self.run(Array(scenes.prefix(1)), out).status == 0)
        let victim = try Self.file("1_0/", in: "\(out)/tiles")
        var bytes = try WholeFile.read(victim)
        bytes[100] ^= 1
        try Data(bytes).write(to: URL(filePath: victim))
        let damaged = try runProgram("matter-prep", ["verify", out])
        #expect(damaged.status == 65 && damaged.stdout.contains("r/1_0/"))
        try FileManager.default.removeItem(atPath: "\(out)/manifest.jsonl")
        #expect(try runProgram("matter-prep", ["verify", out]).status == 1)
    }

    /// Killed after one, three and five tiles, and run again: the same files as without.
    @Test(arguments: [1, 3, 5]) func aKilledRunGoesOnToTheSameFiles(tiles: Int) throws {
        let folder = try TemporaryFolder()
        let scenes = try Self.region(0, in: folder)
        let (whole, killed) = (folder.path("whole"), folder.path("killed"))
        #expect(try Self.run(scenes, whole).status == 0)
        let process = Process()
        process.executableURL = programURL("matter-prep")
        process.arguments = [
            "run", "--region", "r=\(scenes.joined(separator: ","))", "--out", killed,
            "--tile-size", "128", "--bands", "B02,B04,B08", "--quiet",
        ]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        while process.isRunning, Self.count(of: ".tif", in: killed) < tiles { usleep(500) }
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        #expect(!FileManager.default.fileExists(atPath: "\(killed)/manifest.jsonl"))
        #expect(try Self.run(scenes, killed).status == 0)
        #expect(try Self.tree(killed) == Self.tree(whole))
    }

    private static func count(of suffix: String, in folder: String) -> Int {
        (FileManager.default.subpaths(atPath: folder) ?? []).count { $0.hasSuffix(suffix) }
    }

    private static func tree(_ folder: String) throws -> [String: SHA256Digest] {
        var tree: [String: SHA256Digest] = [:]
        for name in FileManager.default.subpaths(atPath: folder) ?? []
        where !name.hasSuffix(".log") && !name.hasSuffix("lock.mdb") {
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
}
