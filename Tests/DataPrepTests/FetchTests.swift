import DataPrep
import Foundation
import Geo
import Manifests
import Raster
import TestSupport
import Testing

/// From a saved search to scenes on disk.
@Suite struct FetchTests {
    private func region(_ change: (inout FetchQuery) -> Void = { _ in }) throws -> FetchRegion {
        let place = try FetchFixture.degrees(east: 3000, south: 2000)
        var query = try FetchQuery(firstDay: "2019-01-01", lastDay: "2019-12-31")
        query.bands = [.b02, .b05]
        change(&query)
        return try FetchRegion(
            name: "here",
            area: FetchArea(longitude: place.x, latitude: place.y, sideInMetres: 1200), query: query
        )
    }

    /// Windows of bands of 10 and 20 m cover the same ground, with the pixels that the archive has there.
    @Test func copiesTheWindowOnly() throws {
        let folder = try TemporaryFolder()
        let saved = try FetchFixture.archive(
            in: folder.path, items: [FetchFixture.item("S2A_1", "2019-05-01T10:00:00Z")])
        let report = try Fetch([region()], output: folder.path("out"), offline: saved).run()
        #expect(report.failures.isEmpty)
        #expect(report.regions[0].scenes.map(\.outcome) == [.written])
        let scene = try #require(
            try SceneReader().scenes(at: [folder.path("out/here")]).first)
        #expect(scene.name == "S2A_1")
        // 3000 ± 600 east and 2000 ± 600 south, out to whole pixels of 60 m.
        let ground = MapBounds(left: 502_380, bottom: 5_097_360, right: 503_580, top: 5_098_620)
        for (band, step) in [(Sentinel2Band.b02, 10), (.b05, 20)] {
            let source = try scene.source(of: band)
            let file = try RasterFile(reading: source.path)
            #expect(file.grid?.bounds == ground)
            let pixels = try file.read(as: UInt16.self)
            let (column, row) = (2400 / step, 1380 / step)
            #expect(pixels[0, 0, 0] == UInt16(row * 100 + column % 100 + 1))
            #expect(pixels[0, 7, 3] == UInt16((row + 7) * 100 + (column + 3) % 100 + 1))
            #expect(source.radiometry.offset == -1000)
        }
        #expect(scene.classification != nil)
        let item = try String(
            decoding: WholeFile.read(folder.path("out/here/S2A_1/item.json")), as: UTF8.self)
        #expect(!item.contains("secret") && !item.contains(folder.path))
    }

    /// What was fetched is held against its item when tiles are cut.
    @Test func aDamagedFileIsNotCut() throws {
        let folder = try TemporaryFolder()
        let saved = try FetchFixture.archive(
            in: folder.path, items: [FetchFixture.item("S2A_1", "2019-05-01T10:00:00Z")])
        _ = try Fetch([region()], output: folder.path("out"), offline: saved).run()
        func run() throws -> PrepReport {
            var settings = PrepSettings()
            (settings.aligns, settings.tileSize) = (false, 64)
            return try PrepRun(
                PrepPlan(
                    regions: [RegionInput(name: "r", paths: [folder.path("out/here")])],
                    settings: settings, output: folder.path("tiles"))
            ).run()
        }
        let path = folder.path("out/here/S2A_1/B05.tif")
        let whole = try WholeFile.read(path)
        var bytes = whole
        bytes[bytes.count / 2] ^= 1
        try AtomicFile.write(bytes, to: path)
        let error = #expect(throws: PrepError.self) { try run() }
        #expect(error?.code == .badData && error?.message.contains("the item says") == true)
        try AtomicFile.write(whole, to: path)
        #expect(try run().tiles > 0)
    }

    /// Again is nothing to do; a changed byte is put right; what is asked differently is refused.
    @Test func resumesAndRepairs() throws {
        let folder = try TemporaryFolder()
        let saved = try FetchFixture.archive(
            in: folder.path,
            items: [
                FetchFixture.item("S2A_1", "2019-05-01T10:00:00Z"),
                FetchFixture.item("S2A_2", "2019-06-01T10:00:00Z"),
            ])
        let out = folder.path("out")
        _ = try Fetch([region()], output: out, offline: saved).run()
        let files = folder.files().filter { $0.hasPrefix("out/") && !$0.hasSuffix(".lock") }
        let first = try files.map { try SHA256Digest(ofFile: folder.path($0)) }
        #expect(
            try Fetch([region()], output: out, offline: saved).run().regions[0].scenes
                .map(\.outcome) == [.kept, .kept])
        // A kill between two files leaves whole files and no item.
        try FileManager.default.removeItem(atPath: "\(out)/here/S2A_2/item.json")
        try FileManager.default.removeItem(atPath: "\(out)/here/S2A_2/SCL.tif")
        var bytes = try WholeFile.read("\(out)/here/S2A_1/B02.tif")
        bytes[bytes.count / 2] ^= 1
        try AtomicFile.write(bytes, to: "\(out)/here/S2A_1/B02.tif")
        _ = try Fetch([region()], output: out, offline: saved).run()
        #expect(try files.map { try SHA256Digest(ofFile: folder.path($0)) } == first)
        let error = #expect(throws: PrepError.self) {
            try Fetch([region { $0.bands = [.b02] }], output: out, offline: saved).run()
        }
        #expect(error?.code == .configuration)
    }

    /// No server is believed to have filtered.
    @Test func choosesScenes() throws {
        let folder = try TemporaryFolder()
        var items = (1...9).map {
            FetchFixture.item("S2A_\($0)", "2019-0\($0)-01T10:00:00Z")
        }
        items += [
            FetchFixture.item("cloudy", "2019-03-02T10:00:00Z", cloud: 21),
            FetchFixture.item("edge", "2019-03-03T10:00:00Z", noData: 30),
            FetchFixture.item("late", "2020-01-01T10:00:00Z"),
            FetchFixture.item("neighbour", "2019-03-04T10:00:00Z", tile: "33TWM"),
            FetchFixture.item("reprocessed", "2019-02-01T10:00:00Z", baseline: "05.10"),
        ]
        let saved = try FetchFixture.archive(in: folder.path, items: items)
        let report = try Fetch(
            [region { $0.mostScenes = 3 }], output: folder.path("out"), offline: saved
        ).preview()
        let found = report.regions[0]
        #expect(found.scenes.map(\.id) == ["S2A_1", "S2A_5", "S2A_9"])
        #expect(found.tile == "T33TWL")
        #expect(found.found == 14)
        for (id, reason) in [
            ("cloudy", "21"), ("edge", "70"), ("late", "2020"), ("neighbour", "tile"),
            ("S2A_2", "version"), ("S2A_3", "more than 3"),
        ] { #expect(found.rejected[id]?.contains(reason) == true) }
        #expect(!FileManager.default.fileExists(atPath: folder.path("out")))
        let error = #expect(throws: PrepError.self) {
            try Fetch(
                [region { $0.fewestScenes = 50 }], output: folder.path("out"), offline: saved
            ).preview()
        }
        #expect(error?.code == .missing)
    }

    /// Of two tiles that hold the point the one that holds the square is taken, whichever has more dates.
    @Test func takesTheTileThatHoldsTheSquare() throws {
        let folder = try TemporaryFolder()
        var items = (1...3).map {
            FetchFixture.item("near\($0)", "2019-0\($0)-01T10:00:00Z", tile: "33TVL")
                .replacing("[14.99,45.05,16.4,46.06]", with: "[13.7,45.05,15.05,46.06]")
        }
        items += (1...2).map { FetchFixture.item("whole\($0)", "2019-0\($0)-02T10:00:00Z") }
        let saved = try FetchFixture.archive(in: folder.path, items: items)
        // The point lies 1 km inside of the first tile; the square of 3 km reaches beyond it.
        for (side, tile) in [(3000.0, "T33TWL"), (100.0, "T33TVL"), (219_600.0, "T33TVL")] {
            var query = try FetchQuery(firstDay: "2019-01-01", lastDay: "2019-12-31")
            query.bands = [.b02]
            let region = try FetchRegion(
                name: "here",
                area: FetchArea(longitude: 15.037, latitude: 46, sideInMetres: side), query: query)
            let report = try Fetch([region], output: folder.path("out"), offline: saved).preview()
            #expect(report.regions[0].tile == tile, "\(side)")
        }
    }

    /// A box over two tiles: how much of it the one that is taken holds, and what gets the rest.
    @Test func saysWhatOneTileLacks() throws {
        let folder = try TemporaryFolder()
        let east = FetchFixture.item("east", "2019-01-02T10:00:00Z")
        let west = FetchFixture.item("west", "2019-01-01T10:00:00Z", tile: "33TVL")
            .replacing("[14.99,45.05,16.4,46.06]", with: "[13.7,45.05,15.05,46.06]")
        var query = try FetchQuery(firstDay: "2019-01-01", lastDay: "2019-12-31")
        query.bands = [.b02]
        func found(_ items: [String], west: Double) throws -> FetchReport.Region {
            let saved = try FetchFixture.archive(in: folder.path, items: items)
            let area = try FetchArea(west: west, south: 45.5, east: 15.29, north: 45.6)
            let region = try FetchRegion(name: "here", area: area, query: query)
            return try Fetch([region], output: folder.path("out"), offline: saved).preview()
                .regions[0]
        }
        let cut = try found([east, west], west: 14.89)
        // 0.3 of 0.4 degrees.
        #expect(cut.tile == "T33TWL" && abs((cut.covered ?? 0) - 0.75) < 1e-9)
        #expect(cut.warning?.contains("75.00 %") == true)
        #expect(cut.warning?.contains("--tile T33TVL") == true)
        #expect(try found([east], west: 14.89).warning?.contains("no scene of another") == true)
        let whole = try found([east, west], west: 15.09)
        #expect(whole.covered == 1 && whole.warning == nil)
        // Where an item says which pixels its tile has, those count, not its box in degrees.
        let ground =
            #""gsd":10,"proj:epsg":32633,"proj:shape":[600,600],"#
            + #""proj:transform":[10,0,499980,0,-10,5100000]"#
        let placed = east.replacing(#""gsd":10"#, with: ground)
        #expect(try found([placed], west: 15.09).covered == 0)
    }

    /// One scene that cannot be had does not stop the others; it is named.
    @Test func setsFailuresAside() throws {
        let folder = try TemporaryFolder()
        let saved = try FetchFixture.archive(
            in: folder.path,
            items: [
                FetchFixture.item("S2A_1", "2019-05-01T10:00:00Z"),
                FetchFixture.item("S2A_2", "2019-06-01T10:00:00Z", files: "gone"),
                FetchFixture.item("S2A_3", "2019-07-01T10:00:00Z"),
            ])
        let report = try Fetch([region()], output: folder.path("out"), offline: saved).run()
        #expect(report.regions[0].scenes.map(\.outcome) == [.written, .failed, .written])
        #expect(report.failures.count == 1)
        #expect(report.failures.first?.contains("S2A_2") == true)
    }

    @Test(arguments: [[10.0, 5, 10, 6], [0, 6, 1, 5], [0, 0, 200, 1]])
    func refusesBoxes(box: [Double]) {
        #expect(throws: PrepError.self) {
            try FetchArea(west: box[0], south: box[1], east: box[2], north: box[3])
        }
    }
}
