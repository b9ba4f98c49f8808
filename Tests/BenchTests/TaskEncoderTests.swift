import Bench
import BenchFixtures
import Foundation
import Manifests
import MatterModel
import Tensors
import TestSupport
import Testing

/// Encoders of any safetensors file under a task.
@Suite(.serialized)
struct TaskEncoderTests {
    let folder: TemporaryFolder
    private let cities: String

    init() throws {
        folder = try TemporaryFolder()
        cities = folder.path("OSCD")
        _ = try OSCDFixture(at: cities, train: ["pisa", "nantes"], test: ["rio"])
    }

    /// A residual network's file: under a prefix, with its bands, other things beside it.
    private func write(
        _ name: String, prefix: String = "", bands: String? = nil, channels: Int = 3,
        numbered: Bool = false, leavingOut: String? = nil
    ) throws -> (path: String, state: [String: HostArray]) {
        Torch.setSeed(3)
        let state = ResNet(.resnet18, stem: .torchvision, channels: channels).hostState()
        var arrays: [String: HostArray] = [
            "fc.weight": HostArray([Float](repeating: 0, count: 8), shape: [2, 4])
        ]
        for (key, array) in state where key != leavingOut {
            arrays[prefix + (numbered ? Self.numbered(key) : key)] = array
        }
        let path = folder.path(name)
        try Safetensors.write(arrays, metadata: bands.map { ["bands": $0] } ?? [:], to: path)
        return (path, state)
    }

    private static func numbered(_ name: String) -> String {
        let parts = name.split(separator: ".", maxSplits: 1)
        let number =
            ["conv1": "0", "bn1": "1"][String(parts[0])]
            ?? "\((Int(parts[0].dropFirst(5)) ?? 0) + 3)"
        return "\(number).\(parts[1])"
    }

    private func run(
        _ encoder: String, out: String = "RUN", _ adjust: (inout TaskPlan) -> Void = { _ in },
        onRemark: @escaping (String) -> Void = { _ in }
    ) throws -> (EncoderReport, [String: HostArray]) {
        var plan = TaskPlan(.change)
        plan.data.dataset = "oscd"
        plan.data.bands = ["B04", "B03", "B02"]
        (plan.data.crop, plan.data.stride, plan.data.overlap) = (16, 16, 0)
        plan.encoder.initialisation = .file
        plan.encoder.isFrozen = true
        plan.head.kind = .linear
        (plan.run.epochs, plan.run.batch) = (1, 2)
        adjust(&plan)
        var report: EncoderReport?
        _ = try TaskRun(
            plan: plan,
            paths: TaskPaths(data: cities, output: folder.path(out), encoder: encoder)
        ).run { event in
            switch event {
            case .encoder(let found): report = found
            case .remark(let text): onRemark(text)
            default: break
            }
        }
        let model = try Safetensors.read(folder.path("\(out)/model.safetensors")).arrays
        return (try #require(report), model)
    }

    @Test(arguments: ["", "module.encoder_q.", "backbone."], [false, true])
    func weightsAreFoundUnderAnyPrefix(prefix: String, numbered: Bool) throws {
        let (path, state) = try write("e.safetensors", prefix: prefix, numbered: numbered)
        let (report, model) = try run(path)
        #expect(report.used == state.count)
        #expect(report.unused == ["fc.weight"])
        #expect(report.missing.isEmpty)
        #expect(report.prefix == prefix)
        for (name, array) in state { #expect(model["encoder.\(name)"] == array) }
    }

    @Test func aRunSaysWhetherEachSeedHasAnEncoderAndWhatItsMethodIsCalled() throws {
        func method(_ out: String) throws -> JSONValue {
            let path = folder.path("\(out)/task.json")
            return try #require(JSONValue.parse(WholeFile.read(path), path: path)["method"])
        }
        _ = try write("seed-1.safetensors")
        let (one, _) = try run(folder.path("seed-1.safetensors"), out: "ONE")
        #expect(one.pattern == nil)
        #expect(try method("ONE")["initialisation"]?.string == "seed-1.safetensors")
        #expect(try method("ONE")["variant"] == nil)
        let (each, _) = try run(folder.path("seed-{seed}.safetensors"), out: "EACH") {
            $0.variant = "MATTER, 2 layers"
        }
        #expect(each.origin == "seed-1.safetensors" && each.pattern == "seed-{seed}.safetensors")
        #expect(try method("EACH")["initialisation"]?.string == "seed-{seed}.safetensors")
        #expect(try method("EACH")["variant"]?.string == "MATTER, 2 layers")
        let (drawn, _) = try run(folder.path("seed-{seed}.safetensors"), out: "DRAWN") {
            $0.encoder.initialisation = .random
        }
        #expect(drawn.pattern == nil)
        #expect(try method("DRAWN")["initialisation"]?.string == "random")
        expectRefusal(.configuration, "--name") {
            _ = try run(folder.path("seed-1.safetensors"), out: "BAD") { $0.variant = "a\nb" }
        }
    }

    /// Predictions elsewhere say with which encoder their run began, so that reports tell them apart.
    @Test func aPredictionNamesTheEncoderOfItsRun() throws {
        let (path, _) = try write("e.safetensors")
        _ = try run(path)
        _ = try TaskPrediction(
            TaskPrediction.Plan(
                run: folder.path("RUN"), data: cities, output: folder.path("AGAIN"))
        ).run()
        let records = try ["RUN", "AGAIN"].map { try RunRecord(readingFrom: folder.path($0)) }
        let encoders = records.map { $0.inputs.filter { $0.path.hasPrefix("encoder/") } }
        #expect(encoders[0].count == 1 && encoders[0] == encoders[1])
        #expect(records[1].seed == 1)
    }

    /// D8: a file of another network is refused with the weight that it lacks.
    @Test func aMissingWeightIsRefusedAndACounterIsNot() throws {
        let (path, _) = try write("e.safetensors", leavingOut: "layer2.0.conv1.weight")
        expectRefusal(.badData, "e.safetensors", "layer2.0.conv1.weight") { _ = try run(path) }
        let (other, _) = try write("f.safetensors", leavingOut: "bn1.num_batches_tracked")
        let (report, _) = try run(other, out: "OTHER")
        #expect(report.missing == ["bn1.num_batches_tracked"])
    }

    @Test func otherBandsNeedARule() throws {
        let (path, state) = try write("e.safetensors")
        let bands = ["B02", "B03", "B04", "B08", "B11", "B12"]
        expectRefusal(.configuration, "encoder.bandRule", "B11") {
            _ = try run(path) { $0.data.bands = bands }
        }
        let kernels = Tensor(try #require(state["conv1.weight"]))
        for rule in [TaskEncoder.BandRule.mean, .repeated, .named] {
            let (report, model) = try run(path, out: rule.rawValue) {
                $0.data.bands = bands
                $0.encoder.bandRule = rule
            }
            #expect(report.bandRule == rule.rawValue)
            let found = Tensor(try #require(model["encoder.conv1.weight"]))
            #expect(found.shape == [64, 6, 7, 7])
            if rule == .named {
                // B04, B03, B02 are the file's three.
                for (band, place) in [(0, 2), (1, 1), (2, 0)] {
                    #expect(
                        found.select(1, band).values(as: Float.self)
                            == kernels.select(1, place).values(as: Float.self))
                }
                #expect(found.select(1, 4).abs().max().item(as: Float.self) == 0)
            } else {
                // A grey image gives the same.
                let difference = (found.sum([1]) - kernels.sum([1])).abs().max()
                #expect(difference.item(as: Float.self) < 1e-5)
            }
        }
    }

    @Test func bandsWithoutNamesAreTold() throws {
        let bands = ["B02", "B03", "B04", "B08"]
        for named in [true, false] {
            let (path, _) = try write(
                "e.safetensors", bands: named ? bands.joined(separator: ",") : nil, channels: 4)
            var remarks: [String] = []
            _ = try run(path, out: "RUN-\(named)") {
                $0.data.bands = bands
            } onRemark: {
                remarks.append($0)
            }
            #expect(remarks.contains { $0.contains("taken for B02, B03, B04, B08") } == !named)
        }
    }

    @Test func threeBandsWithoutNamesAreNotReadInAnotherOrder() throws {
        let (path, state) = try write("e.safetensors")
        let turned = ["B02", "B03", "B04"]
        expectRefusal(.configuration, "encoder.bandRule", "B04, B03, B02") {
            _ = try run(path) { $0.data.bands = turned }
        }
        let (report, model) = try run(path, out: "NAMED") {
            $0.data.bands = turned
            $0.encoder.bandRule = .named
        }
        #expect(report.bandRule == "named")
        let kernels = Tensor(try #require(state["conv1.weight"]))
        let found = Tensor(try #require(model["encoder.conv1.weight"]))
        for band in 0..<3 {
            #expect(
                found.select(1, band).values(as: Float.self)
                    == kernels.select(1, 2 - band).values(as: Float.self))
        }
    }

    /// D10: a pickle is never opened.
    @Test func aFileOfNoEncoderIsRefused() throws {
        let path = folder.path("e.safetensors")
        try Safetensors.write(["a": HostArray([Float(1)], shape: [1])], to: path)
        expectRefusal(.badData, "no residual network") { _ = try run(path) }
        expectRefusal(.inputMissing, "nowhere") { _ = try run(folder.path("nowhere")) }
        expectRefusal(.badData, "pickle") {
            try Data().write(to: URL(filePath: folder.path("e.pth")))
            _ = try run(folder.path("e.pth"))
        }
    }

    @Test func mattersEncoderBringsItsBandsAndStatistics() throws {
        let path = folder.path("matter.safetensors")
        try EncoderRunTests.writeEncoder(to: path)
        let trunk = folder.path("trunk.safetensors")
        try EncoderExport(encoderFile: path).write(.safetensors, to: trunk)
        for rule in [TaskEncoder.BandRule.refuse, .mean] {
            expectRefusal(.badData, "trunk.safetensors", "refined map", "encoder.safetensors") {
                _ = try run(trunk, out: "TRUNK") { $0.encoder.bandRule = rule }
            }
        }
        let (report, model) = try run(path) { $0.data.bands = [] }
        #expect(report.architecture == "matter")
        #expect(report.bands == ["B02", "B03", "B04"])
        let file = try Safetensors.read(path).arrays
        for (name, array) in file { #expect(model["encoder.\(name)"] == array) }
        let statistics = try JSONValue.parse(
            WholeFile.read(folder.path("RUN/statistics.json")), path: "statistics.json")
        #expect(statistics["source"]?.string == "encoder")
        #expect(statistics["means"] == [2000, 2000, 2000])
        expectRefusal(.configuration, "encoder.bandRule", "B08") {
            _ = try run(path, out: "OTHER") { $0.data.bands = ["B08"] }
        }
    }

    @Test func aSweepTakesTheEncoderOfEachSeedAndNamesOneThatIsMissing() throws {
        for seed in 1...2 {
            try FileManager.default.createDirectory(
                atPath: folder.path("encoder-\(seed)"), withIntermediateDirectories: true)
            // Two files that differ, by what one says of its bands.
            _ = try write("encoder-\(seed)/e.safetensors", bands: seed == 1 ? nil : "B04,B03,B02")
        }
        let recipe = try TaskRecipe(path: nil, task: .change, hasEncoder: true) { plan in
            plan.data.dataset = "oscd"
            plan.data.bands = ["B04", "B03", "B02"]
            (plan.data.crop, plan.data.stride, plan.data.overlap) = (16, 16, 0)
            plan.encoder.isFrozen = true
            plan.head.kind = .linear
            (plan.run.epochs, plan.run.batch) = (1, 2)
        }
        func sweep(_ seeds: [UInt64], _ out: String) throws -> [String: TaskSummary]? {
            try TaskSweep(
                recipe,
                paths: TaskPaths(
                    data: cities, output: folder.path(out),
                    encoder: folder.path("encoder-{seed}/e.safetensors")), seeds: seeds
            ).run()
        }
        #expect(try sweep([1, 2], "SEEDS")?.count == 2)
        let digests = try [1, 2].map { seed in
            let path = folder.path("SEEDS/run/seed-\(seed)/run.json")
            return try JSONValue.parse(WholeFile.read(path), path: path)["inputs"]?.array?
                .first { $0["path"]?.string?.hasPrefix("encoder/") == true }?["sha256"]?.string
        }
        #expect(digests[0] != nil && digests[0] != digests[1])
        expectRefusal(.inputMissing, "encoder-3/e.safetensors") {
            _ = try sweep([1, 2, 3], "THREE")
        }
        #expect(!FileManager.default.fileExists(atPath: folder.path("THREE")))
    }

    @Test func mattersEncoderTakesOtherBandsByARule() throws {
        let path = folder.path("matter.safetensors")
        try EncoderRunTests.writeEncoder(to: path)
        let (report, model) = try run(path) {
            $0.data.bands = ["B08", "B04"]
            $0.encoder.bandRule = .named
        }
        #expect(report.bandRule == "named")
        let file = try Safetensors.read(path).arrays
        let channels = Recipe.example.encoder.preChannels
        for (name, first) in [("pre_conv.weight", 0), ("conv1.weight", channels)] {
            let (old, new) = (
                Tensor(try #require(file[name])), Tensor(try #require(model["encoder.\(name)"]))
            )
            // B04 is the file's third band; B08 it does not know.
            #expect(
                new.select(1, first + 1).values(as: Float.self)
                    == old.select(1, first + 2).values(as: Float.self))
            #expect(new.select(1, first).abs().max().item(as: Float.self) == 0)
        }
    }

    @Test func theSameArchitectureMayBeginWithDrawnWeights() throws {
        let path = folder.path("matter.safetensors")
        try EncoderRunTests.writeEncoder(to: path)
        let (report, model) = try run(path) {
            $0.data.bands = []
            $0.encoder.initialisation = .random
            $0.encoder.isFrozen = false
        }
        #expect(report.origin == "random")
        #expect(report.architecture == "matter")
        let file = try Safetensors.read(path).arrays
        #expect(model["encoder.conv1.weight"] != file["conv1.weight"])
    }
}
