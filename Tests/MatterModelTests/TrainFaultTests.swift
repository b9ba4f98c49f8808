import Foundation
import Geo
import Manifests
import MatterModel
import TestSupport
import Tensors
import Testing

/// Section D of the fault scorecard: what training and checkpoints survive, each on the program itself.
@Suite(.serialized)
struct TrainFaultTests {
    private func prepared(_ change: (inout Recipe) -> Void = { _ in }) throws -> TemporaryFolder {
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

    /// D2, D3: killed by SIGKILL at random moments and run again, with other numbers of threads, it ends with the same bytes.
    @Test func killedAtRandomMomentsItEndsWithTheSameBytes() throws {
        let folder = try prepared()
        let start = ContinuousClock.now
        #expect(try ModelProcess(folder, "whole").wait() == 0)
        let length = start.duration(to: .now) / .seconds(1)
        var random = SplitMix64(seed: 20)
        var kills = 0
        for _ in 0..<5 {
            let process = try ModelProcess(folder, "killed")
            let moment = ContinuousClock.now + .seconds(length * (0.2 + 0.6 * random.nextUniform()))
            guard process.waitUntil({ _ in ContinuousClock.now >= moment }), process.isRunning
            else { break }
            process.signal(SIGKILL)
            #expect(process.wait() == 128 + SIGKILL)
            kills += 1
        }
        #expect(kills > 0)
        #expect(try ModelProcess(folder, "killed").wait() == 0)
        #expect(
            try TrainerTests.files(folder.path("killed"))
                == TrainerTests.files(folder.path("whole")))
    }

    /// D4: asked to end, it saves its state and says so; run again, it goes on.
    @Test(arguments: [(SIGTERM, 143), (SIGUSR1, 143), (SIGINT, 130)] as [(Int32, Int32)])
    func askedToEndItSavesItsState(_ number: Int32, _ code: Int32) throws {
        let folder = try prepared()
        #expect(try ModelProcess(folder, "whole").wait() == 0)
        let process = try ModelProcess(folder, "run")
        #expect(process.waitUntil { $0.hasLines(10, in: "run/curves.jsonl") })
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

    /// D5, D6: no bit of a checkpoint can turn without being noticed; with none left, nothing begins anew by itself.
    @Test func turnedBitsAreNoticed() throws {
        let folder = try TemporaryFolder()
        try SyntheticStore.make(at: folder.path("store"))
        var plan = TrainerTests.plan(folder)
        plan.recipe.run.keep = 1
        var asked = 0
        _ = try Trainer(plan) { _ in }.run {
            asked += 1
            return asked > 5
        }
        let path = "\(plan.output)/checkpoints/step-000005.safetensors"
        let whole = try WholeFile.read(path)
        var random = SplitMix64(seed: 3)
        for _ in 0..<40 {
            var bytes = whole
            bytes[random.nextInt(below: bytes.count)] ^= 1 << random.nextInt(below: 8)
            try AtomicFile.write(bytes, to: path)
            let error = #expect(throws: TrainingError.self) { try Trainer(plan) { _ in }.run() }
            #expect(error?.exitCode == .badData)
            #expect(error?.description.contains("step-000005") == true)
        }
        for length in [0, 7, 100, whole.count / 2, whole.count - 1] {
            try AtomicFile.write(Array(whole[..<length]), to: path)
            #expect(throws: TrainingError.self) { try Trainer(plan) { _ in }.run() }
        }
        try AtomicFile.write(whole, to: path)
        #expect(try Trainer(plan) { _ in }.run() == .done)
    }

    /// D8: a checkpoint of another network, whole as it is, is refused with what differs.
    @Test func aCheckpointOfAnotherNetworkIsRefused() throws {
        let folder = try TemporaryFolder()
        try SyntheticStore.make(at: folder.path("store"))
        var plan = TrainerTests.plan(folder)
        var other = TrainerTests.plan(folder, "other")
        other.recipe.encoder.features = 4
        for each in [plan, other] {
            var asked = 0
            _ = try Trainer(each) { _ in }.run {
                asked += 1
                return asked > 5
            }
        }
        let name = "checkpoints/step-000005.safetensors"
        try AtomicFile.write(
            WholeFile.read("\(other.output)/\(name)"), to: "\(plan.output)/\(name)")
        let error = #expect(throws: TorchError.self) { try Trainer(plan) { _ in }.run() }
        #expect(error?.exitCode == .badData)
        #expect(error?.description.contains("[8") == true)
        plan.output = folder.path("unused")
    }

    /// D11, D12: a loss that is finite but absurd, and one that is not; the program says 81, the parameter or the loss, and the batch.
    @Test func divergenceIsToldByTheProgram() throws {
        let folder = try prepared {
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

    /// D12: the loss is a number still, but a gradient is not: the parameter is named.
    @Test func aBrokenGradientIsNamed() throws {
        let folder = try prepared {
            $0.optimiser.kind = .sgd
            $0.optimiser.learningRate = 1e22
            $0.optimiser.warmUp = 0
            $0.encoding.enabled = false
        }
        let process = try ModelProcess(folder, "run")
        #expect(process.wait() == 81)
        #expect(process.stderr.contains("the gradient of "))
    }

    /// D15: too much for the memory is told with the operation, not by a crash; no checkpoint is begun.
    @Test func tooMuchForTheMemoryIsTold() throws {
        let folder = try prepared {
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
        let folder = try prepared()
        try AtomicFile.write("cos\nsystem\n(S'true'\ntR.", to: folder.path("weights.pt"))
        let export = try runProgram(
            "matter-model",
            ["export", folder.path("weights.pt"), "--format", "onnx", "--out", folder.path("o")])
        #expect(export.status == 65 && export.stderr.contains("pickle"))
        let process = try ModelProcess(
            folder, "run", ["--device", "cuda:99"], environment: ["CUDA_VISIBLE_DEVICES": ""])
        #expect(process.wait() == 69)
    }

    static let strace = "/usr/bin/strace"

    /// D1: killed at any of the calls by which checkpoints and snapshots are published, it goes on to the same bytes.
    @Test(
        .enabled(
            if: FileManager.default.isExecutableFile(atPath: strace), "needs strace"),
        arguments: ["rename", "fsync"], 1...4)
    func killedAtAnyCallItGoesOn(_ call: String, _ number: Int) throws {
        let folder = try prepared {
            $0.run.steps = 4
            $0.run.checkpointEvery = 1
            $0.run.snapshotEvery = 2
        }
        #expect(try ModelProcess(folder, "whole").wait() == 0)
        let arguments = [
            "-f", "-qq", "-o", "/dev/null", "-e", "trace=\(call)",
            "-e", "inject=\(call):signal=SIGKILL:when=\(2 * number)",
            programURL("matter-model").path, "pretrain", "--store", folder.path("store"),
            "--recipe", folder.path("recipe.toml"), "--out", folder.path("run"), "--seed", "5",
            "--device", "cpu",
        ]
        let killed = try runExecutable(Self.strace, arguments)
        #expect(killed.status != 0)
        #expect(try ModelProcess(folder, "run").wait() == 0)
        #expect(
            try TrainerTests.files(folder.path("run")) == TrainerTests.files(folder.path("whole")))
    }

    /// D18: another plan in the same folder is refused, and the field is named.
    @Test func anotherSeedIsRefused() throws {
        let folder = try prepared { $0.run.steps = 2 }
        #expect(try ModelProcess(folder, "run").wait() == 0)
        let again = try ModelProcess(folder, "run", ["--seed", "6"])
        #expect(again.wait() == 78)
        #expect(again.stderr.contains("seed"))
    }

    /// D19: two runs of one folder do not mix.
    @Test func twoRunsDoNotShareAFolder() throws {
        let folder = try prepared { $0.run.steps = 100_000 }
        let first = try ModelProcess(folder, "run")
        #expect(first.waitUntil { $0.hasLines(1, in: "run/curves.jsonl") })
        let second = try ModelProcess(folder, "run")
        #expect(second.wait() == 75)
        first.signal(SIGTERM)
        #expect(first.wait() == 143)
    }

    /// D20: TensorBoard's file cannot be written: a warning; the curves cannot: 74.
    @Test func aBoardThatCannotBeWrittenIsDoneWithout() throws {
        let folder = try prepared { $0.run.steps = 3 }
        try AtomicFile.makeFolder(at: folder.path("run"))
        try AtomicFile.write("a file where a folder should be", to: folder.path("run/tensorboard"))
        let process = try ModelProcess(folder, "run")
        #expect(process.wait() == 0)
        #expect(process.stderr.contains("TensorBoard"))
    }

    /// D20: a disk that is full ends a run with 74 and leaves what was good.
    @Test(.enabled(if: getuid() == 0, "mounts a small disk"))
    func aFullDiskEndsTheRun() throws {
        let folder = try prepared { $0.encoder.features = 512 }
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
        let folder = try prepared()
        try AtomicFile.write("a file", to: folder.path("file"))
        let process = try ModelProcess(folder, "file/run")
        #expect(process.wait() == 73)
    }

    /// D23, D22: the newest checkpoint is the one of the highest step, whatever the clock says; pruning leaves as many as asked.
    @Test func theNewestCheckpointIsTheOneOfTheHighestStep() throws {
        let folder = try TemporaryFolder()
        try SyntheticStore.make(at: folder.path("store"))
        var plan = TrainerTests.plan(folder)
        plan.recipe.run.checkpointEvery = 1
        plan.recipe.run.keep = 3
        var asked = 0
        _ = try Trainer(plan) { _ in }.run {
            asked += 1
            return asked > 5
        }
        let names = try FileManager.default.contentsOfDirectory(
            atPath: "\(plan.output)/checkpoints")
        #expect(names.sorted() == (3...5).map { "step-00000\($0).safetensors" })
        try FileManager.default.setAttributes(
            [.modificationDate: Date(timeIntervalSince1970: 1)],
            ofItemAtPath: "\(plan.output)/checkpoints/step-000005.safetensors")
        var resumed = 0
        _ = try Trainer(plan) { if case .resumed(let step) = $0 { resumed = step } }.run()
        #expect(resumed == 5)
    }

    /// D28: the curves may be cut at any byte behind the checkpoint; what is missing before it is told.
    @Test func curvesCutAnywhereGoOn() throws {
        let folder = try TemporaryFolder()
        try SyntheticStore.make(at: folder.path("store"))
        let whole = TrainerTests.plan(folder, "whole")
        _ = try Trainer(whole) { _ in }.run()
        let expected = try TrainerTests.files(whole.output)
        let plan = TrainerTests.plan(folder)
        var kept: [String: [UInt8]] = [:]
        _ = try Trainer(plan) { event in
            if case .step(let point, _) = event, point.step == 5 {
                kept = TrainerTests.contents(plan.output)
            }
        }.run()
        let curves = try #require(kept["curves.jsonl"])
        let ends = curves.indices.filter { curves[$0] == UInt8(ascii: "\n") }
        // The checkpoint is of step 4.
        for length in [ends[3] + 1, ends[3] + 2, (ends[3] + ends[4]) / 2, curves.count] {
            try restore(kept, to: plan.output, curves: Array(curves[..<length]))
            #expect(try Trainer(plan) { _ in }.run() == .done)
            #expect(try TrainerTests.files(plan.output) == expected)
        }
        try restore(kept, to: plan.output, curves: Array(curves[..<ends[2]]))
        let error = #expect(throws: ManifestError.self) { try Trainer(plan) { _ in }.run() }
        #expect(error?.exitCode == .badData)
    }

    private func restore(_ files: [String: [UInt8]], to path: String, curves: [UInt8]) throws {
        try? FileManager.default.removeItem(atPath: path)
        for (name, bytes) in files {
            let file = "\(path)/\(name)"
            try AtomicFile.makeFolder(
                at: URL(fileURLWithPath: file).deletingLastPathComponent().path)
            try AtomicFile.write(name == "curves.jsonl" ? curves : bytes, to: file)
        }
    }
}
