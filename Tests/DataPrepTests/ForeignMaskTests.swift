import DataPrep
import Foundation
import Geo
import Manifests
import Raster
import TestSupport
import Testing

/// Masks of others, and regions that no tile fits.
@Suite struct ForeignMaskTests {
    private static func grid(_ width: Int, _ height: Int) throws -> GeoGrid {
        GeoGrid(
            size: try PixelSize(width: width, height: height),
            transform: try AffineTransform(originX: 300_000, originY: 5_700_000, resolution: 10),
            crs: CRS(epsg: 32633))
    }

    private static func write(_ numbers: [UInt16], _ grid: GeoGrid, _ path: String) throws {
        try RasterWriter.write(
            RasterBuffer(size: grid.size, pixels: numbers), grid: grid, as: .geoTIFF(), to: path)
    }

    /// Where the image has no data, a mask that is not clear there says nothing of clouds.
    @Test func whatWasNotSeenIsNoCloud() throws {
        let folder = try TemporaryFolder()
        let grid = try Self.grid(48, 48)
        let isSeen = { (index: Int) in index >= grid.size.count / 2 }
        let cloud = grid.size.count - 48
        try Self.write(
            (0..<grid.size.count).map { isSeen($0) ? 700 : 0 }, grid, folder.path("20200601.tif"))
        try Self.write(
            (0..<grid.size.count).map { $0 >= cloud ? 8 : isSeen($0) ? 4 : 0 }, grid,
            folder.path("mask.tif"))
        try AtomicFile.write(
            """
            [series]
            bands = ["B04"]
            clear = [4, 5, 6]
            [[image]]
            file = "20200601.tif"
            mask = "mask.tif"
            """, to: folder.path("series.toml"))
        let plan = try PrepPlan(
            regions: [RegionInput(name: "r", paths: [folder.path("series.toml")])],
            settings: SmallSeries.settings, output: folder.path("out"))
        _ = try PrepRun(plan).run()
        let record = try #require(
            try JSONLinesReader.read(TileRecord.self, from: folder.path("out/manifest.jsonl"))
                .records.first)
        #expect(record.cloudFraction == 1 / 48.0)
        #expect(record.validFraction == 23 / 48.0)
    }

    /// A mask in degrees hides no more of the dates than the same mask in metres does.
    @Test func aMaskOfAnotherProjectionHidesNoMore() throws {
        let pair = SimulatedPair.render(seed: 11, size: 258, shift: (1.4, -0.6))
        let grid = try Self.grid(258, 258)
        let transform = try CoordinateTransform(from: grid.crs, to: CRS(epsg: 4326))
        let bounds = try #require(
            MapBounds(around: transform.map(grid.corners).compactMap(\.self)))
        let size = try PixelSize(width: 64, height: 64)
        let degrees = GeoGrid(
            size: size,
            transform: try AffineTransform(gdal: [
                bounds.left, bounds.width / 64, 0, bounds.top, 0, -bounds.height / 64,
            ]), crs: CRS(epsg: 4326))
        let folder = try TemporaryFolder()
        for (day, pixels) in [("20210608", pair.reference), ("20210718", pair.target)] {
            try Self.write(pixels, grid, folder.path("S_\(day)T101031_B04.tif"))
            try Self.write(
                [UInt16](repeating: 4, count: size.count), degrees,
                folder.path("S_\(day)T101031_SCL.tif"))
        }
        let region = RegionInput(name: "r", paths: [folder.path])
        let plan = try PrepPlan(regions: [region], settings: PrepSettings(), output: "")
        let date = try plan.align()[0].dates[1]
        #expect(date.status == .aligned)
        #expect(((date.shift ?? .zero) - Shift(rows: 1.4, columns: -0.6)).length < 0.1)
    }

    // MARK: Tiles that fit

    private static func tiles(_ width: Int, _ height: Int, _ edge: TileGrid.EdgeRule) throws -> Int
    {
        let folder = try TemporaryFolder()
        let grid = try grid(width, height)
        try write(
            [UInt16](repeating: 500, count: grid.size.count), grid,
            folder.path("S_20210601T101031_B04.tif"))
        var settings = SmallSeries.settings
        (settings.tileSize, settings.edge) = (64, edge)
        let plan = try PrepPlan(
            regions: [RegionInput(name: "r", paths: [folder.path])], settings: settings,
            output: folder.path("out"))
        let expected = try PrepPreview(plan).regions[0].tilesPerDate
        let report = try PrepRun(plan).run()
        #expect(report.tiles == expected)
        return report.tiles
    }

    /// A region narrower than a tenth of a tile has its fullest tile; one that none fits is refused.
    @Test func everyRegionHasATile() throws {
        #expect(try Self.tiles(6, 100, .pad) == 1)
        #expect(try Self.tiles(32, 32, .pad) == 1)
        #expect(try Self.tiles(100, 64, .drop) == 1)
        let error = #expect(throws: PrepError.self) { try Self.tiles(60, 100, .drop) }
        #expect(error?.code == .badData && error?.message.contains("60 × 100") == true)
    }
}
