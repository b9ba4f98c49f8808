import Manifests
public import Metrics

/// Whether methods differ by more than chance, on the groups that both were scored on.
public struct Comparison: Codable, Sendable, Equatable {
    /// One method against the reference.
    public struct Pair: Codable, Sendable, Equatable {
        /// The method.
        public var method: String
        /// What it is compared with.
        public var reference: String
        /// The method's score, mean over its seeds.
        @Nullable public var score: Double?
        /// The reference's score, mean over its seeds.
        @Nullable public var referenceScore: Double?
        /// Method minus reference.
        @Nullable public var difference: Double?
        /// How the difference would spread over other test samples; both are resampled alike.
        @Nullable public var interval: BootstrapInterval?
        /// Which test the p-value is of.
        public var test: String
        /// The chance of a difference as great where there is none.
        @Nullable public var pValue: Double?
        /// The p-value, corrected for the number of methods (Holm).
        @Nullable public var corrected: Double?
        /// Method minus reference on each seed that both have; `nil` where they share none.
        @Nullable public var seeds: SeedDifference?
        /// What is wrong with the comparison; `nil` where nothing is.
        @Nullable public var caution: String?
    }

    /// The form of this document.
    public static let currentSchema = "matter-compare/1"

    /// The form that this document claims to have.
    public var schema: String
    /// The protocol.
    public var `protocol`: String
    /// The score.
    public var metric: MetricName
    /// What the score is.
    public var definition: String
    /// One entry a method but the reference.
    public var pairs: [Pair]

    /// Compares every method with the reference.
    ///
    /// - Parameters:
    ///   - folders: Run folders and sweeps of them.
    ///   - protocols: The protocols, among which the named one is.
    ///   - protocolName: The protocol to compare under.
    ///   - metric: The score; `nil` for the one that leads the task.
    ///   - reference: The reference's title or a part of it; `nil` for the first method.
    ///   - resampling: How resamples are drawn.
    /// - Throws: `EvalError`: 65 where the methods were scored on other samples, 66 where a name is not found.
    public init(
        _ folders: [String], protocols: [ScoreProtocol], protocolName: String = "pooled",
        metric: MetricName? = nil, reference: String? = nil,
        resampling: ResamplingPlan = ResamplingPlan()
    ) throws {
        guard let chosen = protocols.first(where: { $0.name == protocolName }) else {
            throw EvalError(
                .missing, protocolName,
                "no such protocol; there are \(protocols.map(\.name).joined(separator: ", "))")
        }
        let scored = try ScoredRuns(folders, protocols: [chosen], resampling: resampling)
        try self.init(scored, chosen, metric: metric, reference: reference)
    }

    init(
        _ scored: ScoredRuns, _ chosen: ScoreProtocol, metric: MetricName?, reference: String?
    ) throws {
        let place = try Self.find(reference, in: scored.methods)
        let base = scored.methods[place]
        let score = metric ?? .leading(base.group.record.task)
        let key = RunScores.Key(protocolName: chosen.name, metric: score)
        guard base.runs[0].bases[key] != nil else {
            let known = base.runs[0].order.map(\.metric.rawValue).joined(separator: ", ")
            throw EvalError(
                .missing, score.rawValue, "is no score of this task; there are \(known)")
        }
        schema = Self.currentSchema
        self.protocol = chosen.name
        self.metric = score
        definition = "\(score.definition); \(chosen.definition)"
        var found: [Pair] = []
        for (number, method) in scored.methods.enumerated() where number != place {
            if let reason = method.reasonNotToCompare(with: base) {
                throw EvalError(
                    .invalid, method.group.runs[0].folder,
                    "cannot be compared with \(base.group.runs[0].folder): \(reason)")
            }
            found.append(PairedMethods(method: method, reference: base, key: key).pair())
        }
        pairs = Self.corrected(found)
    }

    /// The pairs with both p-values corrected for the number of methods, and a word where the two disagree.
    private static func corrected(_ found: [Pair]) -> [Pair] {
        var pairs = found
        let tested = pairs.indices.filter { pairs[$0].pValue != nil }
        for (index, pValue) in zip(tested, PairedTest.holm(tested.compactMap { pairs[$0].pValue }))
        {
            pairs[index].corrected = pValue
        }
        let paired = pairs.indices.filter { pairs[$0].seeds != nil }
        for (index, seeds) in zip(
            paired, SeedDifference.corrected(paired.compactMap { pairs[$0].seeds }))
        {
            pairs[index].seeds = seeds
        }
        for index in pairs.indices where pairs[index].caution == nil {
            pairs[index].caution = pairs[index].disagreement
        }
        return pairs
    }

    private static func find(_ name: String?, in methods: [ScoredMethod]) throws -> Int {
        guard methods.count > 1 else {
            throw EvalError(
                .missing, "compare", "one method only; name the runs of two methods at least")
        }
        guard let name else { return 0 }
        let same = methods.indices.filter { methods[$0].group.title == name }
        let found =
            same.isEmpty ? methods.indices.filter { methods[$0].group.title.contains(name) } : same
        guard found.count == 1 else {
            let titles = methods.map(\.group.title).joined(separator: "; ")
            throw EvalError(
                .missing, name, "\(found.count) methods are called so; the methods are: \(titles)")
        }
        return found[0]
    }
}

extension Comparison.Pair {
    /// Said where the test sample tells a difference that the seeds do not bear out.
    fileprivate var disagreement: String? {
        guard let corrected, corrected < 0.05, let seeds, let ofSeeds = seeds.corrected,
            ofSeeds >= 0.05
        else { return nil }
        return "clear over groups, not over seeds: ahead on \(ScoreText.ahead(seeds)), "
            + "p \(NumberText.fixed(ofSeeds, decimals: 4))"
    }
}

extension Comparison {
    /// What a comparison must show.
    public struct Bound: Sendable, Hashable {
        /// The least gain over the reference that the interval's lower end must reach.
        public var leastGain: Double?
        /// The greatest loss that the interval's lower end may show.
        public var greatestLoss: Double?
        /// The greatest corrected p-value.
        public var greatestPValue: Double?

        /// Asks for nothing, or for bounds.
        ///
        /// - Parameters:
        ///   - leastGain: The least gain over the reference that the interval's lower end must reach.
        ///   - greatestLoss: The greatest loss that the interval's lower end may show.
        ///   - greatestPValue: The greatest corrected p-value.
        public init(
            leastGain: Double? = nil, greatestLoss: Double? = nil, greatestPValue: Double? = nil
        ) {
            self.leastGain = leastGain
            self.greatestLoss = greatestLoss
            self.greatestPValue = greatestPValue
        }
    }

    /// What falls short of a bound, a sentence each; a comparison without an interval meets none.
    public func shortfalls(_ bound: Bound) -> [String] {
        checks(bound).filter { $0.isMet == false }.map(\.message)
    }

    /// Every bound that was asked for, of every method, as JUnit has it.
    ///
    /// - Parameter bound: What is asked for.
    /// - Returns: XML, a test case a method and bound.
    public func junit(_ bound: Bound) -> String {
        JUnitReport(
            Document(
                kind: "comparison", eyebrow: "", title: "\(metric.title), protocol \(`protocol`)",
                lede: "", facts: [], notices: [], sections: [], checks: checks(bound),
                definitions: [], inputs: [], data: .null)
        ).text()
    }

    private func checks(_ bound: Bound) -> [Document.Check] {
        pairs.flatMap { pair in
            let lower = pair.interval?.lower
            let told = lower.map { NumberText.signed($0) } ?? "unknown"
            func check(_ name: String, _ isMet: Bool, _ value: String, _ limit: String)
                -> Document.Check
            {
                .init(
                    group: "against \(pair.reference)", name: "\(pair.method): \(name)",
                    isMet: isMet,
                    message: "\(pair.method): \(name) is \(value)\(isMet ? "" : ", \(limit)")")
            }
            return [
                bound.leastGain.map { least in
                    check(
                        "the gain's lower end", lower.map { $0 >= least } ?? false, told,
                        "below \(NumberText.signed(least))")
                },
                bound.greatestLoss.map { loss in
                    check(
                        "the difference's lower end", lower.map { $0 >= -loss } ?? false, told,
                        "below \(NumberText.signed(-loss))")
                },
                bound.greatestPValue.map { greatest in
                    check(
                        "the corrected p", pair.corrected.map { $0 <= greatest } ?? false,
                        NumberText.fixed(pair.corrected, decimals: 4),
                        "above \(NumberText.fixed(greatest, decimals: 4))")
                },
            ].compactMap(\.self)
        }
    }
}
