import Metrics

/// A run, scored under several protocols from one pass over its predictions.
struct RunScores {
    /// A score and the protocol that it belongs to.
    struct Key: Hashable {
        let protocolName: String
        let metric: MetricName
    }

    let run: TaskRun
    /// What was scored, in the order of showing.
    let order: [Key]
    /// What each score is made of.
    let bases: [Key: ScoreBasis]
    /// Pixels or samples that there are, and those that are scored.
    let present, scored: Int64
    /// Counts of each group; none for multilabel tasks.
    let groupCounts: [ClassConfusion]
    /// The leading score of each image for itself; none for lists.
    let itemScores: [Double?]
    /// The leading score where the truth is moved by one pixel, one for each of eight sides; none for lists.
    let movedScores: [Double?]
    /// Scores and labels of a multilabel task.
    let lists: MultilabelScores?
    /// Precision and recall over the threshold, of a change task: few points, and the exact one of the greatest F1.
    let thresholdCurve: Report.ThresholdCurve?
    /// How sure the scores were, where they are probabilities.
    let calibration: Calibration?
    /// Where the scores are no probabilities: the first of them.
    let improbable: String?
    /// The pixels that were too many for a curve and its average precision; `nil` where they were not.
    let uncurved: Int64?

    /// Scores a run.
    ///
    /// - Parameters:
    ///   - run: The run.
    ///   - protocols: The protocols; those that are not for its task are left out.
    ///   - curveLimit: The most pixels of which a curve is drawn.
    /// - Throws: `EvalError` (65, 66) naming the file.
    init(_ run: TaskRun, _ protocols: [ScoreProtocol], curveLimit: Int) throws {
        let fitting = protocols.filter { $0.tasks.contains(run.record.task) }
        guard !fitting.isEmpty else {
            throw EvalError(
                .invalid, run.folder,
                "none of the protocols is for a task of \(run.record.task.rawValue); add one with --protocols"
            )
        }
        if run.isOfPixels {
            self = try RunScores(ofPixels: run, fitting, curveLimit)
        } else {
            self = try RunScores(ofLists: run, fitting)
        }
    }

    private init(
        ofPixels run: TaskRun, _ protocols: [ScoreProtocol], _ curveLimit: Int
    ) throws {
        self.run = run
        var scoring = try PixelScoring(run, protocols, curveLimit: curveLimit)
        let metrics = MetricName.ofCounts(run.record.task, classes: run.record.classes.count)
        var (order, bases) = ([Key](), [Key: ScoreBasis]())
        for value in protocols {
            for metric in metrics {
                let key = Key(protocolName: value.name, metric: metric)
                order.append(key)
                bases[key] = scoring.basis(value, metric)
            }
        }
        (present, scored) = scoring.pixels
        groupCounts = scoring.groupCounts
        (itemScores, movedScores) = (scoring.itemScores, scoring.movedScores)
        (calibration, improbable) = (scoring.calibration, scoring.improbable)
        uncurved = scoring.uncurved
        // All distinct scores are many: they live until their points are chosen.
        let curve = try scoring.takeCurve()
        thresholdCurve = curve.map(Report.ThresholdCurve.init)
        if let first = protocols.first(where: {
            $0.unit == .all && $0.patch == nil && $0.crop == nil
        }) {
            // They belong to the first protocol that pools whole images, behind its other scores.
            var place = (order.lastIndex { $0.protocolName == first.name } ?? -1) + 1
            func add(_ metric: MetricName, _ basis: ScoreBasis) {
                let key = Key(protocolName: first.name, metric: metric)
                order.insert(key, at: place)
                bases[key] = basis
                place += 1
            }
            if let curve { add(.averagePrecision, .number(curve.averagePrecision)) }
            if let objects = run.objects {
                add(.objectF1, .pooled(Self.objectCounts(objects, run), .objectF1, first.undefined))
            }
        }
        (self.order, self.bases) = (order, bases)
        lists = nil
    }

    private init(ofLists run: TaskRun, _ protocols: [ScoreProtocol]) throws {
        self.run = run
        let scoring = try ListScoring(run)
        var (order, bases) = ([Key](), [Key: ScoreBasis]())
        for value in protocols {
            for metric in scoring.metrics(value) {
                guard let basis = scoring.basis(value, metric) else { continue }
                let key = Key(protocolName: value.name, metric: metric)
                order.append(key)
                bases[key] = basis
            }
        }
        (self.order, self.bases) = (order, bases)
        present = Int64(scoring.samples)
        scored = present
        groupCounts = scoring.groupCounts
        (itemScores, movedScores) = ([], [])
        lists = scoring.lists
        (calibration, improbable) = (scoring.calibration, scoring.improbable)
        (thresholdCurve, uncurved) = (nil, nil)
    }

    /// Objects as counts of two classes, by group.
    private static func objectCounts(_ objects: [ConfusionCounts], _ run: TaskRun)
        -> [ClassConfusion]
    {
        let groups = run.groups
        var sums = [ConfusionCounts](repeating: ConfusionCounts(), count: groups.names.count)
        for (group, counts) in zip(groups.index, objects) { sums[Int(group)] += counts }
        return sums.map { ClassConfusion($0) }
    }
}
