import Foundation
import Manifests
import MatterModel
import TestSupport
import Tensors
import Testing

/// Section D of the fault scorecard: going on under other conditions, and weights that are not what they should be.
@Suite(.serialized)
struct ResumeFaultTests {
    /// Trains for a few steps and keeps the state.
    private static func stopped(_ plan: PretrainPlan, after steps: Int) throws {
        var asked = 0
        let outcome = try Trainer(plan) { _ in }.run {
            asked += 1
            return asked > steps
        }
        #expect(outcome == .stopped(step: steps))
    }

    /// D3: batches and their order do not depend on how many threads draw them, nor on where a run begins.
    @Test(arguments: [1, 2, 5])
    func batchesComeInTheSameOrder(_ threads: Int) throws {
        let folder = try TemporaryFolder()
        try SyntheticStore.make(at: folder.path("store"))
        let path = folder.path("store")
        let alone = try PatchDataset(store: path, recipe: .example, seed: 5)
        let prefetch = PatchPrefetch(
            path, numbers: 3..<12, threads: threads, patience: .seconds(600)
        ) { try PatchDataset(store: path, recipe: .example, seed: 5).batch }
        for number in 3..<12 { #expect(try prefetch.next() == alone.batch(number)) }
    }

    /// C25 in training: a reader that hangs is told, with the store and the batch, in bounded time.
    @Test func aBatchThatDoesNotComeIsTold() throws {
        let prefetch = PatchPrefetch("a/store", numbers: 0..<9, patience: .seconds(3)) {
            { number in
                if number == 2 { Thread.sleep(forTimeInterval: 3600) }
                return PatchBatch()
            }
        }
        _ = try (prefetch.next(), prefetch.next())
        let error = #expect(throws: TrainingError.self) { try prefetch.next() }
        #expect(error?.exitCode == .io)
        #expect(error?.description.hasPrefix("a/store: batch 2 has not come for 3 s") == true)
    }

    /// D7: an encoder file that lies about its header is refused by the program, with its name.
    @Test(
        arguments: [
            [], [1, 2, 3], [0, 0, 0, 0, 0, 0, 0, 0x80] + Array("{}".utf8),
            [2, 0, 0, 0, 0, 0, 0, 0]
                + Array("[]".utf8), [2, 0, 0, 0, 0, 0, 0, 0] + Array("{}".utf8) + [7],
            [2, 0, 0, 0, 0, 0, 0, 0] + Array("{}".utf8),
        ] as [[UInt8]])
    func filesThatLieAreRefused(_ bytes: [UInt8]) throws {
        let folder = try TemporaryFolder()
        let path = folder.path("encoder.safetensors")
        try AtomicFile.write(bytes, to: path)
        let result = try runProgram(
            "matter-model", ["export", path, "--format", "onnx", "--out", folder.path("o.onnx")])
        #expect(result.status == 65)
        #expect(result.stderr.contains(path))
        #expect(result.stderr.filter { $0 == "\n" }.count == 1)
    }

    /// D9: weights of another float type are converted; what is no float is refused for what it is.
    @Test func weightsOfOtherTypesAreConvertedOrRefused() throws {
        let model = MatterEncoder(.example)
        try model.fill()
        let state = model.hostState()
        for dtype in [DType.float16, .bfloat16, .float64] {
            let other = MatterEncoder(.example)
            try other.load(
                state.mapValues {
                    $0.dtype.isFloatingPoint ? Tensor($0).to(dtype).hostArray() : $0
                })
            for (name, array) in other.hostState() {
                let own = try #require(state[name])
                #expect(array.dtype == own.dtype && array.shape == own.shape)
                let rounded = Tensor(own).to(dtype).to(own.dtype)
                #expect(array.bytes == rounded.hostArray().bytes || !own.dtype.isFloatingPoint)
            }
        }
        var whole = state
        whole["conv1.weight"] = state["conv1.weight"].map { Tensor($0).to(.int32).hostArray() }
        let error = #expect(throws: TorchError.self) { try MatterEncoder(.example).load(whole) }
        #expect(error?.exitCode == .badData)
        #expect(error?.description.contains("conv1.weight") == true)
    }

    /// D14: a mean that is no number is never the best one.
    @Test func noNumberIsNeverTheBest() throws {
        var recipe = Recipe.example
        recipe.run.best = .alignment
        var watch = CurveWatch(recipe)
        func mean(_ alignment: Double) throws -> Double? {
            let names = [
                "step", "epoch", "loss", "learningRate", "gradientNorm", "embeddingStd",
                "alignment", "uniformity",
            ]
            let ones = Dictionary(uniqueKeysWithValues: names.map { ($0, 1.0) })
            var point = try decodeStrictJSON(CurvePoint.self, from: encodeCanonicalJSON(ones))
            point.alignment = alignment
            _ = watch.add(point)
            return watch.snapshotMean()
        }
        #expect(try mean(.nan) == nil)
        #expect(try mean(3) == 3)
        #expect(try mean(.nan) == nil && mean(-.infinity) == nil)
        #expect(try mean(2) == 2 && mean(2.5) == nil)
    }

    /// D17, D18: what changed is refused by name, or allowed by name; then it is written down, and told.
    @Test(arguments: [
        "optimiser.learningRate", "optimiser.average", "run.precision", "run.steps", "seed",
    ])
    func aChangeIsRefusedOrAllowedByName(_ key: String) throws {
        let folder = try TemporaryFolder()
        try SyntheticStore.make(at: folder.path("store"))
        var plan = TrainerTests.plan(folder)
        try Self.stopped(plan, after: 3)
        switch key {
        case "optimiser.learningRate": plan.recipe.optimiser.learningRate = 0.02
        case "optimiser.average": plan.recipe.optimiser.average = 0.5
        case "run.precision": plan.recipe.run.precision = .bfloat16
        case "run.steps": plan.recipe.run.steps = 7
        default: plan.seed = 6
        }
        let error = #expect(throws: TrainingError.self) { try Trainer(plan) { _ in } }
        #expect(error?.exitCode == .configuration)
        #expect(error?.description.contains(key) == true)
        plan.allowedChanges = [key]
        var told: [String] = []
        var begun = 0
        let outcome = try Trainer(plan) { event in
            if case .planChanged(let changes) = event { told = changes }
            if case .resumed(let step) = event { begun = step }
        }.run()
        #expect(outcome == .done)
        #expect(told.count == 1 && told.first?.contains(key) == true && begun == 3)
        let changes = try RunRecord(readingFrom: plan.output).plan.object?["changes"]
        #expect(changes == .array(told.map(JSONValue.string)))
        // The folder's plan is the new one now.
        plan.allowedChanges = []
        #expect(try Trainer(plan) { _ in }.run() == .done)
    }

    /// A run that is further than the new plan, or over, cannot take it; the folder's record stays that of what was run.
    @Test func whatIsTooLateIsRefused() throws {
        let folder = try TemporaryFolder()
        try SyntheticStore.make(at: folder.path("store"))
        var plan = TrainerTests.plan(folder)
        try Self.stopped(plan, after: 3)
        let record = try WholeFile.read("\(plan.output)/run.json")
        plan.allowedChanges = ["run.steps"]
        func refuse(_ steps: Int, _ reason: String) throws {
            plan.recipe.run.steps = steps
            let error = #expect(throws: TrainingError.self) { try Trainer(plan) { _ in } }
            #expect(error?.exitCode == .configuration)
            #expect(error?.description.contains(reason) == true)
            #expect(try WholeFile.read("\(plan.output)/run.json") == record)
        }
        try refuse(2, "has taken 3 steps already")
        plan.recipe.run.steps = 6
        #expect(try Trainer(plan) { _ in }.run() == .done)
        try refuse(7, "its run has ended")
    }

    /// D26: the seed is in the record; what the bits depend on beside the plan is in the log.
    @Test func whatTheBitsDependOnIsRecorded() throws {
        let folder = try TrainFaultTests.prepared { $0.run.steps = 2 }
        #expect(
            try ModelProcess(folder, "run", environment: ["OMP_NUM_THREADS": "1"]).wait() == 0)
        #expect(try RunRecord(readingFrom: folder.path("run")).seed == 5)
        let log = try WholeFile.readText(folder.path("run/pretrain.log"))
        #expect(log.contains("libtorch \(Torch.version), 1 threads"))
    }

    /// D27: no bit of an encoder can turn without being noticed.
    @Test func turnedBitsOfAnEncoderAreNoticed() throws {
        let folder = try TemporaryFolder()
        try SyntheticStore.make(at: folder.path("store"))
        var plan = TrainerTests.plan(folder)
        plan.recipe.run.steps = 1
        _ = try Trainer(plan) { _ in }.run()
        let path = "\(plan.output)/encoder.safetensors"
        let whole = try WholeFile.read(path)
        let start = whole.count / 2
        for index in stride(from: start, to: whole.count, by: (whole.count - start) / 40) {
            var bytes = whole
            bytes[index] ^= 4
            try AtomicFile.write(bytes, to: path)
            let error = #expect(throws: TrainingError.self) { try DenseEncoder(encoderFile: path) }
            #expect(error?.exitCode == .badData)
            #expect(error?.description.contains(path) == true)
        }
        // Statistics and recipe change features as weights do.
        try AtomicFile.write(whole, to: path)
        let text = String(decoding: whole[8..<whole.count / 2], as: UTF8.self)
        let last = try #require(text.range(of: "\(SuiteVersion.current)\"}"))
        let file = try FileHandle(forUpdating: URL(filePath: path))
        func put(_ byte: UInt8, at index: Int) throws {
            try file.seek(toOffset: UInt64(index))
            try file.write(contentsOf: [byte])
        }
        let length = text.utf8.distance(from: text.startIndex, to: last.upperBound)
        for index in 8..<8 + length {
            try put(whole[index] ^ 1 << (index % 8), at: index)
            #expect(throws: TrainingError.self, "byte \(index)") { try EncoderFile(path: path) }
            try put(whole[index], at: index)
        }
        #expect(try EncoderFile(path: path).step == 1)
    }

    /// Encoders of before there was a proof, a digest, or a record, can be read still.
    @Test(arguments: [
        ["proof"], ["proof", "digest"], ["proof", "provenance"], ["proof", "digest", "provenance"],
    ])
    func olderEncodersAreRead(_ absent: [String]) throws {
        let folder = try TemporaryFolder()
        try SyntheticStore.make(at: folder.path("store"))
        var plan = TrainerTests.plan(folder)
        plan.recipe.run.steps = 1
        _ = try Trainer(plan) { _ in }.run()
        let path = "\(plan.output)/encoder.safetensors"
        let file = try Safetensors.read(path)
        try Safetensors.write(
            file.arrays, metadata: file.metadata.filter { !absent.contains($0.key) }, to: path)
        #expect(try EncoderFile(path: path).weights == file.arrays)
    }
}
