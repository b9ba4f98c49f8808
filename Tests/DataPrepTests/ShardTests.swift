import DataPrep
import Foundation
import Geo
import Manifests
import TestSupport
import Testing

@Suite struct ShardTests {
    /// Two regions of three and two dates; the second region's first date is all cloud.
    private static func regions(in folder: TemporaryFolder) throws -> [RegionInput] {
        try SmallSeries.write(["20210601", "20210602", "20210603"], to: folder.path("a"))
        try SmallSeries.write(["20210611"], to: folder.path("b"), cloudRows: 96)
        try SmallSeries.write(["20210612"], to: folder.path("b"), emptyRows: 10)
        return ["b", "a"].map { RegionInput(name: $0, paths: [folder.path($0)]) }
    }

    private static var settings: PrepSettings {
        var settings = SmallSeries.settings
        settings.largestCloudShare = 0.5
        return settings
    }

    private static func run(
        _ regions: [RegionInput], _ output: String, _ shard: Shard? = nil,
        _ settings: PrepSettings = settings
    ) throws -> PrepReport {
        try PrepRun(
            PrepPlan(regions: regions, settings: settings, output: output, shard: shard)
        ).run()
    }

    /// However many shards, in one folder or in several, and more than there are dates: the tree is that of a single run.
    @Test(arguments: [1, 2, 3, 7]) func mergedShardsAreASingleRun(count: Int) throws {
        let (input, whole, parts) = (
            try TemporaryFolder(), try TemporaryFolder(), try TemporaryFolder()
        )
        let regions = try Self.regions(in: input)
        _ = try Self.run(regions, whole.path)
        var tiles = 0
        for index in (1...count).reversed() {
            let out = parts.path("node\(index % 2)")
            tiles += try Self.run(regions, out, Shard(index: index, count: count)).tiles
        }
        let nodes = [parts.path("node0"), parts.path("node1")].filter {
            FileManager.default.fileExists(atPath: $0)
        }
        #expect(try ShardMerge(nodes, to: parts.path("all")).run() == tiles)
        let merged = try SmallSeries.tree(parts, below: "all/")
        #expect(try merged == SmallSeries.tree(whole))
        #expect(merged["manifest.jsonl"] != nil && merged["leftout.jsonl"] != nil)
        #expect(try PrepVerification(folder: parts.path("all")).faults.isEmpty)
        #expect(try ShardMerge(nodes, to: parts.path("all")).run() == tiles)
        #expect(try SmallSeries.tree(parts, below: "all/") == merged)
    }

    /// Stopped after some tiles and merged again, into the folder that holds the shards.
    @Test func aStoppedMergeGoesOn() throws {
        struct Stop: Error {}
        let (input, whole, parts) = (
            try TemporaryFolder(), try TemporaryFolder(), try TemporaryFolder()
        )
        let regions = try Self.regions(in: input)
        _ = try Self.run(regions, whole.path)
        for index in 1...2 {
            _ = try Self.run(regions, parts.path, Shard(index: index, count: 2))
        }
        var asked = 0
        let stopped = try ShardMerge(
            [parts.path], to: parts.path,
            checkStop: {
                asked += 1
                if asked > 5 { throw Stop() }
            })
        #expect(throws: Stop.self) { try stopped.run() }
        #expect(!parts.files().contains("manifest.jsonl"))
        _ = try ShardMerge([parts.path], to: parts.path).run()
        let tree = try SmallSeries.tree(parts).filter { !$0.key.hasPrefix("shards/") }
        #expect(try tree == SmallSeries.tree(whole))
    }

    @Test func mergeRefusesWhatDoesNotBelongTogether() throws {
        let (input, parts) = (try TemporaryFolder(), try TemporaryFolder())
        let regions = try Self.regions(in: input)
        func fault(_ folders: [String], _ code: PrepError.Code, _ words: String) {
            let error = #expect(throws: PrepError.self) {
                try ShardMerge(folders, to: parts.path("all")).run()
            }
            #expect(
                error?.code == code && error?.description.contains(words) == true, "\(error as Any)"
            )
        }
        _ = try Self.run(regions, parts.path("x"), Shard(index: 1, count: 2))
        fault([parts.path("x")], .missing, "shard 2/2 is missing")
        var other = Self.settings
        other.tileSize = 32
        _ = try Self.run(regions, parts.path("y"), Shard(index: 2, count: 2), other)
        fault([parts.path("x"), parts.path("y")], .configuration, "another plan")
        fault([parts.path("x"), parts.path("x")], .configuration, "given twice")
        _ = try Self.run(regions, parts.path("x"), Shard(index: 2, count: 2))
        _ = try Self.run(regions, parts.path("plain"))
        fault([parts.path("plain")], .missing, "no shard in it")
        let tile = try #require(
            parts.files().first { $0.hasPrefix("x/shards/2-of-2/tiles/") && $0.hasSuffix(".tif") })
        try AtomicFile.write("damaged", to: parts.path(tile))
        fault([parts.path("x")], .badData, "SHA-256")
        try FileManager.default.removeItem(atPath: parts.path("x/shards/2-of-2/manifest.jsonl"))
        fault([parts.path("x")], .missing, "not finished")
    }

    @Test(arguments: ["", "1", "0/4", "5/4", "1/0", "a/b", "1/2/3", "-1/4", "1/1000001"])
    func refusesShardsThatCannotBe(text: String) {
        let error = #expect(throws: PrepError.self) { try Shard(argument: text) }
        #expect(error?.code == .usage)
    }

    // MARK: Explaining

    @Test func explainNamesEachDifferenceAndWritesNothing() throws {
        let (input, output) = (try TemporaryFolder(), try TemporaryFolder())
        let regions = try Self.regions(in: input)
        func explanation(_ settings: PrepSettings) throws -> PrepExplanation {
            try PrepExplanation(
                PrepPlan(regions: regions, settings: settings, output: output.path("out")))
        }
        #expect(try !explanation(Self.settings).hasRun)
        _ = try Self.run(regions, output.path("out"))
        let same = try explanation(Self.settings)
        #expect(same.isFinished && same.differences.isEmpty && same.tilesThere == 16)
        let before = try SmallSeries.tree(output)
        var settings = Self.settings
        settings.tileSize = 32
        settings.quicklookBands = [.b04]
        try SmallSeries.write(["20210601"], to: input.path("a"), emptyRows: 1)
        try SmallSeries.write(["20210604"], to: input.path("a"))
        let other = try explanation(settings)
        let keys = other.differences.map(\.key)
        #expect(keys == keys.sorted())
        #expect(keys.filter { $0.hasPrefix("settings") }.count == 2)
        #expect(keys.filter { $0.hasPrefix("regions.a.scenes.") }.count == 1)
        // One changed file, two new ones.
        #expect(keys.filter { $0.hasPrefix("inputs.") }.count == 3)
        let size = other.differences.first { $0.key == "settings.tileSize" }
        #expect((size?.before, size?.after, size?.redo) == ("48", "32", "every tile"))
        #expect(other.lines.last?.contains("another --out") == true)
        #expect(try SmallSeries.tree(output) == before)
        let refused = #expect(throws: PrepError.self) {
            try Self.run(regions, output.path("out"), nil, settings)
        }
        #expect(refused?.code == .configuration)
    }
}
