import Bench
import Foundation
import Geo
import Manifests
import Tensors
import TestSupport
import Testing

/// Recipes, tiled predictions, objects: the parts of tasks that need no training.
struct TaskPartTests {
    // MARK: Tiles

    @Test(arguments: [(40, 33, 16, 5), (16, 16, 16, 0), (9, 30, 16, 8), (17, 16, 16, 15)])
    func tilesCoverEveryPixelWithoutSeams(_ size: (Int, Int, Int, Int)) throws {
        let (height, width, side, overlap) = size
        let image = Tensor(
            (0..<height * width).map { Float($0) }, shape: [1, 1, height, width])
        // A network that looks at its own pixel only gives the same in every window.
        let prediction = TiledPrediction(side: side, overlap: overlap, batch: 3) { images in
            Tensor.cat([images[0] * 2, images[0] + 1], dimension: 1)
        }
        let found = try prediction([image])
        #expect(found.shape == [2, height, width])
        let values = found.values(as: Float.self)
        let count = height * width
        for pixel in 0..<count {
            let value = Float(pixel)
            #expect(abs(values[pixel] - 2 * value) < 1e-3)
            #expect(abs(values[count + pixel] - value - 1) < 1e-3)
        }
    }

    // MARK: Bands

    /// C7: bands may be asked for by any of their names.
    @Test func bandsHaveManyNames() throws {
        var plan = TaskPlan(.multilabel)
        plan.data.bands = ["B2", "B08A", "b11", "VV", "B10"]
        let known = ["B02", "B8A", "B11", "VV"]
        #expect(
            try plan.naming(bandsAmong: known).data.bands == ["B02", "B8A", "B11", "VV", "B10"])
        // A data set's own names come first.
        #expect(
            try plan.naming(bandsAmong: ["B2"]).data.bands == ["B2", "B08A", "b11", "VV", "B10"])
        plan.data.bands = ["B2", "B02"]
        expectRefusal(.configuration, "data.bands", "twice") {
            _ = try plan.naming(bandsAmong: known)
        }
    }

    // MARK: Batches

    /// A batch has a bound, whatever a recipe says: above it sizes of buffers run over.
    @Test(arguments: [Int.min, -1, 0, 65_537, 1 << 40, Int.max])
    func batchesHaveABound(batch: Int) throws {
        for task in TaskPlan.Task.allCases {
            var plan = TaskPlan(task)
            plan.run.batch = batch
            expectRefusal(.configuration, "run.batch", "\(batch); 1 to 65536") {
                try plan.check()
            }
        }
    }

    @Test func theLargestBatchIsStillAPlan() throws {
        for task in TaskPlan.Task.allCases {
            var plan = TaskPlan(task)
            plan.run.batch = 65_536
            try plan.check()
        }
    }

    // MARK: Objects

    @Test func objectsAreMatchedOneToOneAtHalfTheirUnion() throws {
        let size = try PixelSize(width: 8, height: 4)
        let mask: [UInt8] = [
            1, 1, 0, 0, 0, 0, 0, 1,
            1, 1, 0, 1, 1, 0, 0, 0,
            0, 0, 0, 1, 1, 0, 0, 0,
            0, 0, 0, 0, 0, 1, 0, 0,
        ]
        let areas = ConnectedAreas(of: mask, size: size)
        #expect(areas.sizes == [4, 1, 4, 1])
        // Two of four pixels in common with one of four: IoU 2/6; the other is exactly 2/4.
        let truth = [[0, 1, 2, 3], [11, 12], [], [0, 1, 8, 9]]
        let found = AreaMatching(mask: mask, truth: truth, size: size)
        #expect(found.truePositives == 2)
        #expect(found.falsePositives == 2)
        #expect(found.falseNegatives == 1)
        let nothing = AreaMatching(
            mask: mask.map { _ in 0 }, truth: [[]], size: size)
        #expect(nothing.truePositives + nothing.falsePositives + nothing.falseNegatives == 0)
    }

    /// Objects at least half of which is ignored are left out, on both sides; of others the rest counts.
    @Test func whatIsIgnoredCountsForNoObject() throws {
        let size = try PixelSize(width: 6, height: 2)
        let mask: [UInt8] = [
            1, 1, 0, 0, 1, 0,
            1, 1, 0, 0, 1, 0,
        ]
        let truth = [[0, 1, 2, 6, 7, 8], [4, 5]]
        func found(ignoring pixels: [Int]) -> AreaMatching {
            AreaMatching(
                mask: mask, truth: truth, isIgnored: (0..<12).map(pixels.contains), size: size)
        }
        func counts(_ found: AreaMatching) -> [Int] {
            [found.truePositives, found.falsePositives, found.falseNegatives]
        }
        #expect(counts(AreaMatching(mask: mask, truth: truth, size: size)) == [1, 1, 1])
        #expect(counts(found(ignoring: [])) == [1, 1, 1])
        // Half of the right area and of the right object.
        #expect(counts(found(ignoring: [4])) == [1, 0, 0])
        // Two thirds of the left object are left, and three quarters of its area; then only half of the area.
        #expect(counts(found(ignoring: [1, 2, 4])) == [1, 0, 0])
        #expect(counts(found(ignoring: [1, 7, 4])) == [0, 0, 1])
        #expect(counts(found(ignoring: Array(0..<12))) == [0, 0, 0])
    }

    // MARK: Recipes

    private func recipe(_ text: String, settings: [String] = []) throws -> TaskRecipe {
        let folder = try TemporaryFolder()
        let path = folder.path("recipe.toml")
        try Data(text.utf8).write(to: URL(filePath: path))
        return try TaskRecipe(path: path, task: .change, settings: settings)
    }

    @Test func aRecipeLaysItsValuesOverTheUsualOnes() throws {
        let found = try recipe(
            "name = \"mine\"\ntask = \"change\"\n[run]\nepochs = 3\n[head]\ndropout = 0.5\n",
            settings: ["head.kind=deeplab", "run.epochs=4", "data.bands=[\"B04\", \"B08\"]"])
        let plan = try #require(found.combinations.first?.plan)
        #expect(found.combinations.count == 1)
        #expect(plan.name == "mine")
        #expect(plan.run.epochs == 4)
        #expect(plan.head.kind == .deeplab)
        #expect(plan.head.dropout == 0.5)
        #expect(plan.data.bands == ["B04", "B08"])
        #expect(plan.optimiser == TaskPlan(.change).optimiser)
    }

    @Test func aGridIsEveryCombination() throws {
        let found = try recipe(
            "[grid.data]\nlabels = [0.1, 1.0]\n[grid.head]\nkind = [\"unet\", \"linear\"]\n")
        #expect(
            found.combinations.map(\.name) == [
                "labels-0.1_kind-unet", "labels-0.1_kind-linear", "labels-1.0_kind-unet",
                "labels-1.0_kind-linear",
            ])
        #expect(found.combinations.last?.plan.head.kind == .linear)
        #expect(found.combinations.last?.plan.data.labels == 1)
    }

    @Test(arguments: [
        ("[run]\nepoch = 3\n", "run.epochs"), ("[runs]\nepochs = 3\n", "is no key"),
        ("[run]\nepochs = \"3\"\n", "a number"), ("[head]\nkind = \"knn\"\n", "head.kind"),
        ("[data]\nlabels = 0.0\n", "data.labels"), ("[grid.run]\nepochs = 3\n", "a list"),
        ("[grid.run]\nepoch = [3]\n", "grid.run.epoch"), ("task = \"multilabel\"\n", "multilabel"),
        ("[loss]\nkind = \"cross-entropy\"\n", "loss.kind"),
        ("[head]\nkind = \"forest\"\n", "forest"), ("[optimiser]\nclip = -1\n", "clip"),
        // I8: numbers with which steps could not be counted, or that no threshold can be.
        ("[run]\nepochs = 9000000000000000000\n", "run.epochs"),
        ("[optimiser]\nmilestones = [9000000000000000000]\n", "optimiser.milestones"),
        ("[optimiser]\nmilestones = [-1]\n", "optimiser.milestones"),
        ("[optimiser]\nwarmUp = 9000000000000000000\n", "optimiser.warmUp"),
        ("[head]\nrates = [99999999]\n", "head.rates"),
        ("[data]\nthreshold = 50.0\n", "data.threshold"),
    ])
    func aWrongRecipeIsRefused(_ text: String, _ word: String) throws {
        expectRefusal(.configuration, word) { _ = try recipe(text) }
    }

    @Test func thePublishedRecipesCanBeRead() throws {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "manifests/recipes").path
        let names = try FileManager.default.contentsOfDirectory(atPath: folder).filter {
            $0.hasPrefix("bench-")
        }.sorted()
        #expect(names.count >= 8)
        for name in names {
            let kind: TaskPlan.Task =
                name.contains("oscd") || name.contains("change")
                ? .change
                : ["spacenet", "buildings", "landcover"].contains { name.contains($0) }
                    ? .segmentation : name.contains("eurosat") ? .classification : .multilabel
            let recipe = try TaskRecipe(
                path: "\(folder)/\(name)", task: kind, hasEncoder: true)
            #expect(recipe.combinations.allSatisfy { "bench-\($0.plan.name).toml" == name })
        }
    }
}
