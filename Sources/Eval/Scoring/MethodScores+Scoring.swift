import Metrics

/// How resamples are drawn.
public struct ResamplingPlan: Sendable, Hashable, Codable {
    /// How many resamples are drawn; 0 for no interval of the test sample.
    public var resamples: Int
    /// What the draws follow from.
    public var seed: UInt64
    /// The share of resamples, and the chance, between the ends of intervals.
    public var level: Double

    /// Describes the draws.
    ///
    /// - Parameters:
    ///   - resamples: How many resamples are drawn; 0 for no interval of the test sample.
    ///   - seed: What the draws follow from.
    ///   - level: The share of resamples, and the chance, between the ends of intervals.
    public init(resamples: Int = 1000, seed: UInt64 = 0, level: Double = 0.95) {
        self.resamples = resamples
        self.seed = seed
        self.level = level
    }

    func bootstrap(_ groups: Int) -> BlockBootstrap {
        BlockBootstrap(groups: groups, resamples: resamples, seed: seed)
    }
}

/// A method with all that its scores are made of.
struct ScoredMethod {
    let group: RunGroup
    let runs: [RunScores]
    let protocols: [ScoreProtocol]
    let resampling: ResamplingPlan

    init(
        _ group: RunGroup, _ protocols: [ScoreProtocol], _ resampling: ResamplingPlan,
        curveLimit: Int
    ) throws {
        self.group = group
        self.protocols = protocols
        self.resampling = resampling
        runs = try group.runs.map { try RunScores($0, protocols, curveLimit: curveLimit) }
    }

    /// The mean over the seeds in every resample; `nil` where groups cannot be resampled.
    func resampled(_ key: RunScores.Key) -> (values: [Double?], groups: Int)? {
        let bases = runs.compactMap { $0.bases[key] }
        guard resampling.resamples > 0, let count = bases.first?.groupCount, count > 1 else {
            return nil
        }
        let bootstrap = resampling.bootstrap(count)
        let each = bases.compactMap { $0.resampled(bootstrap) }
        guard let first = each.first else { return nil }
        let means = first.indices.map { index in MeanAndSpread(of: each.map { $0[index] }).mean }
        return (means, count)
    }

    /// All that is told of the method.
    func scores() -> MethodScores {
        let first = runs[0]
        let record = group.record
        return MethodScores(
            title: group.title, method: record.method, task: record.task, dataset: record.dataset,
            datasetDigest: group.runs[0].datasetDigest, split: record.split,
            seeds: group.runs.map(\.record.seed), encoders: encoders,
            groups: group.runs[0].groups.names.count,
            present: first.present, scored: first.scored, scores: first.order.map(score),
            classes: classes(), confusion: confusion(), byGroup: byGroup(),
            movedTruth: movedTruth(),
            thresholdCurve: first.thresholdCurve,
            calibration: runs.compactMap(\.calibration).reduce(nil) { sum, next in
                sum.map { $0 + next } ?? next
            })
    }

    private func movedTruth() -> MethodScores.MovedTruth? {
        guard !runs[0].movedScores.isEmpty else { return nil }
        let sides = runs[0].movedScores.indices.compactMap { side in
            MeanAndSpread(of: runs.map { $0.movedScores[side] }).mean
        }
        return MethodScores.MovedTruth(lowest: sides.min(), highest: sides.max())
    }

    private var encoders: Int? {
        let digests = group.runs.compactMap(\.encoderDigest)
        return digests.isEmpty ? nil : Set(digests).count
    }

    private func score(_ key: RunScores.Key) -> MethodScores.Score {
        let each = runs.map { $0.bases[key]?.summary }
        let values = each.map { $0?.value }
        let mean = MeanAndSpread(of: values).mean
        let protocolValue = protocols.first { $0.name == key.protocolName }
        return MethodScores.Score(
            protocol: key.protocolName, metric: key.metric,
            definition: "\(key.metric.definition); \(protocolValue?.definition ?? "")",
            value: mean, perSeed: values, seeds: SeedInterval(of: values, level: resampling.level),
            sample: resampled(key).map {
                BootstrapInterval(
                    estimate: mean, values: $0.values, groups: $0.groups, level: resampling.level)
            }, units: each.first.flatMap { $0?.spread })
    }

    private func classes() -> [MethodScores.ClassScores] {
        let sums = runs.map { run in
            run.groupCounts.dropFirst().reduce(run.groupCounts.first) { sum, next in
                sum.map { $0 + next }
            }
        }
        let precisions = runs.map { $0.lists?.perClass }
        let positives = runs[0].lists?.positives
        return group.record.classes.enumerated().map { index, name in
            let counts = sums.map { $0?.counts(of: index) }
            func mean(_ value: (ConfusionCounts) -> Double?) -> Double? {
                MeanAndSpread(of: counts.map { $0.flatMap(value) }).mean
            }
            let own = counts[0].map { $0.truePositive + $0.falseNegative }
            return MethodScores.ClassScores(
                name: name, support: own ?? positives?[index] ?? 0, f1: mean(\.f1),
                iou: mean(\.iou), precision: mean(\.precision), recall: mean(\.recall),
                averagePrecision: MeanAndSpread(of: precisions.map { $0?[index] }).mean)
        }
    }

    private func confusion() -> [[Int64]] {
        let all = runs.flatMap(\.groupCounts)
        guard let first = all.first else { return [] }
        let sum = all.dropFirst().reduce(first, +)
        return (0..<sum.classes).map { truth in (0..<sum.classes).map { sum[truth, $0] } }
    }

    private func byGroup() -> [MethodScores.GroupScores] {
        guard !runs[0].groupCounts.isEmpty else { return [] }
        let metric = MetricName.leading(group.record.task)
        let names = group.runs[0].groups.names
        return names.indices.map { index in
            let values = runs.map { metric.value($0.groupCounts[index]) }
            return MethodScores.GroupScores(
                group: names[index], perSeed: values, value: MeanAndSpread(of: values).mean)
        }.sorted { $0.group < $1.group }
    }
}
