import Foundation
import Geo
import Manifests
import MatterModel
import TestSupport
import Tensors
import Testing

/// Section D of the fault scorecard: what checkpoints and curves survive.
@Suite(.serialized)
struct CheckpointFaultTests {
    static let strace = "/usr/bin/strace"

    /// D2, D3: killed by SIGKILL at random moments and run again it ends with the same bytes.
    ///
    /// A moment is some steps after the last one, and a little more: it comes on a slow machine as on a quick one. Who is killed too
    /// late has ended well; another run of the same plan is then killed in its place.
    @Test func killedAtRandomMomentsItEndsWithTheSameBytes() throws {
        let folder = try TrainFaultTests.prepared { $0.run.steps = 120 }
        #expect(try ModelProcess(folder, "whole").wait() == 0)
        let whole = try TrainerTests.files(folder.path("whole"))
        var random = SplitMix64(seed: 20)
        var (kills, runs) = (0, 1)
        while kills < 5, runs < 20 {
            let (name, step) = ("killed-\(runs)", 15 * kills + random.nextInt(below: 12))
            let process = try ModelProcess(folder, name)
            _ = process.waitUntil { $0.hasLines(step, in: "\(name)/curves.jsonl") }
            usleep(UInt32(random.nextInt(below: 5_000)))
            process.signal(SIGKILL)
            let code = process.wait()
            #expect(code == 128 + SIGKILL || code == 0)
            if code == 0 { runs += 1 } else { kills += 1 }
        }
        #expect(kills == 5)
        #expect(try ModelProcess(folder, "killed-\(runs)").wait() == 0)
        for run in 1...runs {
            #expect(try TrainerTests.files(folder.path("killed-\(run)")) == whole)
        }
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

    /// D1: killed at any of the calls by which checkpoints and snapshots are published, it goes on to the same bytes.
    @Test(
        .enabled(
            if: FileManager.default.isExecutableFile(atPath: strace), "needs strace"),
        arguments: ["rename", "fsync"], 1...4)
    func killedAtAnyCallItGoesOn(_ call: String, _ number: Int) throws {
        let folder = try TrainFaultTests.prepared {
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
