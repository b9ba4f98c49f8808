import Manifests
import Tensors

/// All that a trained run knows, for predictions elsewhere: `model.safetensors`.
struct TaskModel {
    /// What is beside the weights.
    struct Facts: Codable {
        let plan: TaskPlan
        let seed: UInt64
        let architecture: EncoderArchitecture
        let encoder: EncoderReport
        let statistics: TaskStatistics
        let classes: [String]
        let selection: TaskRecord.Selection
        let threshold: Float?
    }

    static let fileName = "model.safetensors"
    private static let format = "matter-task-model/1"

    let facts: Facts
    let network: TaskNetwork
    /// Of probes, what was learnt beside the network, by name.
    let learnt: [String: HostArray]

    /// Writes the model into a folder.
    ///
    /// - Throws: `ManifestError`, `TorchError`.
    func write(to folder: String) throws {
        let metadata = [
            "format": Self.format, "facts": try JSONValue(encoding: facts).serialized(),
        ]
        let arrays = network.hostState().merging(learnt) { first, _ in first }
        try AtomicFile.write(
            Safetensors.serialize(arrays, metadata: metadata),
            to: "\(folder)/\(Self.fileName)")
    }

    init(facts: Facts, network: TaskNetwork, learnt: [String: HostArray]) {
        (self.facts, self.network, self.learnt) = (facts, network, learnt)
    }

    /// Reads the model of a run folder, on the CPU.
    ///
    /// - Throws: `BenchError`: 66 where there is none, 65 where the file is not one.
    init(readingFrom folder: String) throws {
        let path = "\(folder)/\(Self.fileName)"
        guard FileSystem.isFile(path) else {
            throw BenchError(
                .missing,
                "\(path): not there; name the folder of a finished matter-bench run of a task")
        }
        let file = try Safetensors.read(path)
        guard file.metadata["format"] == Self.format, let text = file.metadata["facts"] else {
            throw BenchError(.invalid, "\(path): is no model of matter-bench run")
        }
        facts = try decodeStrictJSON(Facts.self, from: Array(text.utf8), path: path)
        try Self.check(facts, path)
        network = TaskNetwork(
            facts.plan, encoder: facts.architecture.network(),
            outputs: facts.plan.outputs(classes: facts.classes.count))
        let own = Set(network.namedState.map(\.0))
        learnt = file.arrays.filter { !own.contains($0.key) }
        do {
            try network.load(file.arrays.filter { own.contains($0.key) })
        } catch {
            throw BenchError(.invalid, "\(path): \(error)")
        }
    }
}

extension TaskModel {
    /// Refuses what no run has written and no network can be made of.
    private static func check(_ facts: Facts, _ path: String) throws {
        do { try facts.plan.check() } catch {
            throw BenchError(.invalid, "\(path): \(error)")
        }
        let (strides, channels) = (facts.architecture.strides, facts.architecture.channels)
        let areStrides =
            (1...4).contains(strides.count) && strides.allSatisfy { (1...4).contains($0) }
        guard areStrides, (1...4096).contains(channels), (1...65_536).contains(facts.classes.count)
        else {
            throw BenchError(
                .invalid,
                "\(path): strides \(strides), \(channels) channels and \(facts.classes.count) classes are those of no network; run the task again"
            )
        }
    }
}

extension TaskPlan {
    /// Scores a pixel or an image has.
    func outputs(classes: Int) -> Int { task == .change ? 1 : classes }

    /// Names of the classes by their codes.
    func classes(of dataset: any Dataset) throws -> [String] {
        if task == .change { return ["unchanged", "changed"] }
        if !dataset.classes.isEmpty { return dataset.classes }
        if task == .segmentation { return ["background", "building"] }
        throw BenchError(
            .configuration,
            "\(type(of: dataset).name) has no classes for \(task.rawValue); use segmentation or change"
        )
    }
}
