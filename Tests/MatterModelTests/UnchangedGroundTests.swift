import Foundation
import Manifests
import MatterModel
import TestSupport
import Testing

/// Training on what `matter-prep unchanged` found, and on nothing else.
@Suite(.serialized)
struct UnchangedGroundTests {
    static let list = [
        UnchangedFixture.Pair(region: "east", split: "train", months: [1, 3]),
        UnchangedFixture.Pair(region: "west", split: "val", months: [1, 2]),
    ]

    static func plan(_ folder: TemporaryFolder, _ run: String = "run") -> PretrainPlan {
        var recipe = Recipe.example
        recipe.data.pairs = .unchanged
        recipe.data.minimumValidFraction = 0.05
        return PretrainPlan(
            store: folder.path("tiles/store"), manifest: folder.path("tiles/manifest.jsonl"),
            unchanged: folder.path("tiles/unchanged"), recipe: recipe, output: folder.path(run),
            seed: 5)
    }

    @Test func onlyListedPairsAndUnchangedPixelsOfTheTrainingRegionsAreDrawn() throws {
        let folder = try TemporaryFolder()
        try UnchangedFixture.make(folder, Self.list)
        let dataset = try PatchDataset(Self.plan(folder))
        #expect(dataset.count == 9)
        let listed = [UnchangedFixture.key("east", 1), UnchangedFixture.key("east", 3)]
        var orders: Set<[String]> = []
        for number in 0..<20 {
            let batch = try dataset.batch(number)
            for crop in batch.crops {
                #expect(Set(crop.keys) == Set(listed))
                orders.insert(crop.keys)
            }
            for (index, ground) in batch.grounds.enumerated() {
                #expect(UnchangedFixture.isUnchanged(row: ground.row, column: ground.column))
                // The patch lies where its ground says, whichever way the crop is turned.
                #expect((2..<14).contains(batch.positions[3 * index + 1]))
                #expect((2..<14).contains(batch.positions[3 * index + 2]))
            }
        }
        #expect(orders.count == 2)
        // Without the list all dates of both regions are drawn, as ever.
        var plan = Self.plan(folder)
        for pairs in [nil, Recipe.Data.Pairs.all] {
            plan.recipe.data.pairs = pairs
            let all = try PatchDataset(plan)
            let plain = try PatchDataset(store: plan.store, recipe: plan.recipe, seed: plan.seed)
            #expect(all.count == 18)
            #expect(try all.batch(3) == plain.batch(3))
        }
    }

    /// Few pixels are unchanged: patches are found on them all the same.
    @Test func aPatchNeverFallsOnOtherGround() throws {
        let folder = try TemporaryFolder()
        try UnchangedFixture.make(folder, Self.list)
        var plan = Self.plan(folder)
        plan.recipe.data.minimumValidFraction = 0
        let dataset = try PatchDataset(plan)
        for number in 0..<60 {
            for ground in try dataset.batch(number).grounds {
                #expect(UnchangedFixture.isUnchanged(row: ground.row, column: ground.column))
            }
        }
    }

    @Test func aRunGoesOnToTheSameBytesAndNamesTheList() throws {
        let folder = try TemporaryFolder()
        try UnchangedFixture.make(folder, Self.list)
        #expect(try Trainer(Self.plan(folder)) { _ in }.run() == .done)
        let record = try RunRecord(readingFrom: folder.path("run"))
        let digest = try SHA256Digest(ofFile: folder.path("tiles/unchanged/pairs.jsonl"))
        #expect(
            record.inputs.contains { $0.path == "unchanged/pairs.jsonl" && $0.sha256 == digest })
        #expect(record.inputs.contains { $0.path == "unchanged/scores.jsonl" })
        let stopped = Self.plan(folder, "stopped")
        var asked = 0
        _ = try Trainer(stopped) { _ in }.run {
            asked += 1
            return asked > 3
        }
        #expect(try Trainer(stopped) { _ in }.run() == .done)
        #expect(
            try TrainerTests.files(stopped.output) == TrainerTests.files(folder.path("run")))
    }

    @Test func aMissingListIsToldWithWhatMakesIt() throws {
        let folder = try TemporaryFolder()
        try UnchangedFixture.tiles(folder)
        try RecipeText.write(Self.plan(folder).recipe, to: folder.path("recipe.toml"))
        let sources = [
            ["--tiles", folder.path("tiles")], ["--store", folder.path("tiles/store")],
        ]
        for source in sources {
            let result = try runProgram(
                "matter-model",
                ["pretrain", "--recipe", folder.path("recipe.toml"), "--out", folder.path("run")]
                    + source)
            #expect(result.status == 66, "\(result.stderr)")
            #expect(result.stderr.contains("matter-prep unchanged TILES"))
            #expect(result.stderr.contains("--set data.pairs=all"))
        }
    }

    private func failure(_ folder: TemporaryFolder) -> (any ExitCoded)? {
        do {
            _ = try PatchDataset(Self.plan(folder))
            return nil
        } catch { return error as? any ExitCoded }
    }

    @Test func aListThatDoesNotFitIsRefused() throws {
        let folder = try TemporaryFolder()
        try UnchangedFixture.make(folder, Self.list)
        let list = folder.path("tiles/unchanged/pairs.jsonl")
        let text = try WholeFile.readText(list)
        try AtomicFile.write(String(text.dropLast(3)), to: list)
        #expect(failure(folder)?.exitCode == .badData)
        try AtomicFile.write(text.replacingOccurrences(of: "\"train\"", with: "\"val\""), to: list)
        #expect(failure(folder) as? TrainingError == .noUnchangedPairs(list: list))
        try AtomicFile.write(text.replacingOccurrences(of: "2020-03", with: "2020-04"), to: list)
        #expect(failure(folder)?.exitCode == .badData)
        try AtomicFile.write(text, to: list)
        #expect(failure(folder) == nil)
        let mask = folder.path("tiles/unchanged/tiles/east/0_0.tif")
        var bytes = try WholeFile.read(mask)
        bytes[bytes.count - 9] ^= 1
        try AtomicFile.write(bytes, to: mask)
        #expect(failure(folder)?.exitCode == .badData)
        let manifest = folder.path("tiles/manifest.jsonl")
        try AtomicFile.write(try WholeFile.readText(manifest) + "\n", to: manifest)
        #expect(failure(folder)?.exitCode == .configuration)
    }
}
