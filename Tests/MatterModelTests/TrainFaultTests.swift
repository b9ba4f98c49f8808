import Foundation
import Geo
import Manifests
import MatterModel
import TestSupport
import Tensors
import Testing

/// Section D of the fault scorecard: what training survives, each on the program itself.
@Suite(.serialized)
struct TrainFaultTests {
    static func prepared(_ change: (inout Recipe) -> Void = { _ in }) throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        try SyntheticStore.make(at: folder.path("store"))
        var recipe = Recipe.example
        recipe.run.steps = 60
        recipe.run.snapshotEvery = 20
        recipe.run.checkpointEvery = 7
        change(&recipe)
        try RecipeText.write(recipe, to: folder.path("recipe.toml"))
        return folder
    }

    /// D4: asked to end, it saves its state and says so; run again, it goes on.
    @Test(arguments: [(SIGTERM, 143), (SIGUSR1, 143), (SIGINT, 130)] as [(Int32, Int32)])
    func askedToEndItSavesItsState(_ number: Int32, _ code: Int32) throws {
        let folder = try Self.prepared { $0.run.steps = 120 }
        #expect(try ModelProcess(folder, "whole").wait() == 0)
        let process = try ModelProcess(folder, "run")
        #expect(process.waitUntil { $0.hasLines(3, in: "run/curves.jsonl") })
        process.signal(number)
        let start = ContinuousClock.now
        #expect(process.wait() == code)
        #expect(start.duration(to: .now) < .seconds(30))
        let lines = try JSONLinesReader.read(folder.path("run/curves.jsonl")).records.count
        let newest = try FileManager.default.contentsOfDirectory(
            atPath: folder.path("run/checkpoints")
        ).filter { !$0.hasPrefix(".") }.max()
        #expect(newest?.contains("0\(lines).") == true)
        #expect(try ModelProcess(folder, "run").wait() == 0)
        #expect(
            try TrainerTests.files(folder.path("run")) == TrainerTests.files(folder.path("whole")))
    }

    /// D11, D12: a loss that is finite but absurd, and one that is not; the program says 81, the parameter or the loss, and the batch.
    @Test func divergenceIsToldByTheProgram() throws {
        let folder = try Self.prepared {
            $0.optimiser.kind = .sgd
            $0.optimiser.learningRate = 1e20
            $0.optimiser.warmUp = 0
            $0.run.checkpointEvery = 1
            $0.loss.normalise = false
        }
        let process = try ModelProcess(folder, "run")
        #expect(process.wait() == 81)
        let line = process.stderr.split(separator: "\n").last.map(String.init) ?? ""
        #expect(line.contains("diverged at step") && line.contains("2020-0"))
        #expect(FileManager.default.fileExists(atPath: folder.path("run/diverged.json")))
        #expect(!FileManager.default.fileExists(atPath: folder.path("run/encoder.safetensors")))
    }

    /// D12: loss and gradients are numbers still, but a norm's running variance is not: it is named, and neither a checkpoint nor an
    /// encoder is made of it, whichever would come first.
    @Test(arguments: [(2, 3), (1000, 1), (1000, 3), (1000, 1000)])
    func aBrokenNormIsNamed(_ checkpointEvery: Int, _ snapshotEvery: Int) throws {
        let folder = try TemporaryFolder()
        try SyntheticStore.make(at: folder.path("store"))
        var plan = TrainerTests.plan(folder)
        plan.recipe.run.checkpointEvery = checkpointEvery
        plan.recipe.run.snapshotEvery = snapshotEvery
        plan.recipe.run.best = .loss
        let path = "\(plan.output)/checkpoints"
        let found = try Self.stopped(plan, scaling: ["conv1.weight": 1e22])
        func encoders() throws -> [String: SHA256Digest] {
            try TrainerTests.files(plan.output).filter {
                $0.key.hasSuffix(".safetensors") && !$0.key.hasPrefix("checkpoints/")
            }
        }
        let before = try encoders()
        let error = #expect(throws: TrainingError.self) { try Trainer(plan) { _ in }.run() }
        #expect(error?.exitCode == .diverged)
        if snapshotEvery < 1000 {
            #expect(error?.description.contains("bn1.running_var is not finite") == true)
        }
        #expect(try Checkpoint.latest(in: path) { _ in }?.step == found.step)
        #expect(try encoders() == before)
    }

    /// Trains a step, and multiplies weights of the checkpoint that it leaves.
    private static func stopped(
        _ plan: PretrainPlan, scaling factors: [String: Double]
    ) throws -> Checkpoint {
        var asked = 0
        _ = try Trainer(plan) { _ in }.run {
            asked += 1
            return asked > 1
        }
        let path = "\(plan.output)/checkpoints"
        let found = try #require(try Checkpoint.latest(in: path) { _ in })
        var arrays = found.arrays
        for (key, factor) in factors {
            let weight = try #require(arrays["model.\(key)"])
            arrays["model.\(key)"] = (Tensor(weight) * factor).hostArray()
        }
        try Checkpoint(step: found.step, arrays: arrays).write(to: path, keeping: 1)
        return found
    }

    /// D12: what is no number is named: a weight, a layer whose output leaves the numbers, a gradient while the loss is finite.
    @Test(arguments: [
        (["layer1.0.conv1.weight": Double.nan], "layer1.0.conv1.weight is not finite"),
        (["project.weight": 1e25], "the output of encoding is not finite"),
        (
            ["layer1.1.bn2.weight": 1e36, "project.weight": 1e-36],
            "the gradient of project.weight is not finite"
        ),
    ])
    func whatIsNoNumberIsNamed(_ factors: [String: Double], _ name: String) throws {
        let folder = try TemporaryFolder()
        try SyntheticStore.make(at: folder.path("store"))
        let plan = TrainerTests.plan(folder)
        _ = try Self.stopped(plan, scaling: factors)
        let error = #expect(throws: TrainingError.self) { try Trainer(plan) { _ in }.run() }
        #expect(error?.exitCode == .diverged)
        #expect(error?.description.contains(name) == true, "\(error?.description ?? "")")
        #expect(try WholeFile.readText("\(plan.output)/diverged.json").contains(name))
    }

    /// D15: too much for the memory is told with the operation, not by a crash; no checkpoint is begun.
    @Test func tooMuchForTheMemoryIsTold() throws {
        let folder = try Self.prepared {
            $0.encoder.preChannels = 4096
            $0.patches.window = 15
            $0.patches.perImage = 4096
        }
        let process = try ModelProcess(folder, "run")
        #expect(process.wait() == 71)
        #expect(process.stderr.contains("allocate"))
        #expect(!FileManager.default.fileExists(atPath: folder.path("run/checkpoints")))
    }

    /// D10, D16: a pickle is never opened; a GPU that is not there is told.
    @Test func picklesAndAMissingGPUAreRefused() throws {
        let folder = try Self.prepared()
        try AtomicFile.write("cos\nsystem\n(S'true'\ntR.", to: folder.path("weights.pt"))
        let export = try runProgram(
            "matter-model",
            ["export", folder.path("weights.pt"), "--format", "onnx", "--out", folder.path("o")])
        #expect(export.status == 65 && export.stderr.contains("pickle"))
        let process = try ModelProcess(
            folder, "run", ["--device", "cuda:99"], environment: ["CUDA_VISIBLE_DEVICES": ""])
        #expect(process.wait() == 69)
    }

    /// D18: another plan in the same folder is refused, and the field is named.
    @Test func anotherSeedIsRefused() throws {
        let folder = try Self.prepared { $0.run.steps = 2 }
        #expect(try ModelProcess(folder, "run").wait() == 0)
        let again = try ModelProcess(folder, "run", ["--seed", "6"])
        #expect(again.wait() == 78)
        #expect(again.stderr.contains("seed"))
    }

    /// D19: two runs of one folder do not mix.
    @Test func twoRunsDoNotShareAFolder() throws {
        let folder = try Self.prepared { $0.run.steps = 100_000 }
        let first = try ModelProcess(folder, "run")
        #expect(first.waitUntil { $0.hasLines(1, in: "run/curves.jsonl") })
        let second = try ModelProcess(folder, "run")
        #expect(second.wait() == 75)
        first.signal(SIGTERM)
        #expect(first.wait() == 143)
    }

    /// D20: TensorBoard's file cannot be written: a warning; the curves cannot: 74.
    @Test func aBoardThatCannotBeWrittenIsDoneWithout() throws {
        let folder = try Self.prepared { $0.run.steps = 3 }
        try AtomicFile.makeFolder(at: folder.path("run"))
        try AtomicFile.write("a file where a folder should be", to: folder.path("run/tensorboard"))
        let process = try ModelProcess(folder, "run")
        #expect(process.wait() == 0)
        #expect(process.stderr.contains("TensorBoard"))
    }

    /// D20: a disk that is full ends a run with 74 and leaves what was good.
    @Test(.enabled(if: getuid() == 0, "mounts a small disk"))
    func aFullDiskEndsTheRun() throws {
        let folder = try Self.prepared { $0.encoder.features = 512 }
        let disk = folder.path("disk")
        try AtomicFile.makeFolder(at: disk)
        let mounted = try runExecutable(
            "/bin/mount", ["-t", "tmpfs", "-o", "size=3m", "tmpfs", disk])
        guard mounted.status == 0 else { return }
        defer { _ = try? runExecutable("/bin/umount", ["-l", disk]) }
        let process = try ModelProcess(folder, "disk/run")
        #expect(process.wait() == 74)
        #expect(process.stderr.contains("disk/run"))
        let leftovers = (try? FileManager.default.contentsOfDirectory(atPath: "\(disk)/run")) ?? []
        #expect(!leftovers.contains("encoder.safetensors"))
    }

    /// D21: a folder that may not be written is told before training.
    @Test func aFolderThatCannotBeMadeIsToldAtOnce() throws {
        let folder = try Self.prepared()
        try AtomicFile.write("a file", to: folder.path("file"))
        let process = try ModelProcess(folder, "file/run")
        #expect(process.wait() == 73)
    }
}
