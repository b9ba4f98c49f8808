import Foundation
import Manifests
import MatterModel
import TestSupport
import Tensors
import Testing

/// Every switch of a recipe: it trains, and a run that is stopped in the middle ends with the same bytes.
@Suite(.serialized)
struct TrainVariantTests {
    static let variants: [(name: String, change: @Sendable (inout Recipe) -> Void)] = [
        (
            "lars, average, accumulation, best",
            {
                $0.optimiser.kind = .lars
                $0.optimiser.average = 0.9
                $0.optimiser.accumulate = 2
                $0.optimiser.decayVectors = false
                $0.run.best = .loss
                $0.run.snapshotEvery = 2
            }
        ),
        (
            "sgd, nesterov, clipped, steps",
            {
                $0.optimiser.kind = .sgd
                $0.optimiser.nesterov = true
                $0.optimiser.clip = 0.1
                $0.optimiser.schedule = .steps
                $0.run.keep = 1
            }
        ),
        (
            "bfloat16, channels last",
            {
                $0.run.precision = .bfloat16
                $0.run.channelsLast = true
                $0.optimiser.kind = .adam
                $0.optimiser.schedule = .constant
            }
        ),
        (
            "triplet, hard negatives",
            {
                $0.loss.kind = .triplet
                $0.loss.hardNegatives = 2
                $0.loss.negatives = .regions
            }
        ),
        ("same date", { $0.data.positives = .sameDate }),
        ("no refinement", { $0.tern.iterations = 0 }),
        ("no residual encoder", { $0.encoding.enabled = false }),
        ("residuals of positions", { $0.encoding.of = .positions }),
        ("cosine kernel as printed", { $0.tern.kernel = .cosinePrinted }),
        ("cosine kernel of similar pixels", { $0.tern.kernel = .cosineSimilar }),
    ]

    @Test(arguments: variants.map(\.name))
    func trainsAndResumes(_ name: String) throws {
        let change = try #require(Self.variants.first { $0.name == name }).change
        let folder = try TemporaryFolder()
        try SyntheticStore.make(at: folder.path("store"))
        var plan = TrainerTests.plan(folder)
        change(&plan.recipe)
        #expect(try Trainer(plan) { _ in }.run() == .done)
        let whole = try TrainerTests.files(plan.output)
        #expect((whole["best.safetensors"] != nil) == (plan.recipe.run.best != .none))
        plan.output = folder.path("stopped")
        var asked = 0
        _ = try Trainer(plan) { _ in }.run {
            asked += 1
            return asked > 3
        }
        #expect(try Trainer(plan) { _ in }.run() == .done)
        #expect(try TrainerTests.files(plan.output) == whole)
    }

    static let shipped = try? FileManager.default.contentsOfDirectory(atPath: RecipeTests.folder)
        .filter { $0.hasPrefix("matter-") }.sorted()

    /// What makes a shipped recipe small; kernel, layers, window, loss, pairs, negatives and optimiser stay its own.
    static let small = [
        "data.bands=[\"B02\", \"B03\", \"B04\"]", "data.crop=16", "data.batch=4",
        "data.minimumValidFraction=0.05", "patches.perImage=4", "encoder.backbone=resnet18",
        "encoder.preChannels=8", "encoder.strides=[1, 2]", "encoder.features=8",
        "encoding.clusters=4", "run.steps=2", "run.snapshotEvery=2",
    ]

    @Test(arguments: shipped ?? []) func everyShippedRecipeLearns(_ name: String) throws {
        let folder = try TemporaryFolder()
        try UnchangedFixture.make(
            folder,
            [
                .init(region: "east", split: "train", months: [1, 3]),
                .init(region: "west", split: "train", months: [1, 2]),
            ])
        let plan = PretrainPlan(
            store: folder.path("tiles/store"), manifest: folder.path("tiles/manifest.jsonl"),
            unchanged: folder.path("tiles/unchanged"),
            recipe: try RecipeFile(
                path: "\(RecipeTests.folder)/\(name)",
                settings: Self.small.compactMap(RecipeSetting.init)
            ).recipe, output: folder.path("run"), seed: 5)
        var losses: [Double] = []
        let outcome = try Trainer(plan) {
            if case .step(let point, _) = $0 { losses.append(point.loss) }
        }.run()
        #expect(outcome == .done)
        #expect(losses.count == 2 && losses.allSatisfy(\.isFinite))
        let weights = try [0, 2].map { step in
            let path = "\(plan.output)/snapshots/step-00000\(step).safetensors"
            return try #require(try Safetensors.read(path).arrays["pre_conv.weight"])
        }
        #expect(weights[0] != weights[1])
    }

    @Test func shippedRecipesAreFound() {
        #expect(Self.shipped?.contains("matter-paper.toml") == true)
    }

    @Test func theBestSnapshotHasTheLowestMeanLoss() throws {
        let folder = try TemporaryFolder()
        try SyntheticStore.make(at: folder.path("store"))
        var plan = TrainerTests.plan(folder)
        plan.recipe.run.best = .loss
        plan.recipe.run.snapshotEvery = 2
        plan.recipe.run.steps = 11
        var (losses, best) = ([Double](), (step: 0, value: 0.0))
        _ = try Trainer(plan) { event in
            if case .step(let point, _) = event { losses.append(point.loss) }
            if case .best(let step, let value) = event { best = (step, value) }
        }.run()
        let means = stride(from: 0, to: 11, by: 2).map { start in
            let part = losses[start..<min(start + 2, 11)]
            return part.reduce(0, +) / Double(part.count)
        }
        let lowest = try #require(means.min())
        #expect(best.value == lowest)
        #expect(best.step == min(2 * (try #require(means.firstIndex(of: lowest))) + 2, 11))
        let name = "step-" + String(repeating: "0", count: best.step < 10 ? 5 : 4) + "\(best.step)"
        #expect(
            try WholeFile.read("\(plan.output)/best.safetensors")
                == WholeFile.read("\(plan.output)/snapshots/\(name).safetensors"))
    }

    @Test func theClockAsksForCheckpoints() throws {
        let folder = try TemporaryFolder()
        try SyntheticStore.make(at: folder.path("store"))
        var plan = TrainerTests.plan(folder)
        plan.recipe.run.checkpointEvery = 1000
        plan.recipe.run.checkpointMinutes = 1e-9
        var written: [Int] = []
        _ = try Trainer(plan) { if case .checkpoint(let step) = $0 { written.append(step) } }.run()
        #expect(written == Array(0..<6))
    }

    @Test func aPositiveOfTheSameDateIsTheSamePixelsStandardised() throws {
        let folder = try TemporaryFolder()
        try SyntheticStore.make(at: folder.path("store"))
        var recipe = Recipe.example
        recipe.data.positives = .sameDate
        let batch = try PatchDataset(store: folder.path("store"), recipe: recipe, seed: 1).batch(0)
        #expect(batch.crops.allSatisfy { $0.keys[0] == $0.keys[1] })
        let plane = 16 * 16
        for start in stride(from: 0, to: batch.positives.count, by: plane) {
            let own = batch.positives[start..<start + plane]
            #expect(abs(own.reduce(0, +)) / Float(plane) < 1e-3)
            let anchor = batch.anchors[start..<start + plane]
            // Affine in each other: equal after the anchor's own standardisation.
            let mean = anchor.reduce(0, +) / Float(plane)
            let squares = anchor.map { ($0 - mean) * ($0 - mean) }.reduce(0, +)
            let deviation = (squares / Float(plane)).squareRoot()
            for (left, right) in zip(own, anchor) {
                #expect(abs(left - (right - mean) / deviation) < 1e-3)
            }
        }
    }

    /// D13: what is learned no more is told, once.
    @Test func collapseAndAConstantLossAreTold() throws {
        func point(_ step: Int, loss: Double, _ spread: Double) throws -> CurvePoint {
            let zeros = ["epoch", "learningRate", "gradientNorm", "alignment", "uniformity"]
            var fields = Dictionary(uniqueKeysWithValues: zeros.map { ($0, 0.0) })
            (fields["step"], fields["loss"], fields["embeddingStd"]) = (Double(step), loss, spread)
            return try decodeStrictJSON(CurvePoint.self, from: encodeCanonicalJSON(fields))
        }
        var watch = CurveWatch(.example)
        var collapses: [Int] = []
        for (index, spread) in [0.3, 0.01, 0.01, 0.3, 0.001].enumerated() {
            for event in watch.add(try point(index + 1, loss: Double(index), spread)) {
                if case .collapsed(let step, _) = event { collapses.append(step) }
            }
        }
        #expect(collapses == [2, 5])
        var constant: [Int] = []
        for step in 6..<60 {
            for event in watch.add(try point(step, loss: 7, 0.3)) {
                if case .constantLoss(let step, _) = event { constant.append(step) }
            }
        }
        #expect(constant == [26])
    }
}
