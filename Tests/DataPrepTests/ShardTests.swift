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

    /// A place of which no date is cut is one line of the merged folder, whoever had a date of its region.
    @Test func aPlaceThatNobodyCutsIsSaidOnce() throws {
        let (input, output) = (try TemporaryFolder(), try TemporaryFolder())
        let regions = try Self.regions(in: input)
        var settings = Self.settings
        settings.tileSize = 46
        _ = try Self.run(regions, output.path("whole"), nil, settings)
        for index in 1...3 {
            _ = try Self.run(
                regions, output.path("parts"), Shard(index: index, count: 3), settings)
        }
        _ = try ShardMerge([output.path("parts")], to: output.path("merged")).run()
        let whole = try SmallSeries.tree(output, below: "whole/")
        #expect(try SmallSeries.tree(output, below: "merged/") == whole)
        let text = try WholeFile.readText(output.path("merged/leftout.jsonl"))
        #expect(text.split(separator: "\n").count { $0.contains("\"a/2_2\"") } == 1)
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

    /// A date that was replaced between two shards: the other dates lie on the old one.
    @Test func mergeRefusesShardsAlignedByAnotherFile() throws {
        let (input, parts) = (try TemporaryFolder(), try TemporaryFolder())
        let regions = try Self.regions(in: input)
        for index in 1...2 {
            _ = try Self.run(regions, parts.path, Shard(index: index, count: 2))
        }
        #expect(try ShardMerge([parts.path], to: parts.path("all")).run() == 16)
        try SmallSeries.write(["20210601"], to: input.path("a"), emptyRows: 1)
        // The other shard is told on its own too.
        let again = #expect(throws: PrepError.self) {
            try Self.run(regions, parts.path, Shard(index: 2, count: 2))
        }
        #expect(again?.message.contains("alignedTo.a") == true || again?.code == .configuration)
        try FileManager.default.removeItem(atPath: parts.path("shards/1-of-2"))
        _ = try Self.run(regions, parts.path, Shard(index: 1, count: 2))
        let error = #expect(throws: PrepError.self) {
            try ShardMerge([parts.path], to: parts.path("other")).run()
        }
        #expect(error?.code == .configuration)
        #expect(error?.message.contains("aligned by another") == true, "\(error as Any)")
    }

    /// Shards that were aligned to different dates, or one without a scene, are no parts of one run.
    @Test(arguments: ["reference", "band", "leftOut"])
    func mergeRefusesAnotherAlignment(key: String) throws {
        let (input, parts) = (try TemporaryFolder(), try TemporaryFolder())
        let regions = try Self.regions(in: input)
        for index in 1...2 {
            _ = try Self.run(regions, parts.path, Shard(index: index, count: 2))
        }
        let path = parts.path("shards/2-of-2/alignment/a.json")
        var members = try #require(try JSONValue.parse(WholeFile.read(path)).object)
        let other: JSONValue = key == "leftOut" ? ["S_20210601T101031_B04"] : "other"
        members[key] = other
        try AtomicFile.write(JSONValue.object(members).serialized(), to: path)
        let error = #expect(throws: PrepError.self) {
            try ShardMerge([parts.path], to: parts.path("all")).run()
        }
        #expect(error?.code == .badData && error?.path.hasSuffix("a.json") == true)
    }

    /// Where a manifest's names or a link would lead, nothing is written.
    @Test func mergeStaysInItsFolder() throws {
        let (input, parts) = (try TemporaryFolder(), try TemporaryFolder())
        let regions = try Self.regions(in: input)
        _ = try Self.run(regions, parts.path, Shard(index: 1, count: 1))
        try AtomicFile.makeFolder(at: parts.path("elsewhere"))
        try AtomicFile.makeFolder(at: parts.path("all"))
        try FileManager.default.createSymbolicLink(
            atPath: parts.path("all/tiles"), withDestinationPath: parts.path("elsewhere"))
        let linked = #expect(throws: PrepError.self) {
            try ShardMerge([parts.path], to: parts.path("all")).run()
        }
        #expect(linked?.code == .cannotCreate)
        let manifest = parts.path("shards/1-of-1/manifest.jsonl")
        let text = try WholeFile.readText(manifest)
            .replacing("\"id\":\"a/0_0/", with: "\"id\":\"../../elsewhere/0_0/", maxReplacements: 1)
        try AtomicFile.write(text, to: manifest)
        let error = #expect(throws: PrepError.self) {
            try ShardMerge([parts.path], to: parts.path("new")).run()
        }
        #expect(error?.code == .badData)
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: parts.path("elsewhere")).isEmpty)
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
