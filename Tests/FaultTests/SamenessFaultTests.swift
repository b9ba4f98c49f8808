import DataPrep
import Foundation
import Geo
import Manifests
import Raster
import TestSupport
import Testing

/// Table B, what must not matter, and what is said beforehand.
@Suite struct SamenessFaultTests {
    @Test("B25: what a dry run says will be written is written, within a quarter")
    func estimatesAreNearTheTruth() throws {
        let folder = try TemporaryFolder()
        let plan = try SimulationPlan(products: [.l2a], regions: 1, size: 516, dates: 1)
        try Simulation(plan: plan).run(to: folder.path("earth"))
        var settings = PrepSettings()
        settings.tileSize = 258
        settings.bands = [.b02, .b03, .b04, .b08]
        let region = RegionInput(name: "r", paths: [folder.path("earth/l2a/33UUU")])
        let run = try PrepPlan(regions: [region], settings: settings, output: folder.path("out"))
        let preview = try PrepPreview(run)
        _ = try PrepRun(run).run()
        var bytes = 0
        for file in try Fixture.tree(folder.path("out")).keys {
            bytes += try WholeFile.size(of: folder.path("out/\(file)"))
        }
        let ratio = Double(preview.regions[0].bytesToWrite) / Double(bytes)
        #expect(ratio > 0.75 && ratio < 1.25, "\(ratio)")
    }

    @Test("B27: threads, order of arguments, language and time zone leave every byte as it is")
    func surroundingsDoNotMatter() throws {
        let folder = try TemporaryFolder()
        let products = try Fixture.products(in: folder)
        let matrix: [[String: String]] = [
            [:], ["OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "GDAL_NUM_THREADS": "1"],
            ["OMP_NUM_THREADS": "16", "GDAL_NUM_THREADS": "ALL_CPUS", "TZ": "Pacific/Kiritimati"],
            ["LC_ALL": "de_DE.UTF-8", "LANG": "tr_TR.UTF-8", "TZ": "America/New_York"],
            ["LC_ALL": "C", "HOME": "/nonexistent", "TMPDIR": "/nonexistent"],
        ]
        var trees: [[String: SHA256Digest]] = []
        for (index, environment) in matrix.enumerated() {
            let out = folder.path("out\(index)")
            let order = index % 2 == 0 ? products : products.reversed()
            let result = try runProgram(
                "matter-prep", Fixture.arguments(order, into: out), environment: environment)
            #expect(result.status == 0, "\(result.stderr)")
            trees.append(try Fixture.tree(out))
        }
        if let taskset = Tool.taskset {
            let out = folder.path("one core")
            let result = try runExecutable(
                taskset,
                ["--cpu-list", "0", programURL("matter-prep").path]
                    + Fixture.arguments(products, into: out))
            #expect(result.status == 0, "\(result.stderr)")
            trees.append(try Fixture.tree(out))
        }
        #expect(trees.allSatisfy { $0 == trees[0] })
        // 3 dates of 4 tiles, each with a quick-look; their store, alignment, and four lists.
        #expect(trees[0].count == 3 * 4 * 2 + 6)
    }
}
