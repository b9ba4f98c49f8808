import DataPrep
import Foundation
import Geo
import Manifests
import TestSupport
import Testing

/// Recipes that fetch: the same tiles as `fetch` and then `run`.
@Suite struct FetchOrderTests {
    /// Two scenes of a northern place and two of a southern one, in one saved search.
    private static func archive(in folder: TemporaryFolder) throws -> String {
        let between = try FetchFixture.degrees(east: 3000, south: 3000).y
        let items = (1...4).map { day in
            FetchFixture.item("S2A_\(day)", "2019-05-0\(day)T10:00:00Z").replacing(
                "[14.99,45.05,16.4,46.06]",
                with: day < 3 ? "[14.99,\(between),16.4,46.06]" : "[14.99,45.05,16.4,\(between)]")
        }
        return try FetchFixture.archive(in: folder.path, items: items)
    }

    private static func recipe(in folder: TemporaryFolder, _ more: String = "") throws -> PrepRecipe
    {
        if !FileManager.default.fileExists(atPath: folder.path("saved.json")) {
            _ = try archive(in: folder)
        }
        var text = "output = \"out\"\n"
        for (name, south) in [("north", 1500.0), ("south", 4500)] {
            let place = try FetchFixture.degrees(east: 3000, south: south)
            text += "[[region]]\nname = \"\(name)\"\npoint = [\(place.x), \(place.y)]\n"
        }
        text += """
            [fetch]
            offline = "saved.json"
            dates = "2019-01-01/2019-12-31"
            bands = ["B05", "B02"]
            side = 1200
            \(more)
            [tiles]
            size = 64
            [alignment]
            enabled = false
            """
        return try PrepRecipe(text: text, path: folder.path("recipe.toml"))
    }

    private static func plan(
        _ recipe: PrepRecipe, _ output: String, _ shard: Shard? = nil
    ) throws -> PrepPlan {
        let step = FetchStep(recipe.fetch, output: output)
        return try step.plan { try plan(recipe, step, output, shard, $0) }
    }

    private static func plan(
        _ recipe: PrepRecipe, _ step: FetchStep, _ output: String, _ shard: Shard?,
        _ awaited: [String: [Scene]]
    ) throws -> PrepPlan {
        try PrepPlan(
            regions: recipe.regions + step.inputs, settings: recipe.settings, output: output,
            shard: shard, awaited: awaited)
    }

    private static func tree(_ folder: TemporaryFolder, _ below: String) throws
        -> [String: SHA256Digest]
    {
        try SmallSeries.tree(folder, below: below).filter { !$0.key.hasPrefix("scenes/") }
    }

    @Test func givesTheTilesOfFetchAndThenRun() throws {
        let folder = try TemporaryFolder()
        let recipe = try Self.recipe(in: folder)
        let output = try #require(recipe.output)
        let report = try PrepRun(Self.plan(recipe, output)).run()
        #expect(report.tiles > 0 && report.quarantined.isEmpty)
        let scenes = folder.path("by-hand")
        _ = try Fetch(recipe.fetch.regions, output: scenes, offline: folder.path("saved.json"))
            .run()
        _ = try PrepRun(
            PrepPlan(
                regions: ["north", "south"].map {
                    RegionInput(name: $0, paths: ["\(scenes)/\($0)"])
                }, settings: recipe.settings, output: folder.path("other"))
        ).run()
        #expect(try Self.tree(folder, "out/") == Self.tree(folder, "other/"))
        #expect(folder.files().contains("out/scenes/south/S2A_4/B02.tif"))
        #expect(!folder.files().contains { $0.contains("scenes/south/S2A_1") })
    }

    /// A stop between two files, and a changed byte: both are put right, and no tile is made anew.
    @Test func goesOnFromWhatIsThere() throws {
        let folder = try TemporaryFolder()
        let recipe = try Self.recipe(in: folder)
        let output = folder.path("out")
        _ = try PrepRun(Self.plan(recipe, output)).run()
        let before = try SmallSeries.tree(folder, below: "out/")
        #expect(try PrepVerification(folder: output).faults.isEmpty)
        let path = "\(output)/scenes/north/S2A_1/B02.tif"
        var bytes = try WholeFile.read(path)
        bytes[bytes.count / 2] ^= 1
        try AtomicFile.write(bytes, to: path)
        try AtomicFile.write("x", to: "\(output)/scenes/north/stray.txt")
        let faults = try PrepVerification(folder: output).faults
        #expect(faults.count == 2, "\(faults)")
        #expect(faults.contains { $0.hasPrefix("scenes/north/S2A_1/B02.tif: SHA-256 is") })
        try FileManager.default.removeItem(atPath: "\(output)/scenes/north/stray.txt")
        try FileManager.default.removeItem(atPath: "\(output)/scenes/south/S2A_3/item.json")
        #expect(try PrepRun(Self.plan(recipe, output)).run().written == 0)
        #expect(try SmallSeries.tree(folder, below: "out/") == before)
        // Another question than the folder's is refused.
        let other = try Self.recipe(in: folder, "cloud = 50")
        let error = #expect(throws: PrepError.self) { try Self.plan(other, output) }
        #expect(error?.code == .configuration)
        #expect(error?.path == "\(output)/scenes/north")
    }

    /// A shard fetches what it cuts and no more, and the shards make the folder of a single run.
    @Test func aShardFetchesItsOwnRegions() throws {
        let folder = try TemporaryFolder()
        let recipe = try Self.recipe(in: folder)
        _ = try PrepRun(Self.plan(recipe, folder.path("whole"))).run()
        for (index, own) in [(1, "north"), (2, "south")] {
            let output = folder.path("node\(index)")
            _ = try PrepRun(Self.plan(recipe, output, Shard(index: index, count: 2))).run()
            let scenes = folder.files().filter { $0.hasPrefix("node\(index)/scenes/") }
            #expect(scenes.allSatisfy { $0.hasPrefix("node\(index)/scenes/\(own)/") })
            #expect(scenes.contains { $0.hasSuffix("/B02.tif") })
        }
        _ = try ShardMerge([folder.path("node1"), folder.path("node2")], to: folder.path("all"))
            .run()
        #expect(try Self.tree(folder, "all/") == Self.tree(folder, "whole/"))
    }

    @Test func saysWhatItWouldFetchAndWritesNothing() throws {
        let folder = try TemporaryFolder()
        let recipe = try Self.recipe(in: folder)
        let before = folder.files()
        let output = folder.path("out")
        let step = FetchStep(recipe.fetch, output: output)
        func ready() throws -> PrepPlan? {
            try step.planOfWhatIsThere { try Self.plan(recipe, step, output, nil, $0) }
        }
        #expect(try ready() == nil)
        let lines = try step.preview().lines
        #expect(lines[0].hasPrefix("north: 2 of 2 scenes of T33TWL would be fetched"), "\(lines)")
        #expect(lines.contains("south: 2019-05-03 S2A_3"))
        #expect(folder.files() == before)
        _ = try Self.plan(recipe, output)
        #expect(try ready()?.regions.map(\.scenes.count) == [2, 2])
    }

    /// One line names what is missing and how to get it, before anything is written.
    @Test func theNetworkIsNotUsedUnasked() throws {
        let folder = try TemporaryFolder()
        var order = try Self.recipe(in: folder).fetch
        order.offline = nil
        let step = FetchStep(order, output: folder.path("out"))
        let error = #expect(throws: PrepError.self) {
            try step.plan { _ in throw CocoaError(.featureUnsupported) }
        }
        #expect(error?.exitCode == .unavailable)
        #expect(error?.message.contains("give --allow-network") == true)
        #expect(try step.preview().lines[0].contains("would search sentinel-2-l2a at https://"))
        #expect(!FileManager.default.fileExists(atPath: folder.path("out")))
    }

    /// A scene that cannot be had stops the run: tiles without it would belong to another one.
    @Test func aSceneThatCannotBeHadIsNamed() throws {
        let folder = try TemporaryFolder()
        let recipe = try Self.recipe(in: folder)
        try FileManager.default.removeItem(atPath: folder.path("B05.tif"))
        let error = #expect(throws: PrepError.self) { try Self.plan(recipe, folder.path("out")) }
        #expect(error?.exitCode == .unavailable)
        #expect(error?.message.hasPrefix("4 scenes could not be fetched (north S2A_1: ") == true)
        #expect(!folder.files().contains("out/manifest.jsonl"))
    }
}
