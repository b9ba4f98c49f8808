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
