import DataPrep
import Foundation
import Geo
import Manifests
import Raster
import TestSupport
import Testing

@Suite struct PublicationTests {
    /// A finished folder `out` with two dates of a region of 96 px in tiles of 64: the outer tiles reach beyond it.
    private static func tiles(
        in folder: TemporaryFolder, origin: (x: Double, y: Double) = (300_000, 5_700_000),
        epsg: Int = 32633
    ) throws {
        try SmallSeries.write(
            ["20210601", "20210602"], to: folder.path("in"), origin: origin, epsg: epsg)
        var settings = SmallSeries.settings
        settings.tileSize = 64
        let region = RegionInput(name: "r", paths: [folder.path("in")])
        _ = try PrepRun(
            PrepPlan(regions: [region], settings: settings, output: folder.path("out"))
        ).run()
    }

    private static func publish(
        _ format: ExportFormat, in folder: TemporaryFolder, to target: String = "pub"
    ) throws -> [String] {
        try Publication(of: folder.path("out"), as: format, to: folder.path(target)).run()
    }

    private static func json(_ path: String) throws -> JSONValue {
        try JSONValue.parse(WholeFile.read(path))
    }

    /// Whether a relative reference from a file leads to a file.
    private static func resolves(_ href: String?, from file: String) -> Bool {
        guard let href, !href.hasPrefix("/") else { return false }
        let base = URL(filePath: file).deletingLastPathComponent()
        return FileManager.default.fileExists(atPath: base.appending(path: href).standardized.path)
    }

    // MARK: STAC

    @Test func stacItemsTellTheTilesAndEveryLinkResolves() throws {
        let folder = try TemporaryFolder()
        try Self.tiles(in: folder)
        let files = try Self.publish(.stac, in: folder)
        #expect(files.count == 9 && files.last == "collection.json")
        let records = try JSONLinesReader.read(
            TileRecord.self, from: folder.path("out/manifest.jsonl")
        ).records
        for file in files {
            let path = folder.path("pub/\(file)")
            let document = try Self.json(path)
            #expect(document["stac_version"] == "1.1.0")
            for link in document["links"]?.array ?? [] where link["rel"] != "license" {
                #expect(Self.resolves(link["href"]?.string, from: path), "\(link)")
            }
            guard file != "collection.json" else { continue }
            let record = try #require(records.first { "\($0.id).json" == file })
            let tile = document["assets"]?["tile"]
            #expect(Self.resolves(tile?["href"]?.string, from: path))
            #expect(Self.resolves(document["assets"]?["quicklook"]?["href"]?.string, from: path))
            #expect(tile?["proj:transform"]?[2]?.double == record.transform[0])
            #expect(tile?["proj:shape"] == [64, 64] && tile?["bands"]?[0]?["name"] == "B04")
            #expect(tile?["file:checksum"]?.string == "1220\(record.sha256)")
            #expect(tile?["raster:scale"] == 0.0001 && tile?["matter:mask"] == "internal")
            let offsets = document["properties"]?["matter:added_offset"]?.array
            #expect(offsets?.map(\.double) == [0])
            #expect(
                document["properties"]?["processing:software"]?["matter-prep"]?.string
                    == SuiteVersion.current)
            #expect(document["properties"]?["proj:code"] == "EPSG:32633")
            // Files without metadata say nothing of sun and sensor, and nothing is said of them.
            #expect(record.sunElevation == nil && record.viewAzimuth == nil)
            #expect(document["stac_extensions"]?.array?.count == 5)
            let properties = document["properties"]?.object ?? [:]
            #expect(properties.keys.allSatisfy { !$0.hasPrefix("view:") })
            #expect(document["properties"]?["datetime"]?.string == record.date)
            let box = (document["bbox"]?.array ?? []).compactMap(\.double)
            #expect(box.count == 4 && box[0] < box[2] && box[1] < box[3])
            let ring = document["geometry"]?["coordinates"]?[0]?.array ?? []
            #expect(ring.count == 33 && ring.first == ring.last)
        }
    }

    /// The grid crosses 180° in zone 1 (UTM reaches beyond its zone): two polygons, and a box whose west is larger than its east.
    @Test func aTileAcrossTheAntimeridianHasTwoPolygons() throws {
        let folder = try TemporaryFolder()
        // At 17° S the meridian of 180° lies at an easting of about 180,550 m of zone 1 South.
        try Self.tiles(in: folder, origin: (180_300, 8_120_000), epsg: 32701)
        let item = try Self.publish(.stac, in: folder).first { $0.hasPrefix("r/0_0") }
        let document = try Self.json(folder.path("pub/\(try #require(item))"))
        #expect(document["geometry"]?["type"] == "MultiPolygon")
        let polygons = document["geometry"]?["coordinates"]?.array ?? []
        #expect(polygons.count == 2)
        for (polygon, side) in zip(polygons, [1.0, -1.0]) {
            let longitudes = (polygon[0]?.array ?? []).compactMap { $0[0]?.double }
            #expect(longitudes.count > 4)
            #expect(longitudes.allSatisfy { $0 * side > 179.9 && $0 * side <= 180 })
        }
        let box = (document["bbox"]?.array ?? []).compactMap(\.double)
        #expect(box[0] > 179.9 && box[2] < -179.9)
        let collection = try Self.json(folder.path("pub/collection.json"))
        let extent = collection["extent"]?["spatial"]?["bbox"]?[0]?.array?.compactMap(\.double)
        #expect((extent?[0] ?? 0) > 179.9 && (extent?[2] ?? 0) < -179.9)
        let card = try Self.publish(.croissant, in: folder, to: "card")
        let shapes = try Self.json(folder.path("card/\(card[0])"))["spatialCoverage"]?.array
        #expect(shapes?.count == 2)
    }

    // MARK: kwcoco

    @Test func kwcocoHasAVideoATileAndItsValidRegion() throws {
        let folder = try TemporaryFolder()
        try Self.tiles(in: folder)
        _ = try Self.publish(.kwcoco, in: folder)
        let path = folder.path("pub/data.kwcoco.json")
        let document = try Self.json(path)
        #expect(document["videos"]?.array?.count == 4)
        let images = try #require(document["images"]?.array)
        #expect(images.map { $0["id"]?.int } == (1...8).map { $0 })
        #expect(images.map { $0["frame_index"]?.int } == [0, 1, 0, 1, 0, 1, 0, 1])
        for image in images {
            let asset = image["assets"]?[0]
            #expect(Self.resolves(asset?["file_name"]?.string, from: path))
            #expect(asset?["channels"] == "B04")
            #expect(image["timestamp"]?.string?.hasSuffix("T10:10:31Z") == true)
        }
        let corner = try #require(images.first { $0["name"]?.string?.contains("r-1_1") == true })
        #expect(
            corner["valid_region"]?[0]?["exterior"] == [[0, 0], [0, 32], [32, 32], [32, 0]])
    }

    // MARK: Croissant

    @Test func theCardNamesTheManifestByItsDigest() throws {
        let folder = try TemporaryFolder()
        try Self.tiles(in: folder)
        _ = try Self.publish(.croissant, in: folder)
        let card = try Self.json(folder.path("pub/croissant.json"))
        let manifest = card["distribution"]?[0]
        let digest = try SHA256Digest(ofFile: folder.path("out/manifest.jsonl"))
        #expect(manifest?["sha256"]?.string == digest.hex)
        #expect(
            Self.resolves(
                manifest?["contentUrl"]?.string, from: folder.path("pub/croissant.json")))
        #expect(card["geocr:bandConfiguration"]?["geocr:bandNameList"] == ["B04"])
        #expect(card["conformsTo"]?.array?.count == 2)
        let keys = try JSONLinesReader.read(folder.path("out/manifest.jsonl")).records[0].object
        for field in card["recordSet"]?[0]?["field"]?.array ?? [] {
            #expect(keys?[field["name"]?.string ?? ""] != nil)
        }
    }

    // MARK: PEO

    @Test func peoBandsAreTheTilesPixels() throws {
        let folder = try TemporaryFolder()
        try Self.tiles(in: folder)
        let files = try Self.publish(.peo, in: folder)
        #expect(files.contains("r/crop_0003/20210602T101031/B04.tif") && files.count == 17)
        let band = try RasterFile(reading: folder.path("pub/r/crop_0001/20210601T101031/B04.tif"))
        let tile = try RasterFile(reading: folder.path("out/tiles/r/1_0/20210601T101031.tif"))
        #expect(try band.read(as: UInt16.self).pixels == tile.read(as: UInt16.self).pixels)
        #expect(band.grid == tile.grid && band.nodata == 0)
        #expect(band.bandMeanings == tile.bandMeanings && band.bandMeanings[0].scale == 0.0001)
        #expect(band.bandMeanings[0].wavelengthInMicrometres == 0.6646)
        let valid = try RasterFile(
            reading: folder.path("pub/r/crop_0001/20210601T101031.valid.tif"))
        let mask = try tile.mask()
        #expect(try valid.read(as: UInt8.self).pixels == mask && mask?.contains(1) == true)
        #expect(valid.grid == tile.grid)
        let crops = try JSONLinesReader.read(folder.path("pub/crops.jsonl")).records
        #expect(crops.map { $0["tile"]?.string } == ["r/0_0", "r/1_0", "r/0_1", "r/1_1"])
        #expect(
            crops[1]["valid"]?.array?.map(\.string) == [
                "r/crop_0001/20210601T101031.valid.tif", "r/crop_0001/20210602T101031.valid.tif",
            ])
    }

    // MARK: All formats

    /// Published twice, and after a part was lost: the same bytes.
    @Test(arguments: ExportFormat.allCases) func isTheSameEachTime(format: ExportFormat) throws {
        let folder = try TemporaryFolder()
        try Self.tiles(in: folder)
        let files = try Self.publish(format, in: folder)
        let before = try SmallSeries.tree(folder, below: "pub/")
        #expect(Set(before.keys) == Set(files + ["run.json", "files.jsonl"]))
        try FileManager.default.removeItem(atPath: folder.path("pub/\(files[0])"))
        #expect(try Self.publish(format, in: folder) == files)
        #expect(try SmallSeries.tree(folder, below: "pub/") == before)
        for file in before.keys where file.hasSuffix("json") {
            #expect(try !WholeFile.readText(folder.path("pub/\(file)")).contains(folder.path))
        }
    }

    @Test(arguments: ExportFormat.allCases) func refusesWhatIsNoFinishedFolder(
        format: ExportFormat
    ) throws {
        let folder = try TemporaryFolder()
        func fault(_ code: ExitCode, _ words: String) {
            do {
                _ = try Self.publish(format, in: folder)
                Issue.record("published")
            } catch {
                #expect((error as? any ExitCoded)?.exitCode == code, "\(error)")
                #expect("\(error)".contains(words), "\(error)")
            }
        }
        try AtomicFile.makeFolder(at: folder.path("out"))
        fault(.inputMissing, "run.json")
        try Self.tiles(in: folder)
        let manifest = folder.path("out/manifest.jsonl")
        let whole = try WholeFile.readText(manifest)
        try AtomicFile.write("", to: manifest)
        fault(.badData, "no tile")
        try AtomicFile.write(
            whole.replacing("\"tiles/", with: "\"../tiles/", maxReplacements: 1), to: manifest)
        fault(.badData, "leaves the folder")
        let id = "\"id\":\"r/0_0/20210601T101031\""
        #expect(whole.contains(id))
        for other in ["r/0_0/../../../x/y", "../x/0_0/d", "r/1_0/20210601T101031"] {
            try AtomicFile.write(
                whole.replacing(id, with: "\"id\":\"\(other)\""), to: manifest)
            fault(.badData, "not those of a tile")
        }
        try AtomicFile.write(whole.replacing("[\"B04\"]", with: "[\"../B04\"]"), to: manifest)
        fault(.badData, "not those of a tile")
        try AtomicFile.write(String(whole.dropLast(5)), to: manifest)
        fault(.badData, "torn")
        try AtomicFile.write(whole, to: manifest)
        let tile = folder.path("out/tiles/r/0_0/20210601T101031.tif")
        let bytes = try WholeFile.read(tile)
        try AtomicFile.write(Array(bytes.dropLast()), to: tile)
        fault(.badData, "the manifest says \(bytes.count)")
        try FileManager.default.removeItem(atPath: tile)
        fault(.inputMissing, "0_0/20210601T101031.tif")
        try FileManager.default.removeItem(atPath: manifest)
        fault(.inputMissing, "not finished")
        #expect(!FileManager.default.fileExists(atPath: folder.path("pub")))
    }

    /// Nothing is made where a link leads, not even a folder; and what is there already is not written again.
    @Test func linksLeadNowhere() throws {
        let folder = try TemporaryFolder()
        try Self.tiles(in: folder)
        _ = try Self.publish(.stac, in: folder)
        let collection = folder.path("pub/collection.json")
        func node() throws -> UInt64? {
            let known = try FileManager.default.attributesOfItem(atPath: collection)
            return (known[.systemFileNumber] as? NSNumber)?.uint64Value
        }
        let before = try node()
        _ = try Self.publish(.stac, in: folder)
        #expect(try before != nil && node() == before)
        try AtomicFile.makeFolder(at: folder.path("elsewhere"))
        try FileManager.default.removeItem(atPath: folder.path("pub/r"))
        try FileManager.default.createSymbolicLink(
            atPath: folder.path("pub/r"), withDestinationPath: folder.path("elsewhere"))
        let error = #expect(throws: PrepError.self) { try Self.publish(.stac, in: folder) }
        #expect(error?.code == .cannotCreate)
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: folder.path("elsewhere")).isEmpty)
    }

    @Test func aFolderOfAnotherFormatIsNotOverwritten() throws {
        let folder = try TemporaryFolder()
        try Self.tiles(in: folder)
        _ = try Self.publish(.kwcoco, in: folder)
        let error = #expect(throws: PrepError.self) { try Self.publish(.stac, in: folder) }
        #expect(error?.code == .configuration)
        let onto = #expect(throws: PrepError.self) {
            try Self.publish(.stac, in: folder, to: "out")
        }
        #expect(onto?.code == .configuration)
    }
}
