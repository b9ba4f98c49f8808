import DataPrep
import Foundation
import Geo
import Manifests
import Raster
import TestSupport
import Testing

/// No scene is taken for another, none is lost, and none is read as what it is not.
@Suite struct SceneIdentityTests {
    private static func raster(
        _ path: String, origin: Double = 300_000, nodata: Double? = nil, number: UInt16 = 500
    ) throws {
        try AtomicFile.makeFolder(at: URL(filePath: path).deletingLastPathComponent().path)
        let size = try PixelSize(width: 8, height: 8)
        let transform = try AffineTransform(originX: origin, originY: 5_700_000, resolution: 10)
        try RasterWriter.write(
            RasterBuffer<UInt16>(size: size, filledWith: number),
            grid: GeoGrid(size: size, transform: transform, crs: CRS(epsg: 32633)), as: .geoTIFF(),
            nodata: nodata, bandNames: ["B04"], to: path)
    }

    private static func item(_ id: String, _ day: String, properties: String = "") -> String {
        """
        {"type":"Feature","stac_version":"1.0.0","id":"\(id)","properties":{\(properties)
        "datetime":"\(day)T10:00:00Z"},"assets":{"B04":{"href":"./\(id)_B04.tif"}}}
        """
    }

    private static func fault(_ code: PrepError.Code, _ words: String, _ body: () throws -> Void) {
        let error = #expect(throws: PrepError.self) { try body() }
        #expect(error?.code == code, "\(error as Any)")
        #expect(error?.description.contains(words) == true, "\(error as Any)")
    }

    // MARK: Levels

    /// Every id of satellite A holds "2A"; only the level's own name tells the level.
    @Test(arguments: [
        ("S2A_33UUU_20200601_0_L1C", #""s2:product_type":"S2MSI1C","#, Bool?.some(false)),
        ("S2B_33UUU_20200601_0_L1C", "", false), ("S2A_MSIL1C_20200601", "", false),
        ("S2A_33UUU_20200601_0_L2A", "", true), ("S2A_x", #""s2:product_type":"S2MSI2A","#, true),
        ("S2A_33UUU", "", nil),
    ]) func theLevelIsNotTheSatellite(id: String, properties: String, level: Bool?) throws {
        let folder = try TemporaryFolder()
        try Self.raster(folder.path("\(id)_B04.tif"))
        try AtomicFile.write(
            Self.item(id, "2020-06-01", properties: properties), to: folder.path("i.json"))
        let scene = try #require(try SceneReader().scenes(at: [folder.path]).first)
        #expect(scene.isSurfaceReflectance == level)
    }

    /// Metadata of the pilot production of L2A, under names of its own.
    @Test func readsThePilotsMetadata() throws {
        let folder = try TemporaryFolder()
        let path = try MadeProduct().write(to: folder.path)
        let text = try WholeFile.readText("\(path)/MTD_MSIL1C.xml")
            .replacing("PRODUCT_URI>", with: "PRODUCT_URI_2A>")
            .replacing("IMAGE_FILE>", with: "IMAGE_FILE_2A>").replacing("MSIL1C", with: "MSIL2A")
            .replacing("Level-1C<", with: "Level-2Ap<")
            .replacing("QUANTIFICATION_VALUE>", with: "L2A_BOA_QUANTIFICATION_VALUE>")
        try AtomicFile.write(text, to: "\(path)/MTD_MSIL2A.xml")
        try FileManager.default.removeItem(atPath: "\(path)/MTD_MSIL1C.xml")
        let scene = try #require(try SceneReader().scenes(at: [path]).first)
        #expect(scene.name == MadeProduct.name.replacing("L1C", with: "L2A"))
        #expect(scene.isSurfaceReflectance == true && Set(scene.bands.keys) == [.b04])
        #expect(scene.bands[.b04]?.radiometry == .harmonised)
    }

    @Test func productsOfTheOldFormatAreRefusedPlainly() throws {
        let folder = try TemporaryFolder()
        let name = "S2A_OPER_MTD_SAFL1C_PDMC_20160101T000000_R022_V20160101T101031.xml"
        try AtomicFile.makeFolder(at: folder.path("old.SAFE"))
        try AtomicFile.write("<a/>", to: folder.path("old.SAFE/\(name)"))
        Self.fault(.badData, "December 2016") {
            _ = try SceneReader().scenes(at: [folder.path])
        }
    }

    // MARK: Which scenes there are

    /// A folder is an item's own where it holds one; else each item is a scene.
    @Test func everyItemOfAFolderIsAScene() throws {
        let folder = try TemporaryFolder()
        for (id, day) in [("a", "2020-06-01"), ("b", "2020-06-11"), ("c", "2020-06-21")] {
            try Self.raster(folder.path("in/items/\(id)_B04.tif"))
            try AtomicFile.write(Self.item(id, day), to: folder.path("in/items/\(id).json"))
        }
        for path in ["in/items", "in"] {
            let scenes = try SceneReader().scenes(at: [folder.path(path)])
            #expect(scenes.map(\.name) == ["a", "b", "c"])
            #expect(
                scenes.allSatisfy { $0.bands[.b04]?.path.hasSuffix("\($0.name)_B04.tif") == true })
        }
    }

    /// Names of files say nothing of folders: two dates of one name are refused, two places of one time are twins.
    @Test func sceneNamesAreToldApart() throws {
        let folder = try TemporaryFolder()
        for year in [2020, 2021] {
            try Self.raster(folder.path("\(year)/stack.tif"))
            try Self.raster(folder.path("place\(year)/20200601.tif"))
        }
        try AtomicFile.write(
            """
            [series]
            bands = ["B04"]
            [[image]]
            file = "2020/stack.tif"
            date = "2020-06-01"
            [[image]]
            file = "2021/stack.tif"
            date = "2021-06-01"
            """, to: folder.path("series.toml"))
        Self.fault(.badData, "stack is the name of a scene of 2020") {
            _ = try SceneReader().scenes(at: [folder.path("series.toml")])
        }
        let places = [2020, 2021].map { folder.path("place\($0)") }
        Self.fault(.badData, "taken at the same time") {
            _ = try PrepPlan(
                regions: [RegionInput(name: "r", paths: places)], settings: PrepSettings(),
                output: folder.path("out"))
        }
        #expect(try SceneReader().scenes(at: [places[0], places[0]]).count == 1)
    }

    /// One band of a date twice: in two resolutions it is one picture, of two places one would be lost.
    @Test(arguments: ["north_20200601_B04.tif", "north_20200601.tif"])
    func bandsOfTwoPlacesAreRefused(name: String) throws {
        let folder = try TemporaryFolder()
        try Self.raster(folder.path(name))
        try Self.raster(folder.path(name.replacing("north", with: "same")))
        #expect(try SceneReader().scenes(at: [folder.path]).count == 1)
        try Self.raster(folder.path(name.replacing("north", with: "south")), origin: 310_000)
        Self.fault(.badData, "of other ground") { _ = try SceneReader().scenes(at: [folder.path]) }
    }

    /// Scenes further down are not passed over beside those that are read, and a recipe is no series.
    @Test func scenesFurtherDownAreNamed() throws {
        let folder = try TemporaryFolder()
        try MadeProduct().write(to: folder.path("in"))
        try AtomicFile.write("[output]\nfolder = \"x\"\n", to: folder.path("in/recipe.toml"))
        try AtomicFile.makeFolder(at: folder.path("in/notes/plain"))
        #expect(try SceneReader().scenes(at: [folder.path("in")]).count == 1)
        try MadeProduct().write(to: folder.path("in/2018"))
        Self.fault(.badData, "holds scenes too") {
            _ = try SceneReader().scenes(at: [folder.path("in")])
        }
    }

    // MARK: Numbers

    /// A scale that no reflectance has is refused, not computed with.
    @Test(arguments: [("3", "-3000"), ("1e-9", "1"), ("0.0001", "11")])
    func senselessScalesAreRefused(scale: String, offset: String) throws {
        let folder = try TemporaryFolder()
        try Self.raster(folder.path("20200601.tif"))
        let item = """
            {"type":"Feature","stac_version":"1.0.0","id":"i","properties":{"datetime":"2020-06-01T10:00:00Z"},
            "assets":{"B04":{"raster:bands":[{"scale":\(scale),"offset":\(offset)}],"href":"./20200601.tif"}}}
            """
        try AtomicFile.write(item, to: folder.path("i.json"))
        Self.fault(.badData, "correct the item") {
            _ = try SceneReader().scenes(at: [folder.path("i.json")])
        }
        try AtomicFile.write(
            "[series]\nbands = [\"B04\"]\nscale = \(scale)\noffset = \(offset).0\nfiles = \"*.tif\"\n",
            to: folder.path("series.toml"))
        let error = #expect(throws: ManifestError.self) {
            try SceneReader().scenes(at: [folder.path("series.toml")])
        }
        #expect(error?.exitCode == .configuration)
        var numbers: [UInt16] = [0, 1000, 2000]
        Radiometry(offset: -1000, quantification: 0).harmonise(&numbers, noData: 0)
        #expect(numbers == [0, 0, 65535])
    }

    /// A description that says nothing of "no data" leaves it to the files.
    @Test func aSeriesTakesNoDataFromItsFiles() throws {
        let folder = try TemporaryFolder()
        try Self.raster(folder.path("20200601.tif"), nodata: 65535)
        for (line, noData) in [("", UInt16(65535)), ("nodata = 7\n", 7)] {
            try AtomicFile.write(
                "[series]\nbands = [\"B04\"]\n\(line)files = \"*.tif\"\n",
                to: folder.path("series.toml"))
            let scene = try #require(try SceneReader().scenes(at: [folder.path]).first)
            #expect(scene.bands[.b04]?.noData == noData)
        }
    }

    /// Reflectance 0…1 would become 0 and 1.
    @Test func fractionsAreRefused() throws {
        let folder = try TemporaryFolder()
        let size = try PixelSize(width: 8, height: 8)
        let transform = try AffineTransform(originX: 300_000, originY: 5_700_000, resolution: 10)
        try AtomicFile.makeFolder(at: folder.path("in"))
        try RasterWriter.write(
            RasterBuffer<Float>(size: size, filledWith: 0.25),
            grid: GeoGrid(size: size, transform: transform, crs: CRS(epsg: 32633)), as: .geoTIFF(),
            to: folder.path("in/i_B04.tif"))
        for isItem in [false, true] {
            let path = isItem ? folder.path("in/i.json") : folder.path("in/20200601_B04.tif")
            if isItem {
                try AtomicFile.write(Self.item("i", "2020-06-01"), to: path)
            } else {
                try FileManager.default.copyItem(atPath: folder.path("in/i_B04.tif"), toPath: path)
            }
            var settings = SmallSeries.settings
            settings.tileSize = 16
            let plan = try PrepPlan(
                regions: [RegionInput(name: "r", paths: [path])], settings: settings,
                output: folder.path("out"))
            Self.fault(.badData, "not whole numbers") { _ = try PrepRun(plan).run() }
        }
        #expect(!FileManager.default.fileExists(atPath: folder.path("out")))
    }
}
