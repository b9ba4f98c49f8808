import DataPrep
import Foundation
import Geo
import Manifests
import Raster
import TestSupport
import Testing

@Suite struct PrepRecipeTests {
    private static let whole = """
        output = "tiles"            # relative to this file

        [[region]]
        name = "berlin"
        paths = ["scenes/T33UUU", "/data/more"]

        [[region]]
        name = "lakes"
        paths = ["lakes"]

        [tiles]
        size = 512
        stride = 256
        edge = "drop"
        bands = ["B2", "b8a"]
        kernel = "cubic"
        compression = "deflate"
        overviews = true
        quicklook = ["B02"]

        [select]
        largestNoData = 0.25
        largestCloud = 0

        [alignment]
        enabled = false
        reference = 2020-06-01
        bands = ["B02"]
        largestShift = 8
        window = 64
        leastCoherence = 0.2
        smallestUsable = 0.6

        [unchanged]
        invariance = 0.9
        leastCorrelation = 0.4
        """

    @Test func readsEveryKey() throws {
        let recipe = try PrepRecipe(text: Self.whole, path: "/here/recipe.toml")
        #expect(recipe.output == "/here/tiles")
        #expect(
            recipe.regions == [
                RegionInput(name: "berlin", paths: ["/here/scenes/T33UUU", "/data/more"]),
                RegionInput(name: "lakes", paths: ["/here/lakes"]),
            ])
        let settings = recipe.settings
        #expect((settings.tileSize, settings.tileStride) == (512, 256))
        #expect((settings.edge, settings.kernel) == (.drop, .cubic))
        #expect(settings.compression == .deflate && settings.writesOverviews)
        #expect(settings.bands == [.b02, .b8a] && settings.quicklookBands == [.b02])
        #expect((settings.largestNoDataShare, settings.largestCloudShare) == (0.25, 0))
        #expect(!settings.aligns && settings.alignmentBands == [.b02])
        #expect(settings.reference == "2020-06-01" && settings.search.largestShift == 8)
        #expect(settings.search.windowSide == 64)
        #expect((settings.search.leastCoherence, settings.search.smallestUsableShare) == (0.2, 0.6))
        #expect(recipe.unchanged?.invariance == 0.9)
        #expect(recipe.unchanged?.leastCorrelation == 0.4)
    }

    @Test func whatIsLeftOutIsAsWithoutARecipe() throws {
        #expect(try PrepRecipe(text: "", path: "r.toml").settings == PrepSettings())
    }

    /// The recipe in manifests/FORMATS.md is one, and what it says of the defaults is so.
    @Test func theDescribedRecipeIsOne() throws {
        let page = URL(filePath: #filePath).appending(path: "../../../manifests/FORMATS.md")
        let text = try WholeFile.readText(page.standardized.path)
        let start = try #require(text.range(of: "```toml\n")).upperBound
        let end = try #require(text.range(of: "```", range: start..<text.endIndex)).lowerBound
        let recipe = try PrepRecipe(text: String(text[start..<end]), path: "/here/r.toml")
        var settings = PrepSettings()
        settings.tileStride = 1096
        settings.bands = [.b02, .b03]
        settings.quicklookBands = [.b04, .b03, .b02]
        settings.reference = "2020-06-01"
        settings.search.windowSide = 256
        settings.looseOffset = .absent
        #expect(recipe.settings == settings && recipe.regions.count == 1)
        var unchanged = UnchangedSettings()
        unchanged.bands = [.b02, .b03]
        #expect(recipe.unchanged == unchanged)
        var publish = PublishOrder()
        publish.formats = [.stac, .kwcoco, .croissant, .peo]
        publish.folder = "/here/tiles/published"
        publish.about.published = "2026-05-01"
        #expect(recipe.publish == publish)
        #expect(recipe.sen2corMinutes == Sen2Cor.usualMinutes)
    }

    /// The processor is no word of a plan, so that folders made before there was a choice go on.
    @Test func aDeviceIsASettingOfTheTilesUnlessItIsTheProcessor() throws {
        let cpu = try PrepRecipe(text: "[alignment]\ndevice = \"cpu\"", path: "r.toml")
        #expect(cpu.settings == PrepSettings())
        let plain = try JSONEncoder().encode(cpu.settings.search)
        #expect(!String(decoding: plain, as: UTF8.self).contains("device"))
        let cuda = try PrepRecipe(text: "[alignment]\ndevice = \"cuda\"", path: "r.toml")
        #expect(cuda.settings.search.device == .cuda)
    }

    /// How long Sen2Cor may work is no setting of the tiles: a run goes on with another number.
    @Test func sen2CorsTimeIsNoSettingOfTheTiles() throws {
        let recipe = try PrepRecipe(text: "[surface]\nsen2corMinutes = 0", path: "r.toml")
        #expect(recipe.sen2corMinutes == 0 && recipe.settings == PrepSettings())
        #expect(Sen2Cor.limit(minutes: 0) == nil)
        #expect(Sen2Cor.limit(minutes: Sen2Cor.usualMinutes) == .seconds(3 * 3600))
    }

    /// The tables after the tiles are on when they are there, and nothing without them.
    @Test func unchangedGroundIsLookedForWhereTheRecipeSaysSo() throws {
        func recipe(_ text: String) throws -> PrepRecipe {
            try PrepRecipe(text: text, path: "r.toml")
        }
        #expect(try recipe("").unchanged == nil)
        #expect(try recipe("[unchanged]").unchanged == UnchangedSettings())
        #expect(try recipe("[unchanged]\nenabled = false\nwindow = 3").unchanged == nil)
        let copies = try recipe("[unchanged]\nnormalisedTiles = true\nnormalise = false").unchanged
        #expect(copies?.normalises == true && copies?.writesNormalised == true)
        #expect(try recipe("").publish == PublishOrder())
    }

    /// Every fault is one line with its place, and ends with the code for configuration.
    @Test(arguments: [
        ("tiles.sise = 3", "r.toml:1:1", "the nearest is tiles.size"),
        ("[tiles]\nsise = 3", "r.toml:2:1", "tiles.sise is no key"),
        ("[tiles]\n  size = 3", "r.toml:2:10", "16…16384"),
        ("[tiles]\nsize = \"big\"", "r.toml:2:8", "a whole number"),
        ("[tiles]\nsize = 64\nstride = 65", "r.toml:3:10", "at most tiles.size, 64"),
        ("[tiles]\nedge = \"cut\"", "r.toml:2:8", "\"drop\", \"pad\""),
        ("[tiles]\nbands = [\"B02\", \"B2\"]", "r.toml:2:9", "distinct bands"),
        ("[select]\nlargestCloud = 1.5", "r.toml:2:16", "0…1"),
        ("[alignment]\nreference = \"June\"", "r.toml:2:13", "a date"),
        ("[alignment]\nwindow = 100", "r.toml:2:10", "32, 64, 128, 256, 512"),
        ("[alignment]\ndevice = \"tpu\"", "r.toml:2:10", "\"cpu\", \"cuda\""),
        ("[alignment]\nleastCoherence = 2", "r.toml:2:18", "0…1"),
        ("[alignment]\nsmallestUsable = 0", "r.toml:2:18", "above 0"),
        ("[unchanged]\ninvariance = 95", "r.toml:2:14", "0…1"),
        ("tiles = 3", "r.toml:1:9", "must be a section"),
        ("unchanged = 3", "r.toml:1:13", "must be a section"),
        ("[unchanged]\nwindow = 4", "r.toml:2:10", "odd number"),
        ("[unchanged]\ntreshold = 0.4", "r.toml:2:1", "unchanged.threshold"),
        ("[publish]\nformats = [\"zip\"]", "r.toml:2:11", "\"kwcoco\""),
        ("[publish]\npublished = \"May\"", "r.toml:2:13", "a day"),
        ("outptu = \"x\"", "r.toml:1:1", "the nearest is output"),
        ("[[region]]\npaths = [\"a\"]", "r.toml:1:1", "needs a name"),
        ("[[region]]\nname = \"../a\"\npaths = [\"a\"]", "r.toml:2:8", "letters, digits"),
        ("[[region]]\nname = \"a\"", "r.toml:1:1", "needs paths"),
        ("[[region]]\nname = \"a\"\npath = [\"a\"]", "r.toml:3:1", "the nearest is paths"),
        (
            "[[region]]\nname = \"a\"\npaths = [\"a\"]\n[[region]]\nname = \"A\"\npaths = [\"b\"]",
            "r.toml:5:8", "twice"
        ),
        ("region = 3", "r.toml:1:10", "[[region]]"),
        ("[tiles]\nsize = 64\nsize = 65", "r.toml:3:", "redefine"),
        ("[tiles", "r.toml:1:7", "end-of-file"),
    ])
    func aFaultIsNamedWithItsPlace(text: String, place: String, words: String) {
        Self.expectFault(in: text, at: place, saying: words)
    }

    /// A recipe that is refused in one line that begins with a place and has some words.
    static func expectFault(
        in text: String, at place: String, saying words: String,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let error = #expect(throws: ManifestError.self, sourceLocation: sourceLocation) {
            try PrepRecipe(text: text, path: "r.toml")
        }
        let line = error?.description ?? ""
        #expect(
            line.hasPrefix(place) && line.contains(words), "\(line)",
            sourceLocation: sourceLocation)
        #expect(!line.contains("\n"), sourceLocation: sourceLocation)
        #expect(error?.exitCode == .configuration, sourceLocation: sourceLocation)
    }

    // MARK: What the settings do

    private static func run(_ input: TemporaryFolder, _ output: String, _ settings: PrepSettings)
        throws -> PrepReport
    {
        let region = RegionInput(name: "r", paths: [input.path])
        return try PrepRun(PrepPlan(regions: [region], settings: settings, output: output)).run()
    }

    /// Tiles above a threshold are not written and each is a line of `leftout.jsonl`; run again, nothing changes.
    @Test func tilesAboveAThresholdAreSaidAndNotWritten() throws {
        let (input, output) = (try TemporaryFolder(), try TemporaryFolder())
        try SmallSeries.write(["20210601"], to: input.path, cloudRows: 24)
        try SmallSeries.write(["20210602"], to: input.path, emptyRows: 60)
        var settings = SmallSeries.settings
        settings.largestCloudShare = 0.4
        settings.largestNoDataShare = 0.2
        let report = try Self.run(input, output.path, settings)
        // 24 of the upper tiles' 48 rows are cloud on the first date; on the second the upper tiles are empty and 12 of
        // the lower tiles' 48 rows are.
        #expect((report.tiles, report.leftOut) == (2, 6))
        let leftOut = try JSONLinesReader.read(
            LeftOutTile.self, from: output.path("leftout.jsonl")
        ).records
        #expect(leftOut.map(\.id) == leftOut.map(\.id).sorted() && leftOut.count == 6)
        let reasons = Dictionary(uniqueKeysWithValues: leftOut.map { ($0.id, $0.reason) })
        #expect(
            reasons["r/0_0/20210601T101031"] == "cloud: 50.00 % of the tile, at most 40.00 %")
        #expect(reasons["r/1_0/20210602T101031"] == "no data")
        #expect(
            reasons["r/1_1/20210602T101031"] == "no data: 25.00 % of the tile, at most 20.00 %")
        #expect(output.files().filter { $0.hasSuffix(".tif") }.count == 2)
        let before = try SmallSeries.tree(output)
        let again = try Self.run(input, output.path, settings)
        #expect((again.written, again.leftOut) == (0, 6))
        #expect(try SmallSeries.tree(output) == before)
        #expect(try PrepVerification(folder: output.path).faults.isEmpty)
    }

    /// Places that hold too little of their region are said, in the folder and before, and come back where all are wanted.
    @Test func placesThatAreNotCutAreSaid() throws {
        let (input, output) = (try TemporaryFolder(), try TemporaryFolder())
        try SmallSeries.write(["20210601", "20210602"], to: input.path)
        var settings = SmallSeries.settings
        // Tiles begin at 0, 46 and 92 of 96 pixels.
        settings.tileSize = 46
        let report = try Self.run(input, output.path("out"), settings)
        #expect((report.tiles, report.leftOut, report.placesDropped) == (8, 0, 5))
        let lines = try JSONLinesReader.read(
            LeftOutTile.self, from: output.path("out/leftout.jsonl")
        ).records
        #expect(lines.map(\.id) == ["r/0_2", "r/1_2", "r/2_0", "r/2_1", "r/2_2"])
        #expect(lines[0].reason == "0.09 of the tile lies in the region, at least 0.10")
        #expect(lines[0].noDataFraction == 1 - 4.0 / 46)
        let before = try SmallSeries.tree(output)
        #expect(try Self.run(input, output.path("out"), settings).written == 0)
        #expect(try SmallSeries.tree(output) == before)
        #expect(try PrepVerification(folder: output.path("out")).faults.isEmpty)
        func preview() throws -> PrepPreview {
            let region = RegionInput(name: "r", paths: [input.path])
            return try PrepPreview(
                PrepPlan(regions: [region], settings: settings, output: output.path("all")))
        }
        #expect(try preview().regions[0].placesDropped == 5)
        #expect(try preview().lines[0].contains("5 places at the edge"))
        settings.smallestTileShare = 0
        #expect(try preview().regions[0].placesDropped == 0)
        let all = try Self.run(input, output.path("all"), settings)
        #expect((all.tiles, all.placesDropped) == (18, 0))
    }

    /// With a stride tiles overlap by the same pixels, and a padded last tile reaches beyond the region.
    @Test func tilesOverlapByTheirStride() throws {
        let (input, output) = (try TemporaryFolder(), try TemporaryFolder())
        try SmallSeries.write(["20210601"], to: input.path)
        var settings = SmallSeries.settings
        settings.tileStride = 32
        #expect(try Self.run(input, output.path, settings).tiles == 9)
        func tile(_ place: String) throws -> RasterBuffer<UInt16> {
            try RasterFile(reading: output.path("tiles/r/\(place)/20210601T101031.tif"))
                .read(as: UInt16.self)
        }
        let (first, second) = (try tile("0_0"), try tile("1_0"))
        #expect(second[0, 5, 0] == first[0, 5, 32] && second[0, 5, 15] == first[0, 5, 47])
        #expect(try tile("2_2")[0, 31, 31] != 0 && tile("2_2")[0, 32, 32] == 0)
        settings.tileStride = 49
        #expect(throws: PrepError.self) { try Self.run(input, output.path, settings) }
    }

    /// The edges of the tile grid, for sides, strides and rules.
    @Test(arguments: [
        (96, 48, 48, 2, 2), (96, 48, 32, 2, 3), (96, 96, 10, 1, 1), (95, 96, 96, 0, 1),
        (100, 48, 48, 2, 3), (100, 40, 20, 4, 4), (101, 40, 20, 4, 5),
    ])
    func tilesAlongASide(length: Int, side: Int, step: Int, dropped: Int, padded: Int) throws {
        let size = try PixelSize(width: length, height: length)
        let grid = GeoGrid(
            size: size, transform: try AffineTransform(originX: 0, originY: 0, resolution: 10),
            crs: CRS(epsg: 32633))
        let (tile, stride) = (
            try PixelSize(width: side, height: side), try PixelSize(width: step, height: step)
        )
        #expect(TileGrid(grid, tile: tile, stride: stride, edge: .drop).columns == dropped)
        #expect(TileGrid(grid, tile: tile, stride: stride, edge: .pad).rows == padded)
    }
}
