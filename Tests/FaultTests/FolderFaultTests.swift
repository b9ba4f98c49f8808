import DataPrep
import Foundation
import Geo
import Manifests
import Raster
import TestSupport
import Testing

/// Table B, output folders that are not what this run would have left.
@Suite struct FolderFaultTests {
    private static func finished(in folder: TemporaryFolder) throws -> (paths: [String], String) {
        let products = try Fixture.products(in: folder)
        try Fixture.run(products, into: folder.path("out"))
        return (products, folder.path("out"))
    }

    @Test("B11: a folder made with other settings or scenes is refused, and what differs named")
    func otherParametersAreNamed() throws {
        let folder = try TemporaryFolder()
        let (products, out) = try Self.finished(in: folder)
        let before = try Fixture.tree(out)
        let changes: [(String, (inout PrepSettings) -> Void)] = [
            ("settings.tileSize", { $0.tileSize = 16 }),
            ("settings.tileStride", { $0.tileStride = 16 }),
            ("settings.edge", { $0.edge = .drop }), ("settings.bands", { $0.bands = [.b04] }),
            ("settings.smallestTileShare", { $0.smallestTileShare = 0.2 }),
            ("settings.largestNoDataShare", { $0.largestNoDataShare = 0.5 }),
            ("settings.largestCloudShare", { $0.largestCloudShare = 0.5 }),
            ("settings.alignmentBands", { $0.alignmentBands = [.b04] }),
            ("settings.aligns", { $0.aligns = true }),
            ("settings.reference", { $0.reference = "2021-08-22" }),
            ("settings.quicklookBands", { $0.quicklookBands = [.b04] }),
            ("settings.kernel", { $0.kernel = .cubic }),
            ("settings.search.largestShift", { $0.search.largestShift = 8 }),
            ("settings.smallestShift", { $0.smallestShift = 0.5 }),
        ]
        for (key, change) in changes {
            var settings = Fixture.settings
            change(&settings)
            expectRefusal(.configuration, "another run", key) {
                try Fixture.run(products, into: out, settings)
            }
        }
        expectRefusal(.configuration, "regions.r.scenes") {
            try Fixture.run(Array(products.dropLast()), into: out)
        }
        #expect(try Fixture.tree(out) == before)
    }

    @Test("B12: one bit of a tile is found by verify; the next run makes this tile anew, no other")
    func oneBitOfATileIsFound() throws {
        let folder = try TemporaryFolder()
        let (products, out) = try Self.finished(in: folder)
        let before = try Fixture.tree(out)
        var random = SplitMix64(seed: 12)
        let records = try JSONLinesReader.read(TileRecord.self, from: "\(out)/manifest.jsonl")
            .records
        for _ in 0..<25 {
            let record = records[random.nextInt(below: records.count)]
            let bytes = try WholeFile.read("\(out)/\(record.path)")
            var damaged = bytes
            damaged[random.nextInt(below: bytes.count)] ^= 1 << UInt8(random.nextInt(below: 8))
            try Fixture.overwrite("\(out)/\(record.path)", damaged)
            let faults = try PrepVerification(folder: out).faults
            #expect(faults.count == 1 && faults[0].hasPrefix("\(record.id): SHA-256 is"))
            try Fixture.overwrite("\(out)/\(record.path)", bytes)
        }
        try Fixture.overwrite("\(out)/\(records[3].path)", [1, 2, 3])
        #expect(try Fixture.run(products, into: out).written == 1)
        #expect(try Fixture.tree(out) == before)
    }

    @Test("B13: a manifest that was edited by hand is found out, and never believed")
    func editedManifestsAreFound() throws {
        let folder = try TemporaryFolder()
        let (products, out) = try Self.finished(in: folder)
        let manifest = "\(out)/manifest.jsonl"
        let before = try Fixture.tree(out)
        let lines = try WholeFile.readText(manifest).split(separator: "\n").map(String.init)
        func faults(_ changed: [String], end: String = "\n") throws -> [String] {
            try Fixture.overwrite(
                manifest, Array(changed.map { $0 + end }.joined().utf8))
            return try PrepVerification(folder: out).faults
        }
        func edited(_ before: String, _ after: String) -> [String] {
            var changed = lines
            changed[1] = changed[1].replacing(before, with: after, maxReplacements: 1)
            #expect(changed != lines, "\(before)")
            return changed
        }
        func isFound(_ changed: [String], _ words: String, end: String = "\n") throws {
            let found = try faults(changed, end: end)
            #expect(found.contains { $0.hasPrefix("manifest.jsonl: SHA-256") })
            #expect(found.contains { $0.contains(words) }, "\(words): \(found)")
        }
        let digest = edited("\"sha256\":\"", "\"sha256\":\"0")
        expectRefusal(.badData, "manifest.jsonl:2") { _ = try faults(digest) }
        try isFound(edited("\"transform\":[", "\"transform\":[1"), "lies elsewhere")
        try isFound(edited("EPSG:32633", "EPSG:32634"), "lies elsewhere")
        try isFound(edited("\"B04\"", "\"B03\""), "bands [\"B04\", \"B8A\"]")
        try isFound(edited("{", "{\"extra\":1,"), "manifest.jsonl:2: not as it was written")
        try isFound(edited("{", "{ "), "manifest.jsonl:2: not as it was written")
        try isFound(Array(lines.dropFirst()), "none of a tile")
        try isFound(lines + [lines[0]], "listed twice")
        try isFound(lines, "manifest.jsonl:\(lines.count): not as it was written", end: "\r\n")
        expectRefusal(.badData, "manifest.jsonl:1") {
            _ = try faults(["\u{FEFF}" + lines[0]] + lines.dropFirst())
        }
        expectRefusal(.badData, "manifest.jsonl:2") { _ = try faults(edited("{", "{\"id\":1,")) }
        // Fields of one's own are told too, and readers pass over them.
        try isFound(edited("{", "{\"x-note\":\"mine\","), "manifest.jsonl:2")
        #expect(
            try JSONLinesReader.read(TileRecord.self, from: manifest).records.count == lines.count)
        // The next run does not believe any line of it, and makes it anew from the scenes.
        #expect(try Fixture.run(products, into: out).written == lines.count)
        #expect(try Fixture.tree(out) == before)
    }

    @Test("B13: a journal that was edited by hand while a run was stopped is not believed")
    func editedJournalsAreNotBelieved() throws {
        let folder = try TemporaryFolder()
        let (products, out) = try Self.finished(in: folder)
        let before = try Fixture.tree(out)
        let lines = try WholeFile.readText("\(out)/manifest.jsonl")
        let names = ["manifest.jsonl", "files.jsonl", "leftout.jsonl"]
        for (old, new) in [("EPSG:32633", "EPSG:32634"), ("\"row\":0", "\"row\":7")] {
            for name in names { try FileManager.default.removeItem(atPath: "\(out)/\(name)") }
            try AtomicFile.write(
                lines.replacing(old, with: new, maxReplacements: 1), to: "\(out)/journal.jsonl")
            #expect(try Fixture.run(products, into: out).written == 1)
            #expect(try Fixture.tree(out) == before)
        }
    }

    @Test(
        "B14: a manifest whose paths lead elsewhere is not followed, by name or by link",
        arguments: ["../../etc/x", "/etc/passwd", "tiles/../../b", "./tiles/../../b", ""])
    func pathsStayInTheFolder(path: String) throws {
        let folder = try TemporaryFolder()
        let (_, out) = try Self.finished(in: folder)
        let record = try JSONLinesReader.read(TileRecord.self, from: "\(out)/manifest.jsonl")
            .records[0]
        try Fixture.edit("\(out)/manifest.jsonl", ("\"\(record.path)\"", "\"\(path)\""))
        #expect(
            try PrepVerification(folder: out).faults.contains { $0.contains("leaves the folder") })
    }

    @Test(
        "B14: a link out of the output folder is neither read through nor written through",
        arguments: ["tiles", "quicklooks", "store", "alignment", "tiles/r/0_0"])
    func linksOutAreRefused(name: String) throws {
        let folder = try TemporaryFolder()
        let (products, out) = try Self.finished(in: folder)
        try FileManager.default.moveItem(atPath: "\(out)/\(name)", toPath: folder.path("outside"))
        #expect(symlink(folder.path("outside"), "\(out)/\(name)") == 0)
        if name.hasPrefix("tiles") {
            #expect(
                try PrepVerification(folder: out).faults.contains {
                    $0.contains("a symbolic link leads out of the folder")
                })
        }
        for file in try Fixture.tree(folder.path("outside")).keys {
            try FileManager.default.removeItem(atPath: folder.path("outside/\(file)"))
        }
        try FileManager.default.removeItem(atPath: "\(out)/manifest.jsonl")
        expectRefusal(.cannotCreate, "symbolic link leads out of the output folder") {
            try Fixture.run(products, into: out)
        }
        #expect(try Fixture.tree(folder.path("outside")).isEmpty)
    }

    @Test("B15: two tiles of one name are refused; two projections come onto one grid")
    func namesDoNotCollide() throws {
        let folder = try TemporaryFolder()
        let products = try Fixture.products(in: folder)
        let regions = ["r", "R"].map { RegionInput(name: $0, paths: [products[0]]) }
        expectRefusal(.usage, "regions need names that differ") {
            _ = try PrepPlan(
                regions: regions, settings: Fixture.settings, output: folder.path("out"))
        }
        try Fixture.edit(
            "\(products[0])/MTD_MSIL2A.xml", ("T33UUU_20210608T14", "T33UUV_20210608T14"))
        try FileManager.default.copyItem(atPath: products[0], toPath: folder.path("l2a/twin"))
        try Fixture.edit(
            folder.path("l2a/twin/MTD_MSIL2A.xml"),
            ("_T33UUV_20210608T140000", "_T33UUV_20210608T150000"))
        expectRefusal(.badData, "taken at the same time") {
            try Fixture.run([products[0], folder.path("l2a/twin")], into: folder.path("out"))
        }
        try Fixture.image(folder.path("in/20210601T101031_B04.tif"), grid: Fixture.grid(x: 200_000))
        let place = try CoordinateTransform(from: CRS(epsg: 32633), to: CRS(epsg: 32632))
            .map([Position(x: 200_000, y: 5_700_000)])[0]
        let corner = try #require(place)
        try Fixture.image(
            folder.path("in/20210602T101031_B04.tif"),
            grid: Fixture.grid(epsg: 32632, x: corner.x, y: corner.y))
        try Fixture.run([folder.path("in")], into: folder.path("out"), Fixture.single)
        let records = try JSONLinesReader.read(
            TileRecord.self, from: folder.path("out/manifest.jsonl")
        ).records
        #expect(Set(records.map(\.crs)) == ["EPSG:32633"] && Set(records.map(\.date)).count == 2)
        #expect(Set(records.map(\.id)).count == records.count)
    }

    @Test(
        "B26: a tile of which blocks have no bytes is found though its digest is right",
        arguments: [false, true]) func missingBlocksAreFound(isSparse: Bool) throws
    {
        let folder = try TemporaryFolder()
        let (_, out) = try Self.finished(in: folder)
        let record = try JSONLinesReader.read(TileRecord.self, from: "\(out)/manifest.jsonl")
            .records[0]
        let path = "\(out)/\(record.path)"
        if isSparse {
            for tag in [324, 325] {
                let isPatched = try ForgedTIFF.patch(path, tag: tag) { bytes in
                    bytes = [UInt8](repeating: 0, count: bytes.count)
                }
                #expect(isPatched)
            }
        }
        let digest = try SHA256Digest(ofFile: path)
        try Fixture.edit(
            "\(out)/manifest.jsonl", (record.sha256.hex, digest.hex))
        let faults = try PrepVerification(folder: out).faults.filter { $0.hasPrefix(record.id) }
        #expect(faults.count == (isSparse ? 1 : 0))
        #expect(faults.allSatisfy { $0.contains("has no block at column 0, row 0") })
    }

    @Test("B28: a folder of another version of the suite is refused, and the version named")
    func anotherVersionIsNamed() throws {
        let folder = try TemporaryFolder()
        let (products, out) = try Self.finished(in: folder)
        try Fixture.edit(
            "\(out)/run.json",
            ("\"version\": \"\(SuiteVersion.current)\"", "\"version\": \"0.0.9\""))
        expectRefusal(.configuration, "(version differ") { try Fixture.run(products, into: out) }
        let region = RegionInput(name: "r", paths: products)
        let plan = try PrepPlan(regions: [region], settings: Fixture.settings, output: out)
        let lines = try PrepExplanation(plan).lines
        #expect(lines[0].hasPrefix("version: 0.0.9 → \(SuiteVersion.current)"))
    }
}
