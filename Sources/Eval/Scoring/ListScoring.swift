import Metrics

/// Scores predictions of whole images: several classes, or one of several.
struct ListScoring {
    private let run: TaskRun
    private let groups: [UInt32]
    private let groupCount: Int
    /// Scores and labels of a multilabel task.
    let lists: MultilabelScores?
    /// Counts of each group of a classification.
    let groupCounts: [ClassConfusion]
    /// How sure the called classes were, where the scores are probabilities.
    let calibration: Calibration?
    /// The first scores that are no probabilities, and whose; `nil` where all are.
    let improbable: String?
    /// How many samples there are.
    let samples: Int

    /// Reads `predictions/all.safetensors`.
    /// - Throws: `EvalError` (65, 66) naming the file.
    init(_ run: TaskRun) throws {
        self.run = run
        let found = run.groups
        (groups, groupCount) = (found.index, found.names.count)
        let file = try ArrayFile(run.predictions("all"))
        let scores = try file.floats("scores", rank: 2)
        let shape = file.shape("scores") ?? [0, 0]
        samples = shape[0]
        guard shape == [run.record.items.count, run.record.classes.count] else {
            throw EvalError(
                .invalid, file.path,
                "\"scores\" is \(shape); task.json lists \(run.record.items.count) items and "
                    + "\(run.record.classes.count) classes")
        }
        do {
            if run.record.task == .multilabel {
                let labels = try file.codes("labels", rank: 2)
                lists = try MultilabelScores(scores: scores, labels: labels, classes: shape[1])
                (groupCounts, calibration, improbable) = ([], nil, nil)
            } else {
                lists = nil
                let labels = try file.integers("labels", rank: 1)
                let decided = try Self.decide(scores, labels, shape, groups, groupCount)
                (groupCounts, calibration) = (decided.counts, decided.calibration)
                improbable = decided.improbable.map { "those of \(run.record.items[$0].key)" }
            }
        } catch let error as MetricsError {
            throw EvalError(.invalid, file.path, error.description)
        }
    }

    /// What a score under a protocol is made of; `nil` where the protocol does not know it.
    func basis(_ protocolValue: ScoreProtocol, _ metric: MetricName) -> ScoreBasis? {
        guard let lists else {
            return protocolValue.unit == .all
                ? .pooled(groupCounts, metric, protocolValue.undefined) : nil
        }
        guard let average = metric.average else { return nil }
        switch protocolValue.unit {
        case .all: return .lists(lists, groups: groups, metric, protocolValue.undefined)
        case .batch:
            let order =
                protocolValue.isShuffled
                ? seededOrder(of: lists.samples, seed: protocolValue.seed)
                : Array(0..<lists.samples)
            let size = protocolValue.batch ?? 1
            let starts = stride(from: 0, to: order.count, by: size).filter {
                !protocolValue.dropsLast || $0 + size <= order.count
            }
            return .batches(
                starts.map {
                    let rows = order[$0..<min($0 + size, order.count)]
                    return protocolValue.undefined.settled(
                        lists.subset(rows).averagePrecision(average))
                })
        case .group, .item, .patch: return nil
        }
    }

    /// The scores that a protocol gives for this task.
    func metrics(_ protocolValue: ScoreProtocol) -> [MetricName] {
        guard lists != nil else {
            return MetricName.ofCounts(.classification, classes: run.record.classes.count)
        }
        return protocolValue.unit == .all
            ? [.macro, .micro, .weighted, .samples] : [MetricName(protocolValue.average)]
    }

    private static func decide(
        _ scores: [Float], _ labels: [Int64], _ shape: [Int], _ groups: [UInt32], _ groupCount: Int
    ) throws(MetricsError) -> (
        counts: [ClassConfusion], calibration: Calibration?, improbable: Int?
    ) {
        let classes = shape[1]
        guard labels.count == shape[0] else {
            throw MetricsError("\(labels.count) labels for \(shape[0]) samples")
        }
        var counts = [ClassConfusion](
            repeating: ClassConfusion(classes: classes), count: groupCount)
        var calibration: Calibration? = Calibration()
        var improbable: Int?
        for (sample, label) in labels.enumerated() {
            let row = scores[sample * classes..<(sample + 1) * classes]
            guard row.allSatisfy({ !$0.isNaN }) else {
                throw MetricsError("a score of sample \(sample) is not a number")
            }
            guard (0..<Int64(classes)).contains(label) else {
                throw MetricsError(
                    "the label of sample \(sample) is \(label), no class below \(classes)")
            }
            // Of equal scores the first class is called, as argmax does.
            let best = row.indices.max { row[$0] < row[$1] || (row[$0] == row[$1] && $0 > $1) }
            let called = (best ?? row.startIndex) - row.startIndex
            try counts[Int(groups[sample])].add(
                prediction: [UInt8(called)], truth: [UInt8(label)])
            let areShares =
                row.allSatisfy { $0 >= 0 && $0 <= 1 } && abs(row.reduce(0, +) - 1) <= 1e-3
            guard areShares, improbable == nil else {
                (calibration, improbable) = (nil, improbable ?? sample)
                continue
            }
            try calibration?.add(Double(row[row.startIndex + called]), isCorrect: called == label)
        }
        return (counts, calibration, improbable)
    }
}
