import DataPrep
import Geo
import Manifests
import Raster
import Store
import Tensors
import TestSupport
import Testing

/// What of a tile is valid, and the shares that its record tells, against pixels counted one by one.
@Suite struct TileMaskTests {
    private static let bands: [Sentinel2Band] = [.b02, .b03, .b04, .b08]
    private static let side = 48

    /// Every eleventh pixel is without data in one band, another eleventh in all.
    private static func number(_ band: Int, _ index: Int) -> UInt16 {
        index % 11 == band || index % 11 == 10 ? 0 : UInt16(100 * (band + 1) + index % 50)
    }

    /// Every class of the classification in turn.
    private static func sceneClass(_ index: Int) -> UInt16 { UInt16(index / 7 % 12) }

    private static func write(to folder: String) throws {
        try AtomicFile.makeFolder(at: folder)
        let size = try PixelSize(width: side, height: side)
        let transform = try AffineTransform(originX: 300_000, originY: 5_700_000, resolution: 10)
        let grid = GeoGrid(size: size, transform: transform, crs: CRS(epsg: 32633))
        let planes = bands.enumerated().map { band, name in
            (name.rawValue, (0..<size.count).map { number(band, $0) })
        }
        for (name, pixels) in planes + [("SCL", (0..<size.count).map(sceneClass))] {
            try RasterWriter.write(
                RasterBuffer(size: size, pixels: pixels), grid: grid, as: .jpeg2000(),
                to: "\(folder)/S_20210601T101031_\(name).jp2")
        }
    }

    private static func run(
        _ folder: TemporaryFolder, to out: String, largestNoData: Double
    ) throws -> PrepReport {
        var settings = SmallSeries.settings
        (settings.tileSize, settings.bands) = (side, bands)
        settings.largestNoDataShare = largestNoData
        return try PrepRun(
            PrepPlan(
                regions: [RegionInput(name: "r", paths: [folder.path("in")])],
                settings: settings, output: folder.path(out))
        ).run()
    }

    @Test func bandsThatLackPixelsOneByOne() throws {
        let folder = try TemporaryFolder()
        try Self.write(to: folder.path("in"))
        _ = try Self.run(folder, to: "out", largestNoData: 1)
        let pixels = 0..<Self.side * Self.side
        let all = Self.bands.indices
        let isWhole = pixels.map { index in all.allSatisfy { Self.number($0, index) != 0 } }
        let isSeen = pixels.map { index in all.contains { Self.number($0, index) != 0 } }
        let valid = pixels.map { index -> UInt8 in
            isWhole[index] && SceneClassification.isClear(Self.sceneClass(index)) ? 1 : 0
        }
        let clouds = pixels.count { index in
            let value = Self.sceneClass(index)
            return isSeen[index] && (value == 3 || SceneClassification.isCloud(value))
        }
        let record = try #require(
            try JSONLinesReader.read(TileRecord.self, from: folder.path("out/manifest.jsonl"))
                .records.first)
        let count = Double(pixels.count)
        #expect(record.validFraction == Double(valid.count { $0 == 1 }) / count)
        #expect(record.cloudFraction == Double(clouds) / count)
        let sample = try SampleStore(folder.path("out/store"), for: .reading)
            .sample(record.storeKey)
        #expect(try sample["valid"]?.values(as: UInt8.self) == valid)
        for (band, name) in Self.bands.enumerated() {
            let numbers = pixels.map { Self.number(band, $0) }
            #expect(try sample[name.rawValue]?.values(as: UInt16.self) == numbers)
        }
        #expect(try Self.run(folder, to: "less", largestNoData: 0.1).leftOut == 1)
        let leftOut = try JSONLinesReader.read(
            LeftOutTile.self, from: folder.path("less/leftout.jsonl")
        ).records
        #expect(leftOut.map(\.noDataFraction) == [Double(isWhole.count { !$0 }) / count])
    }
}
