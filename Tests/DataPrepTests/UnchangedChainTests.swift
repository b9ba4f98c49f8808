import DataPrep
import Geo
import Manifests
import Raster
import Store
import Tensors
import TestSupport
import Testing

/// From dates as they are delivered, displaced and under clouds, through alignment and tiles to unchanged ground.
@Suite struct UnchangedChainTests {
    private static let bands: [Sentinel2Band] = [
        .b02, .b03, .b04, .b05, .b06, .b07, .b08, .b8a, .b11, .b12,
    ]
    private static let size = 360

    /// A date: how it lies against the first, and the share of it that clouds hide, and shadows besides; all before
    /// baseline 04.00, whose numbers loose files would have to tell.
    private static let days: [(day: SimulatedDay, rows: Double, columns: Double, clouds: Float)] = [
        (SimulatedDay(2020, 5, 14), 0, 0, 0), (SimulatedDay(2020, 6, 8), 1.3, -0.7, 0.2),
        (SimulatedDay(2020, 8, 22), -0.6, 1.8, 0), (SimulatedDay(2021, 4, 19), 0.45, 0.5, 0.15),
        (SimulatedDay(2021, 7, 13), -1.9, -0.4, 0.2), (SimulatedDay(2021, 10, 11), 0.8, 1.1, 0),
    ]

    /// Writes the dates as files on their native grids and gives the truth: 1 where the ground changed from the first to the last.
    private static func write(seed: UInt64, to folder: String) throws -> [UInt8] {
        let scene = SimulatedScene.make(
            seed: seed, size: size, options: .region(Int(seed % 3)), dates: days.count,
            changedFraction: 0.012)
        for (index, date) in days.enumerated() {
            var acquisition = scene.acquisition(
                day: date.day, index: index, rows: date.rows, columns: date.columns,
                warp: index == 0 ? 0 : 0.4)
            acquisition.cloudFraction = date.clouds
            let image = scene.image(acquisition, bands: bands)
            func put(_ name: String, _ resolution: Int, _ pixels: [UInt16]) throws {
                let side = size * 10 / resolution
                let grid = GeoGrid(
                    size: try PixelSize(width: side, height: side),
                    transform: try AffineTransform(
                        originX: 300_000, originY: 5_900_040, resolution: Double(resolution)),
                    crs: CRS(epsg: 32633))
                try RasterWriter.write(
                    RasterBuffer(size: grid.size, pixels: pixels), grid: grid, as: .jpeg2000(),
                    to: "\(folder)/T33UUU_\(date.day.compact())T101031_\(name).jp2")
            }
            for band in image.bands {
                try put(band.band.rawValue, band.resolution, band.values)
            }
            try put("SCL", 20, image.sceneClasses.map { UInt16($0) })
        }
        return scene.changeMask(from: 0, to: days.count - 1)
    }

    /// Recall of change at least 0.95 for at most 5 % of the unchanged ground, as where dates lie on one another and are clear.
    @Test(arguments: [101, 103] as [UInt64])
    func findsWhatChangedThroughTheWholeChain(seed: UInt64) throws {
        let folder = try TemporaryFolder()
        try AtomicFile.makeFolder(at: folder.path("in"))
        let truth = try Self.write(seed: seed, to: folder.path("in"))
        var settings = PrepSettings()
        (settings.tileSize, settings.bands) = (Self.size, Self.bands)
        settings.reference = "2020-05-14"
        let plan = try PrepPlan(
            regions: [RegionInput(name: "r", paths: [folder.path("in")])], settings: settings,
            output: folder.path("out"))
        let report = try PrepRun(plan).run()
        let statuses = report.alignments[0].dates.map(\.status)
        // A date that could not be aligned would be left out; most are, and those that show the truth must be.
        #expect(statuses.first == .reference && statuses.last == .aligned, "\(statuses)")
        #expect(statuses.count { $0 == .aligned } >= 4, "\(statuses)")
        let found = try UnchangedRun(
            UnchangedPlan(folder: folder.path("out"), settings: UnchangedSettings())
        ).run()
        let tile = try #require(found.tiles.first)
        #expect(tile.dates.count == statuses.count { $0 != .notAligned })

        // Clouds there were, and the dates that show the truth have none.
        let records = try JSONLinesReader.read(
            TileRecord.self, from: folder.path("out/manifest.jsonl")
        ).records
        for (record, date) in zip(records, Self.days) {
            #expect((record.cloudFraction > 0.03) == (date.clouds > 0), "\(record.id)")
        }
        let store = try SampleStore(folder.path("out/store"), for: .reading)
        let seen = try [records.first, records.last].map { record in
            let sample = try store.sample(try #require(record).storeKey)
            return try #require(sample["valid"]).values(as: UInt8.self)
        }
        let path = try #require(tile.path)
        let mask = try RasterFile(reading: folder.path("out/unchanged/\(path)"))
            .read(bands: [1], as: UInt8.self).pixels
        var (hits, changed, lost, unchanged) = (0, 0, 0, 0)
        for (index, said) in mask.enumerated()
        where said != 255 && seen.allSatisfy({ $0[index] == 1 }) {
            if truth[index] == 1 { changed += 1 } else { unchanged += 1 }
            if said == 0 { if truth[index] == 1 { hits += 1 } else { lost += 1 } }
        }
        #expect(changed > 300 && unchanged > Self.size * Self.size * 8 / 10)
        let (recall, loss) = (
            Double(hits) / Double(changed), Double(lost) / Double(unchanged)
        )
        #expect(recall >= 0.95 && loss <= 0.05, "of \(changed): \(recall), \(loss)")
    }
}
