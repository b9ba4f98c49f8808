import Bench
import BenchFixtures
import Foundation
import Manifests
import MatterModel
import Store
import Tensors
import TestSupport
import Testing

/// What tasks do when state, labels or numbers are not what they should be.
extension TaskRunTests {
    /// A flag that an event raises and a run asks for.
    private final class Flag: @unchecked Sendable {
        private let lock = NSLock()
        private var isRaised = false
        func raise() { lock.withLock { isRaised = true } }
        func isUp() -> Bool { lock.withLock { isRaised } }
    }

    /// Stops a run right after a step was taken, and says whether it was stopped.
    private func stop(_ plan: TaskPlan, in out: String, after last: Int) throws -> Bool {
        let flag = Flag()
        return try run(
            plan, to: out,
            onEvent: { if case .step(let step, _) = $0, step >= last { flag.raise() } },
            shouldStop: flag.isUp) == nil
    }

    /// Runs on, and gives all that was remarked upon.
    private func remarks(_ plan: TaskPlan, in out: String) throws -> [String] {
        var remarks: [String] = []
        _ = try #require(
            try run(
                plan, to: out,
                onEvent: { if case .remark(let text) = $0 { remarks.append(text) } }))
        return remarks
    }

    // MARK: Checkpoints

    /// D5, D6: no bit of a checkpoint turns unseen: the one before is gone on from; without a good one, nothing begins anew by itself.
    @Test func aDamagedCheckpointHasOneBeforeIt() throws {
        let plan = Self.change()
        _ = try #require(try run(plan, to: "WHOLE"))
        #expect(try stop(plan, in: "PARTS", after: 3))
        let newest = folder.path("PARTS/checkpoint.safetensors")
        let before = folder.path("PARTS/checkpoint.previous.safetensors")
        let (good, old) = (try WholeFile.read(newest), try WholeFile.read(before))
        for place in [0, 9, good.count / 2, good.count - 1] {
            var bad = good
            bad[place] ^= 4
            try AtomicFile.write(bad, to: newest)
            try AtomicFile.write(old, to: before)
            let flag = Flag()
            var remarks: [String] = []
            _ = try run(
                plan, to: "PARTS",
                onEvent: { event in
                    if case .remark(let text) = event { remarks.append(text) }
                    if case .resumed = event { flag.raise() }
                }, shouldStop: flag.isUp)
            #expect(remarks.contains { $0.contains("the checkpoint before") }, "\(place)")
        }
        try AtomicFile.write("torn", to: newest)
        try AtomicFile.write("torn", to: before)
        expectRefusal(
            .badData, "PARTS/checkpoint.safetensors", "checkpoint.previous.safetensors", "anew"
        ) { _ = try run(plan, to: "PARTS") }
        #expect(try WholeFile.read(newest) == Array("torn".utf8))
        try AtomicFile.write(old, to: before)
        #expect(try remarks(plan, in: "PARTS").contains { $0.contains("the checkpoint before") })
        #expect(try digests("WHOLE") == digests("PARTS"))
    }

    /// D4: stopped while the network is validated it keeps what it learnt, and validates first when it goes on.
    @Test func aStopDuringValidationLosesNothing() throws {
        let plan = Self.change { $0.run.checkpointEvery = 1_000_000 }
        _ = try #require(try run(plan, to: "WHOLE"))
        let whole = try JSONLinesReader.read(folder.path("WHOLE/curves.jsonl")).records
        let end = try #require(whole.first { $0["validation"] != nil }?["step"]?.int)
        #expect(try stop(plan, in: "PARTS", after: end))
        #expect(
            FileManager.default.fileExists(atPath: folder.path("PARTS/checkpoint.safetensors")))
        // Once more, in the validation that it begins with.
        let flag = Flag()
        var resumed: Int?
        let again = try run(
            plan, to: "PARTS",
            onEvent: { event in
                guard case .resumed(let step) = event else { return }
                resumed = step
                flag.raise()
            }, shouldStop: flag.isUp)
        #expect(again == nil && resumed == end)
        _ = try #require(try run(plan, to: "PARTS"))
        #expect(try digests("WHOLE") == digests("PARTS"))
        let parts = try JSONLinesReader.read(folder.path("PARTS/curves.jsonl")).records
        for lines in [whole, parts] {
            #expect(lines.count { $0["validation"] != nil } == plan.run.epochs)
        }
        #expect(parts.map { $0["loss"] } == whole.map { $0["loss"] })
    }

    /// D28: a torn last line is cut off; a line before it that cannot be read is told.
    @Test func linesOfTheCurveThatAreLostAreTold() throws {
        let plan = Self.change()
        #expect(try stop(plan, in: "PARTS", after: 3))
        let path = folder.path("PARTS/curves.jsonl")
        let lines = try WholeFile.readText(path).split(separator: "\n").dropFirst()
        try AtomicFile.write(
            "{\"epoch\": 0, \"st\n" + lines.joined(separator: "\n") + "\n{\"epo", to: path)
        let remarks = try remarks(plan, in: "PARTS")
        #expect(remarks.contains { $0.contains("curves.jsonl: 1 of its lines") }, "\(remarks)")
    }

    /// D17: on another device it goes on, and its record says so.
    @Test func anotherDeviceIsToldAndKept() throws {
        let plan = Self.change()
        #expect(try stop(plan, in: "PARTS", after: 3))
        var record = try RunRecord(readingFrom: folder.path("PARTS"))
        var members = try #require(record.plan.object)
        members["device"] = .string("cuda")
        record.plan = .object(members)
        try record.write(to: folder.path("PARTS"))
        let remarks = try remarks(plan, in: "PARTS")
        #expect(remarks.contains { $0.contains("not bit-exact") }, "\(remarks)")
        let kept = try json("PARTS/run.json")["plan"]
        #expect(kept?["device"]?.string == "cpu" && kept?["changes"]?.array?.count == 1)
        var wasDone = false
        _ = try run(plan, to: "PARTS", onEvent: { if case .wasDone = $0 { wasDone = true } })
        #expect(wasDone)
        // What is over was made on one device; another one makes another run.
        _ = try run(Self.change { $0.run.epochs = 1 }, to: "DONE")
        record = try RunRecord(readingFrom: folder.path("DONE"))
        members = try #require(record.plan.object)
        members["device"] = .string("cuda")
        record.plan = .object(members)
        try record.write(to: folder.path("DONE"))
        expectRefusal(.configuration, "device") {
            _ = try run(Self.change { $0.run.epochs = 1 }, to: "DONE")
        }
    }

    /// D18: what changed is refused by name, or allowed by name; then it is written down, and told.
    @Test func aChangeIsRefusedOrAllowedByName() throws {
        #expect(try stop(Self.change(), in: "PARTS", after: 3))
        let plan = Self.change { $0.optimiser.learningRate = 2e-3 }
        expectRefusal(.configuration, "run.json", "optimiser.learningRate (0.001, now 0.002)") {
            _ = try run(plan, to: "PARTS")
        }
        func changed(_ plan: TaskPlan, _ keys: Set<String>) throws -> [String] {
            var remarks: [String] = []
            _ = try TaskRun(
                plan: plan, paths: TaskPaths(data: cities(), output: folder.path("PARTS")),
                allowing: keys
            ).run { if case .remark(let text) = $0 { remarks.append(text) } }
            return remarks
        }
        expectRefusal(.configuration, "--allow-change data.crop") {
            _ = try changed(plan, ["data.crop"])
        }
        let remarks = try changed(plan, ["optimiser.learningRate"])
        #expect(remarks.contains { $0.contains("now 0.002") }, "\(remarks)")
        let rates = try JSONLinesReader.read(folder.path("PARTS/curves.jsonl")).records
            .compactMap { $0["learningRate"]?.double }
        #expect((rates.first ?? 0) < 1.1e-3 && (rates.last ?? 0) > 1.5e-3, "\(rates)")
        #expect(try json("PARTS/run.json")["plan"]?["changes"]?.array?.count == 1)
        // The folder's plan is the new one now; what is over does not change.
        #expect(try changed(plan, []).isEmpty)
        expectRefusal(.configuration, "optimiser.learningRate") {
            _ = try changed(Self.change(), ["optimiser.learningRate"])
        }
    }

    // MARK: Selection

    /// D14: a metric that is 0/0 throughout selects nothing: the last epoch counts, and that is told.
    @Test func whatIsNeverDefinedSelectsNothing() throws {
        let fixture = try OSCDFixture(
            at: folder.path("OSCD"), train: ["pisa", "nantes", "beirut"])
        try fixture.writeLabels(
            of: "pisa",
            codes: [UInt8](repeating: 0, count: OSCDFixture.width * OSCDFixture.height))
        let plan = Self.change { $0.data.holdOut = ["pisa"] }
        let remarks = try remarks(plan, in: "RUN")
        #expect(remarks.contains { $0.contains("f1 was never defined") }, "\(remarks)")
        let selection = try json("RUN/task.json")["selection"]
        #expect(selection?["split"]?.string == "held-out")
        #expect(selection?["epoch"] == nil && selection?["metric"] == nil)
        var one = plan
        one.run.epochs = 1
        _ = try run(one, to: "ONE")
        let weights = try ["RUN", "ONE"].map {
            try Safetensors.read(folder.path("\($0)/model.safetensors"))
                .arrays["encoder.conv1.weight"]
        }
        #expect(weights[0] != nil && weights[0] != weights[1])
    }

    /// C17, E15: a split that selects and is scored is named as what it is; what is learnt from is never scored.
    @Test func theScoredSplitIsKeptApart() throws {
        _ = try images(.knn) { ($0.data.test, $0.data.validation) = ("val", .test) }
        let task = try json("RUN/task.json")
        #expect(task["split"]?.string == "val")
        #expect(task["selection"]?["split"]?.string == "val")
        for validation in [TaskData.Validation.usual, .heldOut, .test, .none] {
            expectRefusal(.configuration, "image-", "learnt from and scored") {
                _ = try images(.knn) { ($0.data.test, $0.data.validation) = ("train", validation) }
            }
        }
    }

    /// Samples of one place are held out together.
    @Test func placesAreHeldOutWhole() throws {
        var plan = TaskPlan(.classification)
        plan.data.dataset = "made"
        plan.data.crop = 16
        plan.head.kind = .knn
        (plan.encoder.strides, plan.encoder.stem) = ([2], .method)
        var counts: [Int] = []
        _ = try TaskRun(
            plan: plan, paths: TaskPaths(data: "", output: folder.path("RUN")),
            opening: { MadeScenes() }
        ).run { event in
            guard case .opened(let training, let validation, _, _) = event else { return }
            counts = [training, validation]
        }
        // A fifth of 24 images is five; they lie in six places of four.
        #expect(counts == [16, 8])
    }

    // MARK: Numbers

    /// A residual network's file, some of whose arrays hold one number throughout.
    private func encoder(_ values: [String: Float]) throws -> String {
        Torch.setSeed(3)
        var arrays = ResNet(.resnet18, stem: .torchvision, channels: 3).hostState()
        for (name, value) in values {
            let shape = try #require(arrays[name]).shape
            arrays[name] = HostArray(
                [Float](repeating: value, count: shape.reduce(1, *)), shape: shape)
        }
        let path = folder.path("encoder.safetensors")
        try Safetensors.write(arrays, metadata: [:], to: path)
        return path
    }

    private func images(_ kind: TaskHead.Kind, many: Bool, encoder: String) throws {
        var plan = TaskPlan(many ? .multilabel : .classification)
        plan.data.dataset = "made"
        plan.data.crop = 16
        plan.head.kind = kind
        (plan.encoder.initialisation, plan.encoder.bandRule) = (.file, .named)
        plan.encoder.isFrozen = kind != .linear
        (plan.run.epochs, plan.run.batch) = (1, 8)
        _ = try TaskRun(
            plan: plan,
            paths: TaskPaths(data: "", output: folder.path("RUN"), encoder: encoder),
            opening: { MadeImages(hasManyClasses: many) }
        ).run()
    }

    /// D12: losses and gradients are numbers still, but a norm's running variance is not: it is named, and nothing is selected by it.
    @Test(arguments: [false, true]) func brokenStatisticsOfANormAreNamed(many: Bool) throws {
        let path = try encoder(["bn1.running_var": .infinity])
        expectRefusal(.diverged, "encoder.bn1.running_var is not finite", "step 3") {
            try images(.linear, many: many, encoder: path)
        }
        #expect(try json("RUN/diverged.json")["step"]?.int == 3)
        #expect(
            !FileManager.default.fileExists(atPath: folder.path("RUN/checkpoint.safetensors")))
    }

    /// Features that are no numbers are refused by the sample's name, whatever is learnt from them.
    @Test(arguments: [TaskHead.Kind.knn, .logistic], [false, true])
    func featuresThatAreNoNumbersAreRefused(kind: TaskHead.Kind, many: Bool) throws {
        let path = try encoder(["bn1.running_mean": .nan])
        expectRefusal(.badData, "image-0", "no numbers") {
            try images(kind, many: many, encoder: path)
        }
        #expect(!FileManager.default.fileExists(atPath: folder.path("RUN/summary.json")))
    }

    @Test func scoresThatAreNoNumbersAreRefused() throws {
        let scores = Tensor([0.5, 0.5, .nan, 0.5] as [Float], shape: [2, 2])
        expectRefusal(.badData, "second", "no numbers") {
            _ = try ImageScores(scores, Tensor([0, 1] as [Int64])) { ["first", "second"][$0] }
        }
        let many = Tensor([1, 0, 0, 1] as [Float], shape: [2, 2])
        expectRefusal(.badData, "sample 1", "no numbers") { _ = try ImageScores(scores, many) }
    }

    /// D11: a loss that is finite but absurd.
    @Test func anAbsurdLossIsDivergence() throws {
        var plan = TaskPlan(.classification)
        plan.head.kind = .linear
        let network = TaskNetwork(
            plan, encoder: ResNetEncoder(ResNet(.resnet18, stem: .torchvision, channels: 3)),
            outputs: 3)
        try DrawnNumbers.fill(network)
        var state = network.hostState()
        for (name, array) in state where name.hasPrefix("head.") {
            state[name] = (Tensor(array) * 1e12).hostArray()
        }
        try network.load(state)
        let descent = TaskDescent(
            network, loss: LossFunction(.crossEntropy, weights: nil, ignored: 255), plan: plan,
            device: .cpu)
        let images = DrawnNumbers.tensor("absurd.images", [3, 3, 32, 32])
        expectRefusal(.diverged, "the loss is", "optimiser.learningRate") {
            _ = try descent.step([images], .labels(Tensor([0, 1, 2] as [Int64])), rate: 0.1)
        }
    }

    /// D13: a loss that stands still is told, once.
    @Test func aLossThatStandsStillIsTold() throws {
        var plan = TaskPlan(.classification)
        (plan.data.dataset, plan.data.crop, plan.data.labels) = ("made", 16, 0.09)
        (plan.encoder.strides, plan.encoder.stem) = ([2], .method)
        (plan.encoder.isFrozen, plan.data.augment) = (true, false)
        (plan.head.kind, plan.run.epochs, plan.run.validateEvery) = (.linear, 30, 30)
        (plan.optimiser.kind, plan.optimiser.learningRate) = (.sgd, 1e-30)
        var remarks: [String] = []
        _ = try TaskRun(
            plan: plan, paths: TaskPaths(data: "", output: folder.path("RUN")),
            opening: { MadeImages() }
        ).run { if case .remark(let text) = $0 { remarks.append(text) } }
        #expect(remarks.count { $0.contains("nothing is learnt") } == 1, "\(remarks)")
    }

    // MARK: Models and data

    /// D8: a model that no run wrote is refused before anything is made of it.
    @Test func aModelOfNoPlanIsRefused() throws {
        _ = try #require(try run(Self.change { $0.run.epochs = 1 }, to: "RUN"))
        let path = folder.path("RUN/model.safetensors")
        let file = try Safetensors.read(path)
        let facts = try JSONValue.parse(Array(try #require(file.metadata["facts"]).utf8))
        let wrong: [(keys: [String], value: JSONValue, word: String)] = [
            (["plan", "run", "batch"], .integer(0), "run.batch"),
            (["architecture", "strides"], .array([1, 1, 1, 1, 1]), "strides"),
            (["architecture", "channels"], .integer(-1), "channels"),
        ]
        for (keys, value, word) in wrong {
            var metadata = file.metadata
            metadata["facts"] = Self.replacing(keys[...], by: value, in: facts).serialized()
            try Safetensors.write(file.arrays, metadata: metadata, to: path)
            expectRefusal(.badData, "model.safetensors", word) {
                _ = try TaskPrediction(
                    TaskPrediction.Plan(
                        run: folder.path("RUN"), data: cities(), output: folder.path("AGAIN"))
                ).run()
            }
        }
    }

    private static func replacing(
        _ keys: ArraySlice<String>, by value: JSONValue, in document: JSONValue
    ) -> JSONValue {
        guard let key = keys.first, var members = document.object else { return value }
        members[key] = replacing(keys.dropFirst(), by: value, in: members[key] ?? .null)
        return .object(members)
    }

    /// C10, C19: what is refused when a data set is checked is refused when a task is learnt from it.
    @Test func strictIsKeptForTheRun() throws {
        let root = folder.path("SN1")
        try SpaceNetFixture.writeImage(
            to: "\(root)/8band/8band_AOI_1_RIO_img1.tif", grid: SpaceNetFixture.grid(1))
        try AtomicFile.makeFolder(at: "\(root)/geojson")
        let outline = SpaceNetFixture.feature([SpaceNetFixture.square(1)])
        try AtomicFile.write(
            SpaceNetFixture.collection([outline]),
            to: "\(root)/geojson/Geo_AOI_1_RIO_img1.geojson")
        var plan = TaskPlan(.segmentation)
        plan.data.dataset = SpaceNetDataset<SpaceNet1>.name
        plan.data.strict = true
        expectRefusal(.badData, "1 labelled images", "--strict") {
            _ = try TaskRun(
                plan: plan, paths: TaskPaths(data: root, output: folder.path("RUN"))
            ).run()
        }
    }
}

/// `MadeImages` of six places, four training images each, with BigEarthNet's way to name patches by scene.
private struct MadeScenes: Dataset {
    static let name = "bigearthnet-made"
    static let pixelOptions: [String: String] = [:]
    private let images = MadeImages()
    let splits: [String: [Int]] = ["train": Array(0..<24), "test": Array(36..<48)]

    init(at root: String, options: DatasetOptions) throws { self.init() }
    init() {}

    var planes: [String] { images.planes }
    var classes: [String] { images.classes }
    var remarks: [String] { [] }
    var count: Int { images.count }
    func key(_ index: Int) -> String { "scene\(index % 6)_\(index)_0" }
    func target(_ index: Int) -> SampleTarget { images.target(index) }
    func files(_ index: Int) -> [String] { [] }
    func faults(_ index: Int, in planes: [SamplePlane]) -> [String] { [] }
    func footprint(_ index: Int) throws -> Footprint? { nil }
    func reader() throws -> any SampleReader { try images.reader() }
}
