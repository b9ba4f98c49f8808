/// Which samples of a source take part, and what left the others out.
public struct SampleSelection: Sendable, Hashable {
    /// A filter and how many samples it left.
    public struct Step: Sendable, Hashable {
        /// What was kept: "split train".
        public let name: String
        /// How many were left.
        public let count: Int
    }

    /// The samples that take part, by their numbers in the source.
    public private(set) var indices: [Int]
    /// All filters in the order in which they were applied.
    public private(set) var steps: [Step]

    /// All samples of a source.
    public init(all source: some SampleSource) {
        indices = Array(0..<source.count)
        steps = [Step(name: "samples", count: source.count)]
    }

    /// Keeps those that are in a list too.
    public func keeping(_ name: String, _ list: [Int]) -> SampleSelection {
        let wanted = Set(list)
        return keeping(name) { wanted.contains($0) }
    }

    /// Keeps those that meet a condition.
    public func keeping(_ name: String, where isKept: (Int) -> Bool) -> SampleSelection {
        var result = self
        result.indices = indices.filter(isKept)
        result.steps.append(Step(name: name, count: result.indices.count))
        return result
    }

    /// "480038 samples, 237871 after split train, 0 after country Malta".
    public var account: String {
        steps.enumerated().map {
            $0 == 0 ? "\($1.count) \($1.name)" : "\($1.count) after \($1.name)"
        }
        .joined(separator: ", ")
    }

    /// Refuses too few samples for a plan, before anything else is made.
    ///
    /// - Throws: `BatchError` (`invalid`) with the account of all filters.
    func check(_ plan: BatchPlan) throws {
        guard !indices.isEmpty else {
            throw BatchError(.invalid, "no sample is left: \(account); relax the filters")
        }
        guard plan.rest == .drop else { return }
        guard indices.count > 1 else {
            throw BatchError(
                .invalid, "one sample is nothing to train on: \(account); relax the filters")
        }
        guard indices.count / plan.ranks >= plan.batch else {
            throw BatchError(
                .invalid,
                "too few samples for a batch of \(plan.batch) on each of \(plan.ranks) ranks: \(account); use a smaller batch"
            )
        }
    }
}
