import DataPrep
import Foundation
import Geo
import Manifests
import Raster
import TestSupport
import Testing

/// A recipe from scenes to unchanged ground and catalogues.
@Suite struct PrepJobTests {
    /// Four dates of a place of 256 px: the same ground with other noise, a changed patch on the last two.
    static func write(to folder: String) throws {
        try AtomicFile.makeFolder(at: folder)
        let side = try PixelSize(width: 256, height: 256)
        let transform = try AffineTransform(originX: 300_000, originY: 5_700_000, resolution: 10)
        let grid = GeoGrid(size: side, transform: transform, crs: CRS(epsg: 32633))
        for day in 1...4 {
            var (ground, noise) = (SplitMix64(seed: 7), SplitMix64(seed: UInt64(100 + day)))
            let pixels = (0..<side.count).map { index -> UInt16 in
                let isChanged = day > 2 && index / 256 < 20 && index % 256 < 20
                return UInt16(
                    1000 + ground.nextUniform() * 2000 + noise.nextUniform() * 100
                        + (isChanged ? 3000 : 0))
            }
            for (name, values) in [
                ("B04", pixels), ("SCL", [UInt16](repeating: 4, count: side.count)),
            ] {
                try RasterWriter.write(
                    RasterBuffer(size: side, pixels: values), grid: grid, as: .jpeg2000(),
                    to: "\(folder)/S_2021060\(day)T101031_\(name).jp2")
            }
        }
    }

    /// A job on these dates.
    static func job(
        in folder: TemporaryFolder, unchanged: UnchangedSettings? = settings,
        formats: [ExportFormat] = ExportFormat.allCases, output: String = "out"
    ) throws -> PrepJob {
        if !FileManager.default.fileExists(atPath: folder.path("in")) {
            try write(to: folder.path("in"))
        }
        let tiles = Self.tiles
        let plan = try PrepPlan(
            regions: [RegionInput(name: "r", paths: [folder.path("in")])], settings: tiles,
            output: folder.path(output))
        var order = PublishOrder()
        order.formats = formats
        return try PrepJob(plan, unchanged: unchanged, publish: order)
    }

    /// Four tiles a date, aligned.
    static var tiles: PrepSettings {
        var settings = PrepSettings()
        settings.tileSize = 128
        settings.bands = [.b04]
        return settings
    }

    static var settings: UnchangedSettings {
        var settings = UnchangedSettings()
        settings.fewestPixels = 100
        return settings
    }

    private static func reading(_ path: String) throws -> JSONValue {
        try JSONValue.parse(WholeFile.read(path))
    }

    /// Unchanged ground that lies there is published by a recipe that does not ask for it, each time.
    @Test func publishesWhatAnotherStepLeft() throws {
        let folder = try TemporaryFolder()
        _ = try Self.job(in: folder, formats: []).run()
        for _ in 1...2 {
            let report = try Self.job(in: folder, unchanged: nil, formats: [.kwcoco]).run()
            #expect(report.published[.kwcoco] == 1)
        }
    }

    @Test func oneJobDoesAllOfItAndDoesItOnce() throws {
        let folder = try TemporaryFolder()
        let report = try Self.job(in: folder).run()
        #expect(report.tiles.tiles == 16)
        #expect(report.unchanged?.tiles.count == 4)
        #expect(report.published[.stac] == 17 && report.published[.kwcoco] == 1)
        let before = try SmallSeries.tree(folder, below: "out/")
        let again = try Self.job(in: folder).run()
        #expect(again.tiles.written == 0 && again.unchanged?.written == 0)
        #expect(try SmallSeries.tree(folder, below: "out/") == before)
    }

    /// Stopped between any two steps and run again: the same tree.
    @Test(arguments: [3, 10, 22, 40, 60]) func aStoppedJobGoesOn(calls: Int) throws {
        struct Stop: Error {}
        let folder = try TemporaryFolder()
        _ = try Self.job(in: folder, output: "whole").run()
        var asked = 0
        #expect(throws: Stop.self) {
            try Self.job(in: folder).run(checkStop: {
                asked += 1
                if asked > calls { throw Stop() }
            })
        }
        _ = try Self.job(in: folder).run()
        let (tree, whole) = (
            try SmallSeries.tree(folder, below: "out/"),
            try SmallSeries.tree(folder, below: "whole/")
        )
        #expect(Set(tree.keys) == Set(whole.keys))
        #expect(tree.filter { whole[$0.key] != $0.value }.keys.sorted() == [])
    }

    /// What another setting would mix is refused before a tile is cut.
    @Test func anotherSettingOfALaterStepIsRefusedFirst() throws {
        let folder = try TemporaryFolder()
        _ = try Self.job(in: folder).run()
        try FileManager.default.removeItem(atPath: folder.path("out/tiles"))
        var other = Self.settings
        other.threshold = 0.2
        let error = #expect(throws: PrepError.self) {
            try Self.job(in: folder, unchanged: other).run()
        }
        #expect(error?.code == .configuration)
        #expect(error?.description.contains("unchanged.settings.threshold") == true)
        #expect(!FileManager.default.fileExists(atPath: folder.path("out/tiles")))
        let explained = try PrepExplanation(Self.job(in: folder, unchanged: other))
        #expect(explained.differences.map(\.key) == ["unchanged.settings.threshold"])
        #expect(throws: PrepError.self) { try PrepPreview(Self.job(in: folder, unchanged: other)) }
        // Not asked for, the scores that are there are published all the same.
        let less = try Self.job(in: folder, unchanged: nil).run()
        #expect(less.unchanged == nil)
        #expect(FileManager.default.fileExists(atPath: folder.path("out/tiles")))
    }

    @Test func everyFormCarriesMasksAndScores() throws {
        let folder = try TemporaryFolder()
        let report = try Self.job(in: folder).run()
        let tile = try #require(report.unchanged?.tiles.first { $0.tile == "r/0_0" })
        let digest = try #require(tile.sha256?.hex)
        let root = folder.path("out/published")
        let item = try Self.reading("\(root)/stac/r/0_0/20210601T101031.json")
        #expect(item["assets"]?["unchanged"]?["file:checksum"]?.string == "1220\(digest)")
        #expect(item["properties"]?["matter:unchanged"]?["known"]?.double == tile.known)
        let video = try Self.reading("\(root)/kwcoco/data.kwcoco.json")
        #expect(video["videos"]?[0]?["unchanged"]?["selected"]?.bool == tile.selected)
        let mask = video["images"]?[0]?["assets"]?[1]
        #expect(mask?["channels"] == "no_change_probability|unchanged|clear_dates")
        let path = URL(filePath: "\(root)/kwcoco").appending(
            path: try #require(mask?["file_name"]?.string)
        ).standardized.path
        #expect(try SHA256Digest(ofFile: path).hex == digest)
        let card = try Self.reading("\(root)/croissant/croissant.json")
        let scores = card["distribution"]?.array?.first { $0["@id"] == "scores" }
        #expect(
            try scores?["sha256"]?.string
                == SHA256Digest(ofFile: folder.path("out/unchanged/scores.jsonl")).hex)
        let crop = try RasterFile(reading: "\(root)/peo/r/crop_0000/unchanged.tif")
        let own = try RasterFile(reading: folder.path("out/unchanged/tiles/r/0_0.tif"))
        #expect(try crop.read(as: UInt8.self).pixels == own.read(bands: [1], as: UInt8.self).pixels)
        #expect(crop.grid == own.grid)
    }

    /// Masks of another manifest, or half of them, are not published.
    @Test func masksThatDoNotBelongAreRefused() throws {
        let folder = try TemporaryFolder()
        _ = try Self.job(in: folder, formats: []).run()
        func fault(_ code: PrepError.Code, _ words: String) {
            let error = #expect(throws: PrepError.self) {
                try Publication(
                    of: folder.path("out"), as: .stac, to: folder.path("stac"))
            }
            #expect(error?.code == code && error?.description.contains(words) == true)
        }
        let mask = folder.path("out/unchanged/tiles/r/0_0.tif")
        let bytes = try WholeFile.read(mask)
        try AtomicFile.write(Array(bytes.dropLast()), to: mask)
        fault(.badData, "the scores say")
        try FileManager.default.removeItem(atPath: mask)
        fault(.missing, "mask is missing")
        try AtomicFile.write(bytes, to: mask)
        let scores = folder.path("out/unchanged/scores.jsonl")
        let text = try WholeFile.read(scores)
        try FileManager.default.removeItem(atPath: scores)
        fault(.missing, "has not ended")
        try AtomicFile.write(text, to: scores)
        let manifest = folder.path("out/manifest.jsonl")
        try AtomicFile.write(WholeFile.read(manifest) + Array("\n".utf8), to: manifest)
        fault(.configuration, "another manifest")
    }

    /// Shards are cut and no more; the same recipe goes on with the merged folder.
    @Test func aShardIsCutAndNoMore() throws {
        let folder = try TemporaryFolder()
        _ = try Self.job(in: folder, output: "whole").run()
        let whole = try Self.job(in: folder)
        for index in 1...2 {
            let plan = try PrepPlan(
                regions: [RegionInput(name: "r", paths: [folder.path("in")])],
                settings: Self.tiles, output: folder.path("parts"),
                shard: Shard(index: index, count: 2))
            let part = try PrepJob(plan, unchanged: whole.unchanged, publish: whole.publish).run()
            #expect(part.unchanged == nil && part.published.isEmpty)
        }
        _ = try ShardMerge([folder.path("parts")], to: folder.path("out")).run()
        #expect(try whole.run().tiles.written == 0)
        #expect(
            try SmallSeries.tree(folder, below: "out/")
                == SmallSeries.tree(folder, below: "whole/"))
    }
}
