import DataPrep
import Foundation
import Geo
import Manifests
import Raster
import TestSupport
import Testing

/// Band files without metadata, from before and after baseline 04.00.
@Suite struct LooseOffsetTests {
    private static let early = "S2A_MSIL2A_20210601T101031_N0301_R022_T33UUU_20210601T120000"
    private static let late = "S2A_MSIL2A_20220601T101031_N0400_R022_T33UUU_20220601T120000"

    private static func pixels(_ more: UInt16) -> [UInt16] {
        (0..<64 * 64).map { UInt16($0 % 3000 + 1) + more }
    }

    /// A GeoTIFF of B04 whose numbers are `more` higher; it says scale and offset where they are given.
    private static func write(_ path: String, more: UInt16, says offset: String? = nil) throws {
        guard let offset else { return try Fixture.image(path, pixels: pixels(more)) }
        try AtomicFile.makeFolder(at: URL(filePath: path).deletingLastPathComponent().path)
        let space = String(repeating: "x", count: 300)
        try RasterWriter.write(
            RasterBuffer(size: Fixture.grid().size, pixels: pixels(more)), grid: Fixture.grid(),
            as: .geoTIFF(), metadata: ["SPACE": space], to: path)
        // GDAL's own XML, as long as what it takes the place of.
        let items = """
            <GDALMetadata><Item name="OFFSET" sample="0" role="offset">\(offset)</Item>\
            <Item name="SCALE" sample="0" role="scale">0.0001</Item></GDALMetadata>
            """
        let isThere = try ForgedTIFF.patch(path, tag: 42112) { bytes in
            let padding = max(0, bytes.count - 1 - items.utf8.count)
            bytes = Array(items.utf8) + [UInt8](repeating: 0x20, count: padding) + [0]
        }
        try #require(isThere)
    }

    /// The tiles of both dates of a folder, by date.
    private static func tiles(
        _ folder: TemporaryFolder, _ settings: PrepSettings = Fixture.single
    ) throws -> [RasterBuffer<UInt16>] {
        let out = folder.path("out")
        try Fixture.run([folder.path("in")], into: out, settings)
        let lines = try JSONLinesReader.read(TileRecord.self, from: "\(out)/manifest.jsonl")
        return try lines.records.filter { ($0.column, $0.row) == (0, 0) }.map {
            try RasterFile(reading: "\(out)/\($0.path)").read(as: UInt16.self)
        }
    }

    /// How two dates are named, and what offset each says itself.
    struct Pair: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let early: String
        let late: String
        var earlySays: String?
        var lateSays: String?
    }

    private static let pairs = [
        Pair(testDescription: "folder", early: "\(early)/B04.tif", late: "\(late)/B04.tif"),
        Pair(testDescription: "file name", early: "\(early)_B04.tif", late: "\(late)_B04.tif"),
        Pair(
            testDescription: "folder of a dated file", early: "\(early)/B04.tif",
            late: "\(late).SAFE/T33UUU_20220601T101031_B04.tif"),
        Pair(
            testDescription: "file", early: "20210601_B04.tif", late: "20220601_B04.tif",
            earlySays: "0", lateSays: "-0.1"),
        Pair(
            testDescription: "an offset that baseline 03.01 cannot have",
            early: "\(early)_B04.tif", late: "20220601_B04.tif", earlySays: "-0.1",
            lateSays: "-0.1"),
    ]

    @Test(
        "A18: loose files of both kinds come out on one scale where files or names say it",
        arguments: pairs)
    func saidOffsetsAreTakenOut(by pair: Pair) throws {
        let folder = try TemporaryFolder()
        try Self.write(folder.path("in/\(pair.early)"), more: 0, says: pair.earlySays)
        try Self.write(folder.path("in/\(pair.late)"), more: 1000, says: pair.lateSays)
        let tiles = try Self.tiles(folder)
        #expect(tiles.count == 2)
        #expect(tiles[0] == tiles[1] && tiles[0][0, 0, 5] == 6)
    }

    @Test("A18: loose files of both sides that say nothing are refused until somebody says it")
    func unknownOffsetsAreRefused() throws {
        let folder = try TemporaryFolder()
        try Self.write(folder.path("in/20210601_B04.tif"), more: 0)
        try Self.write(folder.path("in/20220601_B04.tif"), more: 1000)
        expectRefusal(.badData, "20210601_B04.tif, ", "20220601_B04.tif", "--loose-offset") {
            _ = try Self.tiles(folder)
        }
        #expect(!FileManager.default.fileExists(atPath: folder.path("out")))
        var settings = Fixture.single
        settings.looseOffset = .byDate
        let tiles = try Self.tiles(folder, settings)
        #expect(tiles.count == 2 && tiles[0] == tiles[1])
        // A latitude is no baseline, and a late date beside one that says it is as bad as an early one.
        try FileManager.default.moveItem(
            atPath: folder.path("in/20210601_B04.tif"),
            toPath: folder.path("in/\(Self.late.replacing("0601T", with: "0701T"))_B04.tif"))
        try FileManager.default.moveItem(
            atPath: folder.path("in/20220601_B04.tif"),
            toPath: folder.path("in/N4500_E0130_20220601_B04.tif"))
        expectRefusal(.badData, "N4500_E0130", "--loose-offset") { _ = try Self.tiles(folder) }
    }

    @Test("A18: dates of one side go on with a remark; a scale that no reflectance has is refused")
    func oneSideGoesOn() throws {
        let folder = try TemporaryFolder()
        try Self.write(folder.path("in/20220601_B04.tif"), more: 1000)
        let region = RegionInput(name: "r", paths: [folder.path("in")])
        var settings = Fixture.single
        func remarks() throws -> [String] {
            try PrepPlan(regions: [region], settings: settings, output: folder.path("out")).remarks
        }
        let remark = try #require(try remarks().first)
        #expect(remark.contains("20220601_B04.tif") && remark.contains("--loose-offset"))
        settings.looseOffset = .present
        #expect(try remarks().isEmpty)
        #expect(try Self.tiles(folder, settings)[0][0, 0, 5] == 6)
        try Self.write(folder.path("in/20220601_B04.tif"), more: 0, says: "-11")
        expectRefusal(.badData, "20220601_B04.tif", "correct the file") { _ = try remarks() }
    }

    @Test("A18: a band file beside an item without an asset for it has the item's baseline")
    func filesBesideAnItem() throws {
        let folder = try TemporaryFolder()
        let item = """
            {"type":"Feature","stac_version":"1.0.0","id":"i","properties":
            {"datetime":"2022-06-01T10:00:00Z","s2:processing_baseline":"04.00"},"assets":{}}
            """
        try AtomicFile.makeFolder(at: folder.path("in"))
        try AtomicFile.write(item, to: folder.path("in/i.json"))
        try Self.write(folder.path("in/B04.tif"), more: 1000)
        #expect(try Self.tiles(folder)[0][0, 0, 5] == 6)
    }
}
