import Foundation
import Manifests
import MatterModel
import Tensors
import TestSupport
import Testing

@Suite(.serialized)
struct TrainerTests {
    static func plan(_ folder: TemporaryFolder, _ run: String = "run") -> PretrainPlan {
        PretrainPlan(
            store: folder.path("store"), recipe: .example, output: folder.path(run), seed: 5)
    }

    /// Every file of a run but those that tell the time: its log and TensorBoard's.
    static func files(_ path: String) throws -> [String: SHA256Digest] {
        let names = try FileManager.default.subpathsOfDirectory(atPath: path)
            .filter {
                !$0.hasPrefix(".") && $0.contains(".") && !$0.hasSuffix(".log")
                    && !$0.hasPrefix("tensorboard/")
            }
        return try Dictionary(
            uniqueKeysWithValues: names.map { ($0, try SHA256Digest(ofFile: "\(path)/\($0)")) })
    }

    @Test func aRunThatIsStoppedAnywhereEndsWithTheSameFiles() throws {
        let folder = try TemporaryFolder()
        try SyntheticStore.make(at: folder.path("store"))
        #expect(try Trainer(Self.plan(folder)) { _ in }.run() == .done)
        let whole = try Self.files(folder.path("run"))
        #expect(
            whole.keys.sorted() == [
                "curves.jsonl", "encoder.safetensors", "run.json",
                "snapshots/step-000000.safetensors", "snapshots/step-000003.safetensors",
                "snapshots/step-000006.safetensors",
            ])
        for stop in 0..<6 {
            let plan = Self.plan(folder, "stopped-\(stop)")
            var asked = 0
            let outcome = try Trainer(plan) { _ in }.run {
                asked += 1
                return asked > stop
            }
            #expect(outcome == .stopped(step: stop))
            #expect(try Trainer(plan) { _ in }.run() == .done)
            #expect(try Self.files(plan.output) == whole)
        }
    }

    private struct Killed: Error {}

    @Test func aRunThatIsKilledAnywhereEndsWithTheSameFiles() throws {
        let folder = try TemporaryFolder()
        try SyntheticStore.make(at: folder.path("store"))
        _ = try Trainer(Self.plan(folder)) { _ in }.run()
        let whole = try Self.files(folder.path("run"))
        for step in [1, 3, 5] {
            let plan = Self.plan(folder, "killed-\(step)")
            // What a kill leaves: no checkpoint of its own, a torn line, and later lines than the last checkpoint.
            var kept: [String: [UInt8]] = [:]
            _ = try Trainer(plan) { event in
                guard case .step(let point, _) = event, point.step == step else { return }
                kept = Self.contents(plan.output)
            }.run()
            try FileManager.default.removeItem(atPath: plan.output)
            for (name, bytes) in kept {
                let path = "\(plan.output)/\(name)"
                try AtomicFile.makeFolder(
                    at: URL(fileURLWithPath: path).deletingLastPathComponent().path)
                let torn = name == "curves.jsonl" ? Array("{\"step\":".utf8) : []
                try AtomicFile.write(bytes + torn, to: path)
            }
            #expect(try Trainer(plan) { _ in }.run() == .done)
            #expect(try Self.files(plan.output) == whole)
        }
    }

    static func contents(_ path: String) -> [String: [UInt8]] {
        let names = FileManager.default.subpaths(atPath: path) ?? []
        return Dictionary(
            uniqueKeysWithValues: names.compactMap { name in
                name.hasPrefix(".")
                    ? nil : (try? WholeFile.read("\(path)/\(name)")).map { (name, $0) }
            })
    }

    @Test func aDamagedCheckpointIsPassedOver() throws {
        let folder = try TemporaryFolder()
        try SyntheticStore.make(at: folder.path("store"))
        let plan = Self.plan(folder)
        var asked = 0
        _ = try Trainer(plan) { _ in }.run {
            asked += 1
            return asked > 5
        }
        let newest = "\(plan.output)/checkpoints/step-000005.safetensors"
        var bytes = try WholeFile.read(newest)
        bytes[bytes.count - 9] ^= 1
        try AtomicFile.write(bytes, to: newest)
        var (resumed, damaged) = (0, 0)
        _ = try Trainer(plan) { event in
            if case .resumed(let step) = event { resumed = step }
            if case .damagedCheckpoint = event { damaged += 1 }
        }.run()
        #expect(resumed == 4 && damaged == 1)
    }

    @Test func anotherPlanIsRefused() throws {
        let folder = try TemporaryFolder()
        try SyntheticStore.make(at: folder.path("store"))
        var plan = Self.plan(folder)
        _ = try Trainer(plan) { _ in }.run()
        plan.recipe.loss.temperature = 0.25
        let error = #expect(throws: TrainingError.self) { try Trainer(plan) { _ in } }
        #expect(error?.exitCode == .configuration)
        #expect(error?.description.contains("plan.recipe.loss.temperature") == true)
    }

    @Test func divergenceStopsAndKeepsTheLastGoodCheckpoint() throws {
        let folder = try TemporaryFolder()
        try SyntheticStore.make(at: folder.path("store"))
        var plan = Self.plan(folder)
        plan.recipe.optimiser.kind = .sgd
        plan.recipe.optimiser.learningRate = 1e30
        plan.recipe.optimiser.warmUp = 0
        plan.recipe.run.checkpointEvery = 1
        let error = #expect(throws: TrainingError.self) { try Trainer(plan) { _ in }.run() }
        #expect(error?.exitCode == .diverged)
        guard case .diverged(_, let step, let crops, let checkpoint) = error else { return }
        #expect(step > 1 && checkpoint != nil)
        #expect(crops.count == 4 && crops[0].contains("2020-0"))
        let note = try WholeFile.readText("\(plan.output)/diverged.json")
        #expect(crops.allSatisfy(note.contains))
    }

    @Test func unusableStoresAreNamed() throws {
        let folder = try TemporaryFolder()
        try SyntheticStore.make(at: folder.path("store"), clear: false)
        let cloudy = #expect(throws: TrainingError.self) {
            try Trainer(Self.plan(folder)) { _ in }.run()
        }
        #expect(cloudy?.exitCode == .badData)
        var plan = Self.plan(folder, "large")
        plan.recipe.data.crop = 64
        #expect(throws: TrainingError.self) { try Trainer(plan) { _ in } }
    }

    @Test func trainingSpreadsFeaturesAndDenseFeaturesFollow() throws {
        let folder = try TemporaryFolder()
        try SyntheticStore.make(at: folder.path("store"))
        var plan = Self.plan(folder)
        plan.recipe.run.steps = 40
        var losses: [Double] = []
        _ = try Trainer(plan) { event in
            if case .step(let point, _) = event { losses.append(point.loss) }
        }.run()
        #expect(losses.suffix(5).reduce(0, +) < losses.prefix(5).reduce(0, +))
        let encoder = try DenseEncoder(encoderFile: folder.path("run/encoder.safetensors"))
        let pixels = Drawn.values("pixels", 3 * 11 * 14).map { 2000 + 1000 * $0 }
        let image = Tensor(pixels, shape: [1, 3, 11, 14])
        let dense = try encoder.features(of: image, stride: 1)
        #expect(dense.shape == [8, 11, 14])
        let sparse = try encoder.features(of: image, stride: 3)
        #expect(sparse.shape == [8, 4, 5])
        let picked = Operator("aten::slice", "Tensor")(
            Operator("aten::slice", "Tensor")(dense, 1, 0, 11, 3), 2, 0, 14, 3)
        #expect(largest(picked - sparse) < 1e-5)
        #expect(throws: TorchError.self) {
            try encoder.features(of: Tensor(pixels, shape: [1, 3, 14, 11]), stride: 0)
        }
    }
}
