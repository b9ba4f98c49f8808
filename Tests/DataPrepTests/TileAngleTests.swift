import DataPrep
import Foundation
import Geo
import Manifests
import Raster
import TestSupport
import Testing

/// Where sun and sensor stood, in the manifest and in what is published of it.
@Suite struct TileAngleTests {
    private static func run(
        _ paths: [String], tileSize: Int, in folder: TemporaryFolder
    ) throws -> PrepReport {
        var settings = PrepSettings()
        (settings.tileSize, settings.aligns) = (tileSize, false)
        let region = RegionInput(name: "r", paths: paths)
        return try PrepRun(
            PrepPlan(regions: [region], settings: settings, output: folder.path("out"))
        ).run()
    }

    private static func records(
        of paths: [String], tileSize: Int, in folder: TemporaryFolder
    ) throws -> [TileRecord] {
        _ = try run(paths, tileSize: tileSize, in: folder)
        return try JSONLinesReader.read(TileRecord.self, from: folder.path("out/manifest.jsonl"))
            .records
    }

    /// The sun's zenith grows by 4° over 5 km to the east, and tiles of 1.6 km tell it at their middles.
    @Test func productsTellTheAnglesAtTheMiddleOfATile() throws {
        let folder = try TemporaryFolder()
        let product = try MadeProduct(bands: [.b02, .b04]).write(to: folder.path("in"))
        let granule = "\(product)/\(MadeProduct.granule)/MTD_TL.xml"
        let text = try WholeFile.readText(granule)
        let line = "<VALUES>\(MadeProduct.sun.zenith) \(MadeProduct.sun.zenith)</VALUES>"
        try #require(text.contains(line))
        try AtomicFile.write(text.replacing(line, with: "<VALUES>40 44</VALUES>"), to: granule)
        let records = try Self.records(of: [product], tileSize: 160, in: folder)
        #expect(records.count == 4)
        for record in records {
            let east = record.column == 0 ? 800.0 : 2400.0
            let elevation = try #require(record.sunElevation)
            #expect(abs(elevation - (50 - 4 * east / 5000)) < 0.01, "\(record.id): \(elevation)")
            #expect(record.sunAzimuth == MadeProduct.sun.azimuth)
            #expect(record.viewIncidence == MadeProduct.view.zenith)
            #expect(record.viewAzimuth == MadeProduct.view.azimuth)
        }
        let files = try Publication(of: folder.path("out"), as: .stac, to: folder.path("pub")).run()
        let item = try JSONValue.parse(WholeFile.read(folder.path("pub/\(files[0])")))
        let properties = item["properties"]
        #expect(properties?["view:sun_elevation"]?.double == records[0].sunElevation)
        #expect(properties?["view:sun_azimuth"]?.double == 150)
        #expect(properties?["view:incidence_angle"]?.double == 8)
        #expect(properties?["view:azimuth"]?.double == 290)
        let extensions = item["stac_extensions"]?.array?.compactMap(\.string) ?? []
        #expect(
            extensions.contains("https://stac-extensions.github.io/view/v1.0.0/schema.json"))
    }

    /// Lines of a folder that an earlier build began have no angles: they stand as they are.
    @Test func linesWithoutAnglesAreBelieved() throws {
        let folder = try TemporaryFolder()
        let product = try MadeProduct(bands: [.b04]).write(to: folder.path("in"))
        var records = try Self.records(of: [product], tileSize: 240, in: folder)
        #expect(records.count == 1 && records[0].sunElevation == 50)
        (records[0].sunElevation, records[0].sunAzimuth) = (nil, nil)
        (records[0].viewIncidence, records[0].viewAzimuth) = (nil, nil)
        for name in ["manifest.jsonl", "files.jsonl", "leftout.jsonl"] {
            try FileManager.default.removeItem(atPath: folder.path("out/\(name)"))
        }
        try AtomicFile.write(
            JSONLinesReader.bytes(of: records), to: folder.path("out/journal.jsonl"))
        #expect(try Self.run([product], tileSize: 240, in: folder).written == 0)
        #expect(try PrepVerification(folder: folder.path("out")).faults.isEmpty)
    }

    /// Without a granule's grids an item's own properties count; what is no angle does not.
    @Test func itemsTellTheAnglesOfTheirScene() throws {
        let folder = try TemporaryFolder()
        let item = """
            {"type":"Feature","stac_version":"1.0.0","id":"i","properties":{
            "datetime":"2023-08-20T09:58:11.072Z","s2:mean_solar_zenith":38.5,
            "view:sun_azimuth":151.25,"view:incidence_angle":99},
            "assets":{"B04":{"href":"./red.tif"}}}
            """
        try AtomicFile.makeFolder(at: folder.path("in"))
        try AtomicFile.write(item, to: folder.path("in/item.json"))
        try FetchFixture.raster(size: 16, resolution: 10) { _, _ in 2000 }
            .write(to: folder.path("in/red.tif"))
        let record = try #require(
            try Self.records(of: [folder.path("in/item.json")], tileSize: 16, in: folder).first)
        #expect(record.sunElevation == 51.5 && record.sunAzimuth == 151.25)
        #expect(record.viewIncidence == nil && record.viewAzimuth == nil)
    }
}
