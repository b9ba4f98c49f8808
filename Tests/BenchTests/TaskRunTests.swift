import Bench
import BenchFixtures
import Foundation
import Manifests
import MatterModel
import Tensors
import TestSupport
import Testing

/// Tasks from end to end, on small data.
@Suite(.serialized)
struct TaskRunTests {
    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    /// A small network, a few steps.
    static func change(_ adjust: (inout TaskPlan) -> Void = { _ in }) -> TaskPlan {
        var plan = TaskPlan(.change)
        plan.data.dataset = "oscd"
        plan.data.bands = ["B02", "B03", "B04", "B08"]
        (plan.data.crop, plan.data.stride, plan.data.overlap) = (16, 8, 4)
        (plan.encoder.strides, plan.encoder.stem) = ([2, 2], .method)
        (plan.run.epochs, plan.run.batch) = (3, 4)
        plan.run.checkpointEvery = 1
        adjust(&plan)
        return plan
    }

    func cities() throws -> String {
        let path = folder.path("OSCD")
        if !FileManager.default.fileExists(atPath: path) {
            _ = try OSCDFixture(at: path, train: ["pisa", "nantes", "beirut"])
        }
        return path
    }

    func run(
        _ plan: TaskPlan, to out: String, seed: UInt64 = 1, encoder: String? = nil,
        onEvent: @escaping (TaskEvent) -> Void = { _ in },
        shouldStop: @escaping @Sendable () -> Bool = { false }
    ) throws -> TaskSummary? {
        try TaskRun(
            plan: plan,
            paths: TaskPaths(data: cities(), output: folder.path(out), encoder: encoder),
            seed: seed
        ).run(onEvent: onEvent, shouldStop: shouldStop)
    }

    func json(_ path: String) throws -> JSONValue {
        try JSONValue.parse(WholeFile.read(folder.path(path)), path: path)
    }

    /// Digests of all that is a function of the plan.
    func digests(_ out: String) throws -> [String: SHA256Digest] {
        let names = folder.files().filter { $0.hasPrefix("\(out)/") }
            .map { String($0.dropFirst(out.count + 1)) }
            .filter { !["curves.jsonl", "environment.json"].contains($0) }
        #expect(names.contains("model.safetensors") && names.contains("task.json"))
        #expect(!names.contains { $0.hasPrefix("checkpoint") || $0 == "diverged.json" })
        return Dictionary(
            uniqueKeysWithValues: try names.map {
                ($0, try SHA256Digest(ofFile: folder.path("\(out)/\($0)")))
            })
    }

    /// A flag that becomes true after some questions.
    final class Countdown: @unchecked Sendable {
        private let lock = NSLock()
        private var left: Int
        init(_ count: Int) { left = count }
        func ask() -> Bool {
            lock.withLock {
                left -= 1
                return left < 0
            }
        }
    }

    // MARK: Change

    @Test func aRunFolderHoldsWhatReportsRead() throws {
        let summary = try #require(try run(Self.change(), to: "RUN"))
        #expect(summary.samples == 2)
        let task = try json("RUN/task.json")
        #expect(task["format"]?.string == "matter-task/1")
        #expect(task["method"]?["name"]?.string == "unet-fine-tuned")
        #expect(task["method"]?["initialisation"]?.string == "random")
        #expect(task["selection"]?["split"]?.string == "held-out")
        #expect(task["selection"]?["metric"]?.string == "f1")
        #expect(task["thresholdRule"]?.string == "held-out")
        #expect(task["items"]?.array?.compactMap { $0["key"]?.string } == ["dubai", "rio"])
        let threshold = try #require(task["threshold"]?.double)
        var total = 0
        let lines = try JSONLinesReader.read(folder.path("RUN/counts.jsonl")).records
        for (line, city) in zip(lines, ["dubai", "rio"]) {
            let arrays = try Safetensors.read(
                folder.path("RUN/predictions/\(city).safetensors")
            ).arrays
            let score = try #require(arrays["score"])
            let label = try #require(arrays["label"])
            #expect(score.shape == [OSCDFixture.height, OSCDFixture.width])
            #expect(try label.values(as: UInt8.self) == OSCDFixture.truth(of: city))
            let found = try zip(score.values(as: Float.self), label.values(as: UInt8.self))
                .count { Double($0) >= threshold && $1 == 1 }
            #expect(line["counts"]?["truePositives"]?.int == found)
            total += found
        }
        #expect(total > 0)
        let curve = try JSONLinesReader.read(folder.path("RUN/curves.jsonl")).records
        #expect(curve.count { $0["loss"] != nil } == 3 * (curve.last?["step"]?.int ?? 0) / 3)
        #expect(curve.count { $0["validation"]?["f1"] != nil } == 3)
        #expect(try json("RUN/run.json")["plan"]?["task"]?["head"]?["kind"]?.string == "unet")
        #expect(try json("RUN/environment.json")["libtorch"]?.string?.hasPrefix("2.") == true)
    }

    @Test func quicklooksOfWhatWasReadLieBesideThePredictions() throws {
        _ = try run(Self.change { $0.run.epochs = 1 }, to: "LOOK")
        for city in ["dubai", "rio"] {
            for date in ["before", "after"] {
                let bytes = try WholeFile.read(folder.path("LOOK/panels/\(city)/\(date).png"))
                #expect(bytes.prefix(4) == [0x89, 0x50, 0x4E, 0x47])
                #expect(Array(bytes[16..<20]) == [0, 0, 0, UInt8(OSCDFixture.width)])
            }
        }
    }

    /// D4: wherever a run is stopped, it goes on to the same bytes.
    @Test func stoppedAnywhereAndRunAgainGivesTheSameBytes() throws {
        let plan = Self.change {
            $0.data.labels = 0.7
            $0.run.batch = 2
        }
        _ = try #require(try run(plan, to: "WHOLE"))
        for asked in 1..<60 {
            let countdown = Countdown(asked % 7 + 1)
            if try run(plan, to: "PARTS", shouldStop: countdown.ask) != nil { break }
        }
        _ = try #require(try run(plan, to: "PARTS"))
        #expect(try digests("WHOLE") == digests("PARTS"))
        let steps = try ["WHOLE", "PARTS"].map { out in
            try JSONLinesReader.read(folder.path("\(out)/curves.jsonl")).records.map {
                "\($0["step"]?.int ?? 0) \($0["loss"]?.double ?? -1) \(($0["validation"] ?? .null).serialized())"
            }
        }
        #expect(steps[0] == steps[1])
    }

    /// D18, D26: the seed makes another run; another plan in the same folder is refused, and the field is named.
    @Test func anotherSeedIsAnotherRunAndAnotherPlanIsRefused() throws {
        _ = try run(Self.change { $0.run.epochs = 1 }, to: "A", seed: 1)
        _ = try run(Self.change { $0.run.epochs = 1 }, to: "B", seed: 2)
        #expect(try digests("A")["model.safetensors"] != digests("B")["model.safetensors"])
        expectRefusal(.configuration, "run.json", "epochs") {
            _ = try run(Self.change { $0.run.epochs = 2 }, to: "A")
        }
        var wasDone = false
        _ = try run(
            Self.change { $0.run.epochs = 1 }, to: "A",
            onEvent: { if case .wasDone = $0 { wasDone = true } })
        #expect(wasDone)
    }

    @Test(arguments: [TaskHead.Kind.deeplab, .linear])
    func theOtherHeadsRunFrozenAndOtsuIsOfEachImage(kind: TaskHead.Kind) throws {
        let plan = Self.change {
            $0.head.kind = kind
            ($0.head.channels, $0.head.rates) = (16, [1, 2])
            $0.encoder.isFrozen = true
            $0.loss.classWeights = .balanced
            $0.data.thresholdRule = .otsu
            $0.data.validation = .test
            $0.run.epochs = 1
        }
        _ = try #require(try run(plan, to: "RUN"))
        let task = try json("RUN/task.json")
        #expect(task["selection"]?["split"]?.string == "test")
        #expect(task["threshold"] == nil)
        let lines = try JSONLinesReader.read(folder.path("RUN/counts.jsonl")).records
        #expect(lines.allSatisfy { $0["threshold"]?.double != nil })
    }

    @Test func learningFindsThePlantedChange() throws {
        let plan = Self.change {
            $0.run.epochs = 12
            $0.optimiser.learningRate = 3e-3
        }
        let summary = try #require(try run(plan, to: "RUN"))
        let f1 = try #require(summary.metrics["f1"] ?? nil)
        #expect(f1 > 0.8, "\(f1)")
    }

    @Test func predictUsesTheRunElsewhere() throws {
        _ = try #require(try run(Self.change { $0.run.epochs = 1 }, to: "RUN"))
        var again = TaskPrediction.Plan(
            run: folder.path("RUN"), data: try cities(), output: folder.path("AGAIN"))
        _ = try #require(try TaskPrediction(again).run())
        for city in ["dubai", "rio"] {
            #expect(
                try SHA256Digest(ofFile: folder.path("RUN/predictions/\(city).safetensors"))
                    == SHA256Digest(ofFile: folder.path("AGAIN/predictions/\(city).safetensors")))
        }
        #expect(try json("AGAIN/task.json")["method"] == json("RUN/task.json")["method"])
        again.split = "train"
        again.output = folder.path("TRAIN")
        let summary = try #require(try TaskPrediction(again).run())
        #expect(summary.samples == 3)
        again.run = folder.path("NOTHING")
        expectRefusal(.inputMissing, "model.safetensors") {
            _ = try TaskPrediction(again).run()
        }
    }

    @Test func aSweepIsAFolderForEachCombinationAndSeed() throws {
        let recipe = folder.path("recipe.toml")
        try Data(
            """
            task = "change"
            [data]
            bands = ["B02", "B03"]
            crop = 16
            stride = 16
            overlap = 0
            [encoder]
            strides = [2]
            stem = "method"
            [run]
            epochs = 1
            batch = 4
            [grid.head]
            kind = ["linear", "unet"]
            """.utf8
        ).write(to: URL(filePath: recipe))
        let paths = TaskPaths(data: try cities(), output: folder.path("SWEEP"))
        let sweep = { (shard: String?) in
            TaskSweep(
                try TaskRecipe(path: recipe, task: .change) { $0.data.dataset = "oscd" },
                paths: paths, seeds: [1, 2], shard: try shard.map { try PackShard(argument: $0) })
        }
        let parts = try ["1/3", "2/3", "3/3"].map { try #require(try sweep($0).run()) }
        #expect(parts.map(\.count) == [2, 1, 1])
        let all = try #require(try sweep(nil).run())
        #expect(
            all.keys.sorted() == [
                "kind-linear/seed-1", "kind-linear/seed-2", "kind-unet/seed-1", "kind-unet/seed-2",
            ])
        #expect(try json("SWEEP/sweep.json")["seeds"] == [1, 2])
    }

    // MARK: Images

    func images(
        _ kind: TaskHead.Kind, hasManyClasses: Bool = false,
        _ adjust: (inout TaskPlan) -> Void = { _ in }
    ) throws -> TaskSummary {
        var plan = TaskPlan(hasManyClasses ? .multilabel : .classification)
        plan.data.dataset = "made"
        plan.data.crop = 16
        plan.head.kind = kind
        (plan.encoder.strides, plan.encoder.stem) = ([2, 2], .method)
        (plan.run.epochs, plan.run.batch) = (6, 8)
        plan.encoder.isFrozen = kind != .linear
        adjust(&plan)
        return try #require(
            try TaskRun(
                plan: plan, paths: TaskPaths(data: "", output: folder.path("RUN")),
                opening: { MadeImages(hasManyClasses: hasManyClasses) }
            ).run())
    }

    @Test(arguments: [TaskHead.Kind.logistic, .knn, .linear], [false, true])
    func imagesAreClassified(kind: TaskHead.Kind, hasManyClasses: Bool) throws {
        let summary = try images(kind, hasManyClasses: hasManyClasses)
        let value = summary.metrics[hasManyClasses ? "mAP" : "accuracy"] ?? nil
        #expect(try #require(value) > (kind == .linear ? 0.5 : 0.9), "\(summary)")
        let arrays = try Safetensors.read(folder.path("RUN/predictions/all.safetensors")).arrays
        #expect(arrays["scores"]?.shape == [12, 3])
        #expect(arrays["labels"]?.dtype == (hasManyClasses ? .uint8 : .int64))
        #expect(try JSONLinesReader.read(folder.path("RUN/counts.jsonl")).records.count == 12)
        #expect(try json("RUN/task.json")["selection"]?["split"]?.string == "val")
    }

    @Test func fewLabelsAreASubsetThatGrows() throws {
        var counts: [Int] = []
        for (number, share) in [0.25, 0.5].enumerated() {
            var plan = TaskPlan(.classification)
            plan.data.dataset = "made"
            plan.data.crop = 16
            plan.data.labels = share
            (plan.encoder.strides, plan.encoder.stem) = ([2], .method)
            _ = try TaskRun(
                plan: plan, paths: TaskPaths(data: "", output: folder.path("L\(number)")),
                opening: { MadeImages() }
            ).run { if case .opened(let training, _, _, _) = $0 { counts.append(training) } }
        }
        #expect(counts == [6, 12])
    }

    // MARK: Diverged

    /// D11: it stops, says where, and writes down what was in the batch.
    @Test func trainingThatDivergesSaysWhere() throws {
        expectRefusal(.diverged, "step", "learningRate") {
            _ = try run(
                Self.change {
                    $0.optimiser.kind = .sgd
                    $0.optimiser.learningRate = 1e30
                }, to: "RUN")
        }
        let note = try json("RUN/diverged.json")
        #expect((note["step"]?.int ?? 0) > 0 && note["what"]?.string?.isEmpty == false)
        #expect(note["samples"]?.array != nil)
    }
}
