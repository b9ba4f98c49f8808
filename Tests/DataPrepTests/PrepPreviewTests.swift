import DataPrep
import Foundation
import Manifests
import Store
import Tensors
import TestSupport
import Testing

@Suite struct PrepPreviewTests {
    /// Many scenes, counted once each, with the bytes that lie on the disk; nothing is written.
    @Test func countsManyScenes() throws {
        let folder = try TemporaryFolder()
        try SmallSeries.write(["20210601"], to: folder.path("one"))
        try AtomicFile.makeFolder(at: folder.path("many"))
        var bytes = 0
        for year in 2017..<2027 {
            for month in 1...12 {
                for band in ["B04", "SCL"] {
                    let source = folder.path("one/S_20210601T101031_\(band).jp2")
                    let month = month < 10 ? "0\(month)" : "\(month)"
                    try FileManager.default.linkItem(
                        atPath: source,
                        toPath: folder.path("many/S_\(year)\(month)01T101031_\(band).jp2"))
                    bytes += try WholeFile.size(of: source)
                }
            }
        }
        let region = RegionInput(name: "r", paths: [folder.path("many"), folder.path("many")])
        var settings = SmallSeries.settings
        settings.looseOffset = .absent
        let plan = try PrepPlan(
            regions: [region], settings: settings, output: folder.path("out"))
        let preview = try PrepPreview(plan)
        #expect(preview.regions[0].dates.count == 120)
        #expect(preview.regions[0].tilesPerDate == 4)
        #expect(preview.regions[0].bytesToRead == bytes)
        #expect(preview.regions[0].bytesToWrite > 120 * 4 * 48 * 48 * 2)
        #expect(preview.lines.contains("120 scenes of 120 days, 480 tiles"))
        #expect(preview.lines.joined().contains("(estimate"))
        #expect(!FileManager.default.fileExists(atPath: folder.path("out")))
    }

    /// What is held is bounded by what is held at a time: of more scenes than fit, no more is kept; of a tile, all bands are.
    @Test func memoryDoesNotGrowWithScenes() throws {
        let folder = try TemporaryFolder()
        try SmallSeries.write(["20210601"], to: folder.path("one"))
        let scene = SmallSeries.size * SmallSeries.size * 2 * 2
        func memory(_ dates: Int, threads: Int = 2, compares: Bool = false) throws -> PrepMemory {
            let many = folder.path("\(dates)-\(threads)-\(compares)")
            try AtomicFile.makeFolder(at: many)
            for (date, band) in (0..<dates).flatMap({ date in ["B04", "SCL"].map { (date, $0) } }) {
                try FileManager.default.linkItem(
                    atPath: folder.path("one/S_20210601T101031_\(band).jp2"),
                    toPath: "\(many)/S_202006\(date + 10)T101031_\(band).jp2")
            }
            var settings = SmallSeries.settings
            settings.looseOffset = .absent
            let plan = try PrepPlan(
                regions: [RegionInput(name: "r", paths: [many])], settings: settings,
                output: folder.path("out"))
            let preview = try PrepPreview(plan, threads: threads)
            #expect(preview.memory.program > 0)
            #expect(preview.lines.contains { $0.contains("MB in memory (estimate: ") })
            return try PrepMemory(
                plan, threads: threads, compares: compares, limit: 4 * scene)
        }
        let (one, few, many) = (try memory(1), try memory(5), try memory(12))
        #expect(one.decoded == scene && few.decoded == 4 * scene)
        #expect(few == many && few.bytes == few.decoded + max(few.alignment, few.tiles))
        #expect(one.tiles >= 48 * 48 * 2 && one.alignment >= scene / 2)
        #expect(try memory(1, threads: 4).tiles > one.tiles)
        // Dates of a place are compared all together.
        let (two, six) = (try memory(2, compares: true), try memory(6, compares: true))
        #expect(two.comparison > 0 && six.comparison > two.comparison)
    }

    /// What a run writes lies within the bounds that were said, and close to the estimate; counts are exact.
    @Test func bytesLieWithinWhatIsSaid() throws {
        let folder = try TemporaryFolder()
        let job = try PrepJobTests.job(in: folder, unchanged: nil, formats: [])
        let preview = try PrepPreview(job).regions[0]
        #expect(!FileManager.default.fileExists(atPath: folder.path("out")))
        let report = try job.run()
        #expect(report.tiles.tiles == preview.dates.count * preview.tilesPerDate)
        let store = try SampleStore(folder.path("out/store"), for: .reading)
        let samples = try store.keys().reduce(0) { sum, key in
            try sum + store.sample(key).values.map(\.bytes.count).reduce(0, +)
        }
        #expect(samples == preview.bytesAtLeast)
        let files = try folder.files().filter {
            $0.hasPrefix("out/tiles/") || $0.hasPrefix("out/quicklooks/")
        }.reduce(0) { sum, file in try sum + WholeFile.size(of: folder.path(file)) }
        #expect(samples + files <= preview.bytesAtMost)
        // Noise of the same kind everywhere: what one piece leaves, all leave.
        let estimate = Double(preview.bytesToWrite)
        #expect(abs(Double(samples + files) - estimate) < 0.25 * estimate)
        #expect(preview.minutes > 0 && preview.minutes < 1)
    }
}
