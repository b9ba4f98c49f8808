import Geo
import Manifests
import Store

/// Which samples of a data set are learnt from, which select, which are scored.
struct TaskSplits {
    let train, validation, test: [Int]
    /// What the model is selected on: "val", "held-out", "test", "none".
    let selection: String

    /// Deals the samples of a data set as a plan says.
    ///
    /// - Throws: `BenchError`, 78 for splits and samples that there are not; 65 where a split is empty.
    init(_ data: TaskData, of dataset: any Dataset) throws {
        let train = try dataset.indices(of: data.train)
        test = try dataset.indices(of: data.test)
        guard !test.isEmpty else {
            throw BenchError(.invalid, "\(data.dataset): the split \(data.test) has no samples")
        }
        let hasValidation = !(dataset.splits["val"] ?? []).isEmpty
        switch data.validation {
        case .usual where hasValidation && data.holdOut.isEmpty && data.test != "val":
            (self.train, validation) = (train, try dataset.indices(of: "val"))
            selection = "val"
        case .usual, .heldOut:
            let held = try Self.heldOut(data, train, dataset)
            self.train = train.filter { !held.contains($0) }
            (validation, selection) = (held.sorted(), "held-out")
        case .test: (self.train, validation, selection) = (train, test, "test")
        case .none: (self.train, validation, selection) = (train, [], "none")
        }
        guard !self.train.isEmpty else {
            throw BenchError(
                .invalid,
                "\(data.dataset): \(train.count) samples in the split \(data.train), none is left to learn from; hold out fewer"
            )
        }
        try refuseOverlap(data, dataset)
    }

    /// What is scored is neither learnt from nor, unless the plan says so, selected on.
    private func refuseOverlap(_ data: TaskData, _ dataset: any Dataset) throws {
        let scored = Set(test)
        if let shared = train.first(where: scored.contains) {
            throw BenchError(
                .configuration,
                "\(data.dataset): \(dataset.key(shared)) is learnt from and scored; choose other splits in data.train and data.test"
            )
        }
        guard selection != "test", let shared = validation.first(where: scored.contains) else {
            return
        }
        throw BenchError(
            .configuration,
            "\(data.dataset): \(dataset.key(shared)) is selected on and scored; choose another split in data.test, or say so with data.validation = test"
        )
    }

    /// Samples that are only scored.
    init(scoring test: [Int]) {
        (train, validation, self.test, selection) = ([], [], test, "none")
    }

    /// Those that are named, or whole places, the first of all by the digest of their samples' names: the same for every seed.
    private static func heldOut(
        _ data: TaskData, _ train: [Int], _ dataset: any Dataset
    ) throws -> Set<Int> {
        guard data.holdOut.isEmpty else {
            let places = Dictionary(train.map { (dataset.key($0), $0) }) { first, _ in first }
            return Set(
                try data.holdOut.map { name in
                    guard let place = places[name] else {
                        throw BenchError(
                            .configuration,
                            "data.holdOut: \(name) is no sample of the split \(data.train)")
                    }
                    return place
                })
        }
        let count = max(1, Int((data.holdOutShare * Double(train.count)).rounded()))
        let ordered = train.map { ($0, SHA256Digest(of: Array(dataset.key($0).utf8)).hex) }
            .sorted { $0.1 < $1.1 }.map(\.0)
        // The same ground at another date would be learnt from while it selects.
        let places = Dictionary(grouping: train, by: dataset.group)
        var held: Set<Int> = []
        for index in ordered where held.count < count && !held.contains(index) {
            held.formUnion(places[dataset.group(index)] ?? [])
        }
        return held
    }

    /// A share of some samples, drawn without replacement; a smaller share of the same seed is part of a larger one.
    static func subset(_ all: [Int], share: Double, seed: UInt64) -> [Int] {
        guard share < 1 else { return all }
        var random = SplitMix64(seed: SplitMix64.derive(seed: seed, 0x6C61_6265_6C73))
        var shuffled = all
        for last in stride(from: all.count - 1, to: 0, by: -1) {
            shuffled.swapAt(last, random.nextInt(below: last + 1))
        }
        let count = max(1, Int((share * Double(all.count)).rounded()))
        return shuffled.prefix(count).sorted()
    }
}
