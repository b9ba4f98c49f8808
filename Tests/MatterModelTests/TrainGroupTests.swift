import Foundation
import Manifests
import MatterModel
import TestSupport
import Tensors
import Testing

/// Processes that train together, each a run of the program under the variables that torchrun sets.
@Suite(.serialized)
struct TrainGroupTests {
    static func environment(rank: Int, size: Int, port: Int) -> [String: String] {
        [
            "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "\(port)", "RANK": "\(rank)",
            "WORLD_SIZE": "\(size)", "LOCAL_RANK": "\(rank)", "OMP_NUM_THREADS": "1",
        ]
    }

    /// Begins a process of each rank.
    static func start(
        _ size: Int, _ folder: TemporaryFolder, _ out: String, _ options: [String] = []
    )
        throws -> [ModelProcess]
    {
        let port = freePort()
        return try (0..<size).map { rank in
            try ModelProcess(
                folder, out, options, environment: environment(rank: rank, size: size, port: port))
        }
    }

    private func recipe(_ folder: TemporaryFolder) throws {
        try SyntheticStore.make(at: folder.path("store"))
        var recipe = Recipe.example
        recipe.loss.negatives = .regions
        recipe.optimiser.kind = .sgd
        recipe.optimiser.learningRate = 0.05
        try RecipeText.write(recipe, to: folder.path("recipe.toml"))
    }

    @Test(arguments: [2, 4])
    func ranksTogetherTrainWhatOneTrains(_ size: Int) throws {
        let folder = try TemporaryFolder()
        try recipe(folder)
        let alone = try ModelProcess(folder, "alone")
        #expect(alone.wait() == 0)
        let processes = try Self.start(size, folder, "together")
        for process in processes { #expect(process.wait() == 0, "\(process.stderr)") }
        for name in ["encoder", "snapshots/step-000003"] {
            let one = try Safetensors.read(folder.path("alone/\(name).safetensors")).arrays
            let many = try Safetensors.read(folder.path("together/\(name).safetensors")).arrays
            #expect(one.keys.sorted() == many.keys.sorted())
            for (key, array) in one {
                let other = Tensor(try #require(many[key])).to(.float32)
                let worst: Float = (Tensor(array).to(.float32) - other).abs().max().item()
                #expect(worst <= 1e-5, "\(key)")
            }
        }
        #expect(try curve(folder, "together").count == 6)
        for (one, many) in zip(try curve(folder, "alone"), try curve(folder, "together")) {
            #expect(abs(one.loss - many.loss) <= 1e-5 * max(1, abs(one.loss)))
        }
    }

    /// Whether `script/check-torchrun` has been run here: its torch is there, and the program that it starts.
    private static let hasTorchrun = OutsideReaders.are(in: "venv-torchrun")

    /// PyTorch's own torchrun, with its agent's store, starts what README says.
    @Test(.enabled(if: hasTorchrun, "needs the torch that script/check-torchrun installs"))
    func torchrunStartsTwoThatTrainWhatOneTrains() throws {
        let folder = try TemporaryFolder()
        try recipe(folder)
        let result = try runExecutable(
            OutsideReaders.script("check-torchrun"),
            [folder.path("store"), folder.path("recipe.toml"), folder.path("runs")],
            environment: ["PET_MASTER_PORT": "\(freePort())"])
        #expect(result.status == 0, "\(result.stderr)")
        #expect(result.stdout.hasPrefix("torchrun: two processes end within"))
    }

    /// The script runs the command that README shows, and says what it needs.
    @Test func theScriptRunsTheCommandOfREADME() throws {
        let script = OutsideReaders.script("check-torchrun")
        let readme = URL(filePath: script).deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "README.md").path
        let words = "--no-python --nproc-per-node 2 matter-model pretrain"
        for path in [script, readme] {
            #expect(try WholeFile.readText(path).contains(words), "\(path)")
        }
        let none = try runExecutable(script)
        #expect(none.status == 64 && none.stderr.hasPrefix("check-torchrun: usage:"))
        let folder = try TemporaryFolder()
        let missing = try runExecutable(script, [folder.path("store"), folder.path("recipe.toml")])
        #expect(missing.status == 66 && missing.stderr.contains("store/data.mdb is missing"))
    }

    private func curve(_ folder: TemporaryFolder, _ run: String) throws -> [CurvePoint] {
        try JSONLinesReader.read(CurvePoint.self, from: folder.path("\(run)/curves.jsonl")).records
    }

    @Test func aRankThatIsKilledEndsTheOthersAndTheRunGoesOn() throws {
        let folder = try TemporaryFolder()
        try recipe(folder)
        let whole = try Self.start(2, folder, "whole", ["--steps", "80"])
        for process in whole { #expect(process.wait() == 0, "\(process.stderr)") }
        let processes = try Self.start(2, folder, "killed", ["--steps", "80"])
        #expect(processes[0].waitUntil { $0.hasLines(3, in: "killed/curves.jsonl") })
        processes[1].signal(SIGKILL)
        let start = ContinuousClock.now
        #expect(processes[0].wait() == 74)
        #expect(start.duration(to: .now) < .seconds(60))
        #expect(processes[0].stderr.split(separator: "\n").count { $0.contains("error:") } == 1)
        #expect(processes[0].stderr.contains("rank 0 of 2"))
        let again = try Self.start(2, folder, "killed", ["--steps", "80"])
        for process in again { #expect(process.wait() == 0, "\(process.stderr)") }
        #expect(
            try TrainerTests.files(folder.path("killed"))
                == TrainerTests.files(folder.path("whole")))
    }

    @Test func aStopOfOneRankStopsAll() throws {
        let folder = try TemporaryFolder()
        try recipe(folder)
        let processes = try Self.start(2, folder, "run", ["--steps", "4000"])
        #expect(processes[0].waitUntil { $0.hasLines(3, in: "run/curves.jsonl") })
        processes[1].signal(SIGTERM)
        #expect(processes[1].wait() == 143)
        #expect(processes[0].wait() == 143)
        let left = try FileManager.default.contentsOfDirectory(
            atPath: folder.path("run/checkpoints"))
        #expect(!left.isEmpty)
    }

    /// Batches of two plans are never mixed: every process says which one differs.
    @Test func ranksOfOtherPlansAreRefused() throws {
        let folder = try TemporaryFolder()
        try recipe(folder)
        let port = freePort()
        let processes = try [[], ["--set", "optimiser.learningRate=0.01"]].enumerated().map {
            try ModelProcess(
                folder, "run", $1,
                environment: Self.environment(rank: $0, size: 2, port: port))
        }
        for process in processes {
            #expect(process.wait() == 78)
            #expect(process.stderr.contains("rank 1 was given another plan"))
        }
        #expect(processes[1].stderr.contains("optimiser.learningRate: 0.05 there, 0.01 here"))
        #expect(!FileManager.default.fileExists(atPath: folder.path("run/run.json")))
    }

    /// D11: the crops of all ranks are named, not those of the first alone.
    @Test func aBatchThatDivergesIsNamedWhole() throws {
        let folder = try TrainFaultTests.prepared {
            $0.optimiser.kind = .sgd
            $0.optimiser.learningRate = 1e20
            $0.optimiser.warmUp = 0
            $0.run.checkpointEvery = 1
            $0.loss.normalise = false
        }
        for process in try Self.start(2, folder, "run") { #expect(process.wait() == 81) }
        let note = try JSONValue.parse(WholeFile.read(folder.path("run/diverged.json")))
        #expect(note["crops"]?.array?.count == Recipe.example.data.batch)
    }

    /// D16: who has a GPU is told that several processes do not use it.
    @Test(.enabled(if: Device.cuda.isAvailable, "needs a GPU"))
    func aGPUThatIsNotUsedIsTold() throws {
        let folder = try TemporaryFolder()
        try recipe(folder)
        let processes = try Self.start(2, folder, "run", ["--device", "auto"])
        for process in processes { #expect(process.wait() == 0) }
        #expect(processes[0].stderr.contains("the GPU is not used"))
    }

    @Test func batchesThatCannotBeSharedAreRefused() throws {
        let folder = try TemporaryFolder()
        try recipe(folder)
        for process in try Self.start(3, folder, "run") {
            #expect(process.wait() == 78)
            #expect(process.stderr.contains("multiple of 3"))
        }
    }

    @Test func aPortInUseIsNamed() throws {
        let folder = try TemporaryFolder()
        try recipe(folder)
        let held = HeldPort()
        let process = try ModelProcess(
            folder, "run", ["--timeout", "5"],
            environment: Self.environment(rank: 0, size: 2, port: held.number))
        #expect(process.wait() == 69)
        #expect(process.stderr.contains("MASTER_PORT \(held.number)"))
    }
}
