import Foundation
import Manifests
import MatterModel
import TestSupport
import Tensors
import Testing

/// What an encoder that is passed on tells of itself.
struct EncoderInfoTests {
    private func trained(_ change: (inout PretrainPlan) -> Void = { _ in }) throws
        -> (folder: TemporaryFolder, path: String)
    {
        let folder = try TemporaryFolder()
        try SyntheticStore.make(at: folder.path("store"))
        var plan = TrainerTests.plan(folder)
        plan.recipe.run.steps = 1
        change(&plan)
        _ = try Trainer(plan) { _ in }.run()
        return (folder, "\(plan.output)/encoder.safetensors")
    }

    @Test func anEncoderTellsWhatMadeIt() throws {
        let (folder, path) = try trained { $0.seed = .max }
        let record = try #require(try EncoderFile(path: path).provenance)
        #expect(record.seed == .max && record.version == SuiteVersion.current)
        #expect(
            record.inputs == [
                try InputDigest(file: folder.path("store/data.mdb"), named: "store/data.mdb")
            ])
        #expect(record.plan["device"]?.string == "cpu" && record.plan["recipe"] == nil)
        #expect(record.plan["libtorch"]?.string == Torch.version)
        let result = try runProgram("matter-model", ["info", path])
        #expect(result.status == 0, "\(result.stderr)")
        let digest = "\(try #require(record.inputs.first).sha256)"
        for (key, value) in [
            ("provenance.seed", "\(UInt64.max)"), ("provenance.inputs.0.sha256", digest),
            ("provenance.version", SuiteVersion.current), ("recipe.tern.kernel", "pamr"),
            ("recipe.optimiser.learningRate", "0.01"),
        ] {
            let line = result.stdout.split(separator: "\n").first { $0.hasPrefix("\(key) ") }
            #expect(line?.hasSuffix(" \(value)") == true, "\(key): \(line ?? "")")
        }
        let json = try runProgram("matter-model", ["info", path, "--json"]).stdout
        #expect(try JSONValue.parse(json)["provenance"]?["inputs"]?[0]?["sha256"]?.string == digest)
    }

    /// A plan that was changed on the way is told too.
    @Test func changesOfThePlanAreTold() throws {
        let (folder, _) = try trained { $0.output += "-other" }
        var plan = TrainerTests.plan(folder)
        var asked = 0
        _ = try Trainer(plan) { _ in }.run {
            asked += 1
            return asked > 2
        }
        plan.recipe.optimiser.learningRate = 0.02
        plan.allowedChanges = ["optimiser.learningRate"]
        _ = try Trainer(plan) { _ in }.run()
        let record = try EncoderFile(path: "\(plan.output)/encoder.safetensors").provenance
        let changes = try #require(record?.plan["changes"]?.array).compactMap(\.string)
        #expect(changes.count == 1 && changes[0].contains("optimiser.learningRate: 0.01 there"))
    }

    /// A file of before: its proof was made without a record.
    @Test func anEncoderWithoutARecordIsRead() throws {
        let (folder, path) = try trained()
        let file = try Safetensors.read(path)
        var metadata = file.metadata.filter { $0.key != "provenance" && $0.key != "proof" }
        let text = metadata.sorted { $0.key < $1.key }
            .map { "\($0.key) \($0.value.utf8.count)\n\($0.value)\n" }.joined()
        metadata["proof"] = "\(SHA256Digest(of: Array(text.utf8)))"
        let old = folder.path("old.safetensors")
        try Safetensors.write(file.arrays, metadata: metadata, to: old)
        #expect(try EncoderFile(path: old).provenance == nil)
        let result = try runProgram("matter-model", ["info", old])
        #expect(result.status == 0 && result.stdout.contains("unknown: written before"))
        // The record is part of the proof: another cannot be put in its place.
        metadata["provenance"] = file.metadata["provenance"]
        try Safetensors.write(file.arrays, metadata: metadata, to: old)
        #expect(throws: TrainingError.self) { try EncoderFile(path: old) }
    }

    @Test func aStepCostsItsPixelsAndPatches() {
        var recipe = Recipe.example
        recipe.optimiser.accumulate = 3
        let cost = EncoderCost(recipe)
        let (pixels, patches) = (2 * 4 * 16 * 16, 2 * 4 * 4)
        #expect(
            cost.multiplicationsAStep == 3
                * (pixels * cost.multiplicationsAPixel + patches * cost.multiplicationsAPatch))
        #expect(
            cost.bytesABatchInTraining == pixels * cost.bytesAPixel + patches
                * cost.bytesAPatchInTraining)
    }
}
