import DataPrep
import Foundation
import Geo
import Manifests
import Raster
import TestSupport
import Testing

@Suite struct PrepRunTests {
    /// Two dates of one simulated place as loose files; the second displaced.
    private static func scenes(
        in folder: TemporaryFolder, shift: (rows: Double, columns: Double), size: Int = 258
    ) throws -> SimulatedPair {
        let pair = SimulatedPair.render(seed: 11, size: size, shift: shift)
        for (day, pixels) in [("20210608", pair.reference), ("20210718", pair.target)] {
            try RasterWriter.write(
                RasterBuffer(size: pair.size, pixels: pixels), grid: grid(pair.size),
                as: .jpeg2000(), to: folder.path("T33UUU_\(day)T101031_B04.jp2"))
        }
        return pair
    }

    private static func grid(_ size: PixelSize) throws -> GeoGrid {
        GeoGrid(
            size: size,
            transform: try AffineTransform(originX: 300_000, originY: 5_700_000, resolution: 10),
            crs: CRS(epsg: 32633))
    }

    private static func run(
        _ scenes: TemporaryFolder, into output: String, tileSize: Int = 128
    ) throws -> PrepReport {
        var settings = PrepSettings()
        settings.tileSize = tileSize
        let region = RegionInput(name: "r", paths: [scenes.path])
        return try PrepRun(PrepPlan(regions: [region], settings: settings, output: output)).run()
    }

    private static func tree(_ folder: TemporaryFolder) throws -> [String: SHA256Digest] {
        var tree: [String: SHA256Digest] = [:]
        for file in folder.files() where !file.hasSuffix(".log") && !file.hasSuffix("lock.mdb") {
            tree[file] = try SHA256Digest(ofFile: folder.path(file))
        }
        return tree
    }

    @Test func alignsCutsAndProves() throws {
        let (input, output) = (try TemporaryFolder(), try TemporaryFolder())
        let pair = try Self.scenes(in: input, shift: (1.4, -0.6))
        let report = try Self.run(input, into: output.path)
        let date = report.alignments[0].dates[1]
        #expect(date.status == .aligned)
        #expect(((date.shift ?? .zero) - Shift(rows: 1.4, columns: -0.6)).length < 0.05)
        #expect((date.residual?.median ?? 1) < 0.2)
        // 258 px: two tiles a side; the third column has 2 px and is left out.
        #expect(report.tiles == 8)
        #expect(try PrepVerification(folder: output.path).faults.isEmpty)
        // The reference lies on the grid: its pixels are copied.
        let tile = try RasterFile(reading: output.path("tiles/r/1_0/20210608T101031.tif"))
        let pixels = try tile.read(as: UInt16.self)
        #expect(pixels[0, 5, 7] == pair.reference[5 * 258 + 128 + 7])
        #expect(tile.bandDescriptions == ["B04"])
    }

    /// Looking for the shift, proving it and cutting tiles all see the same decoded pixels.
    @Test func decodesEachBlockOnce() throws {
        let (input, output) = (try TemporaryFolder(), try TemporaryFolder())
        _ = try Self.scenes(in: input, shift: (1.4, -0.6), size: 1050)
        var settings = PrepSettings()
        settings.tileSize = 256
        let blocks = DecodedBlocks()
        let region = RegionInput(name: "r", paths: [input.path])
        let plan = try PrepPlan(regions: [region], settings: settings, output: output.path)
        let report = try PrepRun(plan, blocks: blocks).run()
        #expect(report.alignments[0].dates[1].status == .aligned)
        // Two dates of four blocks: 1050 pixels are one tile of JPEG 2000 and 26 pixels of the next.
        #expect(blocks.decodedCount == 8)
    }

    /// Neither the number of threads nor the order in which things were named is seen in what is written, the store included (B27).
    @Test func threadsAndOrderAreNotSeen() throws {
        let (first, second) = (try TemporaryFolder(), try TemporaryFolder())
        _ = try Self.scenes(in: first, shift: (1.4, -0.6))
        _ = try Self.scenes(in: second, shift: (0.5, 0.25))
        func tree(_ threads: Int, isReversed: Bool = false) throws -> [String: SHA256Digest] {
            let output = try TemporaryFolder()
            let regions = [("a", first), ("b", second)].map { name, folder in
                let files = folder.files().map { folder.path($0) }
                return RegionInput(name: name, paths: isReversed ? files.reversed() : files)
            }
            var settings = PrepSettings()
            settings.tileSize = 64
            let plan = try PrepPlan(
                regions: isReversed ? regions.reversed() : regions, settings: settings,
                output: output.path)
            let report = try PrepRun(plan, threads: threads).run()
            #expect(report.stages.threads == threads)
            return try Self.tree(output)
        }
        let one = try tree(1)
        #expect(one["store/data.mdb"] != nil)
        #expect(try tree(2) == one)
        #expect(try tree(8) == one)
        #expect(try tree(2, isReversed: true) == one)
    }

    /// A tile's neighbour continues it: resampled pixels do not know of tile borders.
    @Test func tilesAreOnePicture() throws {
        let (input, small, large) = (
            try TemporaryFolder(), try TemporaryFolder(), try TemporaryFolder()
        )
        _ = try Self.scenes(in: input, shift: (0.5, 0.25))
        _ = try Self.run(input, into: small.path, tileSize: 64)
        _ = try Self.run(input, into: large.path, tileSize: 128)
        let name = "20210718T101031.tif"
        let whole = try RasterFile(reading: large.path("tiles/r/0_0/\(name)")).read(as: UInt16.self)
        let part = try RasterFile(reading: small.path("tiles/r/1_1/\(name)")).read(as: UInt16.self)
        let window = try PixelWindow(column: 64, row: 64, width: 64, height: 64)
        #expect(try whole.cropped(to: window).pixels == part.pixels)
    }

    /// Whatever is missing or changed after a run is made again, the rest is kept, and the tree is the same.
    @Test func goesOnWhereItWas() throws {
        let (input, output) = (try TemporaryFolder(), try TemporaryFolder())
        _ = try Self.scenes(in: input, shift: (1, 0.5))
        _ = try Self.run(input, into: output.path)
        let before = try Self.tree(output)
        #expect(try Self.run(input, into: output.path).written == 0)
        let victim = output.path("tiles/r/0_1/20210718T101031.tif")
        var bytes = try WholeFile.read(victim)
        bytes[bytes.count / 2] ^= 1
        try Data(bytes).write(to: URL(filePath: victim))
        #expect(try PrepVerification(folder: output.path).faults.count == 1)
        #expect(try Self.run(input, into: output.path).written == 1)
        #expect(try Self.tree(output) == before)
        try FileManager.default.removeItem(atPath: output.path("manifest.jsonl"))
        #expect(try PrepVerification(folder: output.path).isUnfinished)
        _ = try Self.run(input, into: output.path)
        #expect(try Self.tree(output) == before)
    }

    /// A manifest that points out of its folder, or lists a tile twice, is not believed.
    @Test func verifyRefusesAManifestThatLeavesItsFolder() throws {
        let (input, output) = (try TemporaryFolder(), try TemporaryFolder())
        _ = try Self.scenes(in: input, shift: (0, 0))
        _ = try Self.run(input, into: output.path, tileSize: 258)
        let manifest = output.path("manifest.jsonl")
        let text = try WholeFile.readText(manifest)
        let outside = text.replacing("\"tiles/", with: "\"../tiles/", maxReplacements: 1)
        try Data(outside.utf8).write(to: URL(filePath: manifest))
        let faults = try PrepVerification(folder: output.path).faults
        #expect(faults.count { $0.contains("leaves the folder") } == 1)
        #expect(faults.contains { $0.hasPrefix("manifest.jsonl: SHA-256") })
        try Data((text + text).utf8).write(to: URL(filePath: manifest))
        let twice = try PrepVerification(folder: output.path).faults
        #expect(twice.count { $0.contains("listed twice") } == 2)
        try Data("{\"id\": 1}\n".utf8).write(to: URL(filePath: manifest))
        #expect(throws: ManifestError.self) { try PrepVerification(folder: output.path) }
    }

    /// A folder belongs to one plan and one set of inputs.
    @Test func refusesAnotherPlansFolder() throws {
        let (input, output) = (try TemporaryFolder(), try TemporaryFolder())
        _ = try Self.scenes(in: input, shift: (0, 0))
        _ = try Self.run(input, into: output.path)
        let error = #expect(throws: PrepError.self) {
            try Self.run(input, into: output.path, tileSize: 64)
        }
        #expect(error?.code == .configuration)
    }

    /// Real pair: rows +2, columns −1 in whole pixels, and what is left is under a fifth of a pixel.
    @Test(.enabled(if: SharedData.path("s2-pairs/arosics-T33UUU") != nil, "needs the shared data"))
    func alignsTheRealPair() throws {
        let path = try #require(SharedData.path("s2-pairs/arosics-T33UUU"))
        var settings = PrepSettings()
        settings.bands = [.b04]
        let region = RegionInput(name: "pair", paths: [path])
        let plan = try PrepPlan(regions: [region], settings: settings, output: "")
        let date = try plan.align()[0].dates[1]
        #expect(date.status == .aligned)
        #expect(date.shift?.rows.rounded() == 2 && date.shift?.columns.rounded() == -1)
        #expect((date.residual?.median ?? 1) < 0.2)
    }
}
