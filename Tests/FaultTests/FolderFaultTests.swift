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

    /// B11: a folder made with any other setting, scene or input is refused, and what differs is named.
    @Test func b11OtherParametersAreNamed() throws {
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
            ("settings.alignmentBand", { $0.alignmentBand = .b04 }),
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

    /// B12: one bit of a tile, wherever it lies, is found by `verify`; the next run makes this tile anew, and no other.
    @Test func b12OneBitOfATileIsFound() throws {
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

    /// B13: a manifest that was edited by hand is found out, with the line; keys that begin with "x-" are anyone's own.
    @Test func b13EditedManifestsAreFound() throws {
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
        let digest = edited("\"sha256\":\"", "\"sha256\":\"0")
        expectRefusal(.badData, "manifest.jsonl:2") { _ = try faults(digest) }
        #expect(try faults(edited("\"transform\":[", "\"transform\":[1")).count == 1)
        #expect(try faults(edited("EPSG:32633", "EPSG:32634")).count == 1)
        #expect(try faults(edited("\"B04\"", "\"B03\"")).count == 1)
        #expect(try faults(edited("{", "{\"extra\":1,"))[0].contains("manifest.jsonl:2"))
        #expect(try faults(edited("{", "{ "))[0].contains("manifest.jsonl:2"))
        #expect(try faults(edited("{", "{\"x-note\":\"mine\",")).isEmpty)
        #expect(try faults(Array(lines.dropFirst()))[0].contains("not in manifest.jsonl"))
        #expect(try faults(lines + [lines[0]]).contains { $0.contains("listed twice") })
        #expect(try faults(lines, end: "\r\n").count == lines.count)
        expectRefusal(.badData, "manifest.jsonl:1") {
            _ = try faults(["\u{FEFF}" + lines[0]] + lines.dropFirst())
        }
        expectRefusal(.badData, "manifest.jsonl:2") { _ = try faults(edited("{", "{\"id\":1,")) }
        // The next run does not believe it either, and mends it.
        _ = try faults(edited("\"transform\":[", "\"transform\":[1"))
        #expect(try Fixture.run(products, into: out).written == 1)
        #expect(try Fixture.tree(out) == before)
    }

    /// B14: a manifest whose paths lead elsewhere is not followed, by name or by link.
    @Test(arguments: ["../../etc/x", "/etc/passwd", "tiles/../../b", "./tiles/../../b", ""])
    func b14PathsStayInTheFolder(path: String) throws {
        let folder = try TemporaryFolder()
        let (_, out) = try Self.finished(in: folder)
        let record = try JSONLinesReader.read(TileRecord.self, from: "\(out)/manifest.jsonl")
            .records[0]
        try Fixture.edit("\(out)/manifest.jsonl", ("\"\(record.path)\"", "\"\(path)\""))
        #expect(
            try PrepVerification(folder: out).faults.contains { $0.contains("leaves the folder") })
    }

    /// B14: a link in the output folder that leads out of it is neither read through nor written through.
    @Test(arguments: ["tiles", "quicklooks", "store", "alignment", "tiles/r/0_0"])
    func b14LinksOutAreRefused(name: String) throws {
        let folder = try TemporaryFolder()
        let (products, out) = try Self.finished(in: folder)
        try FileManager.default.moveItem(atPath: "\(out)/\(name)", toPath: folder.path("outside"))
        #expect(symlink(folder.path("outside"), "\(out)/\(name)") == 0)
        if name.hasPrefix("tiles") {
            #expect(
                try PrepVerification(folder: out).faults.contains {
                    $0.contains("leaves the folder")
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

    /// B15: what would give two tiles one name is refused; two projections in one region come onto one grid.
    @Test func b15NamesDoNotCollide() throws {
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

    /// B26: a tile of which blocks have no bytes is found though its digest is right: GDAL would read zeros.
    @Test(arguments: [false, true]) func b26MissingBlocksAreFound(isSparse: Bool) throws {
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
        let faults = try PrepVerification(folder: out).faults
        #expect(faults.count == (isSparse ? 1 : 0))
        #expect(faults.allSatisfy { $0.contains("has no block at column 0, row 0") })
    }

    /// B28: a folder of another version of the suite is refused, and the version is what is named.
    @Test func b28AnotherVersionIsNamed() throws {
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
