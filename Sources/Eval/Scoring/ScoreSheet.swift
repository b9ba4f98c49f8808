import Metrics

/// What `matter-eval score` prints: every method, every protocol, every score, with its definition.
public struct ScoreSheet: Codable, Sendable, Equatable {
    /// The form of this document.
    public static let currentSchema = "matter-score/1"

    /// The form that this document claims to have.
    public var schema: String
    /// The protocols that were applied.
    public var protocols: [ScoreProtocol]
    /// How resamples were drawn.
    public var resampling: ResamplingPlan
    /// The methods, in the order of the folders.
    public var methods: [MethodScores]
    /// What a reader must know before trusting the numbers.
    public var notices: [Report.Notice]
    /// The files that were read, but for predictions.
    public var inputs: [Report.Input]

    /// Reads and scores runs.
    ///
    /// - Parameters:
    ///   - folders: Run folders and sweeps of them.
    ///   - protocols: How to score.
    ///   - resampling: How resamples are drawn.
    ///   - isStrict: Whether runs that leave a doubt (torn or repeated lines, scores that are no probabilities, a model that was
    ///     selected on what it is scored on) are refused.
    ///   - curveLimit: The most pixels of which a curve over the threshold is kept in memory; beyond, only counts are.
    /// - Throws: `EvalError` or `ManifestError`: 66 naming what is missing, 65 naming what is wrong.
    public init(
        _ folders: [String], protocols: [ScoreProtocol],
        resampling: ResamplingPlan = ResamplingPlan(), isStrict: Bool = false,
        curveLimit: Int = 1 << 27
    ) throws {
        let scored = try ScoredRuns(
            folders, protocols: protocols, resampling: resampling, curveLimit: curveLimit)
        if isStrict { try scored.requireNoDoubts() }
        self.init(scored)
    }

    init(_ scored: ScoredRuns) {
        let tasks = Set(scored.methods.map(\.group.record.task))
        schema = Self.currentSchema
        protocols = scored.protocols.filter { !tasks.isDisjoint(with: $0.tasks) }
        resampling = scored.resampling
        methods = scored.methods.map { $0.scores() }
        notices = scored.notices + scored.uncurved + Self.notices(of: methods)
        inputs = scored.methods.flatMap { $0.group.runs.flatMap(\.inputs) }
    }

    /// Shares that were not scored: one line where they are the same for all.
    private static func unscored(_ methods: [MethodScores]) -> [Report.Notice] {
        let texts = methods.map { method -> String? in
            guard method.scored < method.present else { return nil }
            let share = Double(method.present - method.scored) / Double(method.present)
            return "\(NumberText.percent(share)) % of what is present was not scored"
        }
        let isSame = Set(texts).count == 1
        let lines = zip(methods, texts).compactMap { method, text in
            text.map { isSame ? "\($0)." : "\($0) for “\(Markup.shortened(method.title))”." }
        }
        return (isSame ? Array(lines.prefix(1)) : lines).map { .init(severity: .note, text: $0) }
    }

    private static func notices(of methods: [MethodScores]) -> [Report.Notice] {
        unscored(methods)
            + methods.flatMap { method in
                var texts: [String] = []
                let title = Markup.shortened(method.title)
                if method.seeds.count < 3 {
                    let count = method.seeds.count == 1 ? "1 seed" : "\(method.seeds.count) seeds"
                    texts.append(
                        "“\(title)” has \(count): no interval over seeds is given below three.")
                }
                if let encoders = method.encoders, encoders < method.seeds.count {
                    let count = encoders == 1 ? "one encoder" : "\(encoders) encoders"
                    texts.append(
                        "The \(method.seeds.count) seeds of “\(title)” began with \(count): they spread as fine-tuning does, not "
                            + "as pretraining and fine-tuning together.")
                }
                if method.groups < 2 {
                    texts.append(
                        "“\(title)” was scored on one group: its spread over test samples is unknown."
                    )
                }
                return texts.map { Report.Notice(severity: .note, text: $0) }
            }
    }
}

/// Methods that were read and scored, ready to be told, compared or reported.
struct ScoredRuns {
    let methods: [ScoredMethod]
    let protocols: [ScoreProtocol]
    let resampling: ResamplingPlan

    init(
        _ folders: [String], protocols: [ScoreProtocol], resampling: ResamplingPlan,
        curveLimit: Int = 1 << 27
    ) throws {
        self.protocols = protocols
        self.resampling = resampling
        methods = try RunGroup.read(folders).map {
            try ScoredMethod($0, protocols, resampling, curveLimit: curveLimit)
        }
    }

    /// What the runs say of themselves, and where they do not belong together.
    var notices: [Report.Notice] { doubts.map(\.notice) + foreign }

    /// Runs of more pixels than a curve can hold.
    var uncurved: [Report.Notice] {
        methods.flatMap(\.runs).compactMap { scores in
            scores.uncurved.map { pixels in
                .init(
                    severity: .note,
                    text:
                        "“\(Markup.shortened(scores.run.name))” has \(pixels) pixels, too many for a curve "
                        + "over the threshold: it has no AP and no oracle.")
            }
        }
    }

    /// What is not as it should be in what runs left, and in which run.
    private var doubts: [(run: TaskRun, notice: Report.Notice)] { versions + ownDoubts }

    private var ownDoubts: [(run: TaskRun, notice: Report.Notice)] {
        methods.flatMap { method in
            method.group.runs.flatMap { run in run.notices.map { (run, $0) } }
                + method.runs.compactMap { scores in
                    scores.improbable.map { text in
                        (
                            scores.run,
                            .init(
                                severity: .note,
                                text:
                                    "The scores of “\(Markup.shortened(scores.run.name))” are no probabilities (\(text)): how sure "
                                    + "they are is not told.")
                        )
                    }
                }
        }
    }

    /// Runs of several versions of the suite: what each did by itself, from training to objects, may differ.
    private var versions: [(run: TaskRun, notice: Report.Notice)] {
        let known = methods.flatMap(\.group.runs).filter { $0.version != nil }
        guard let first = known.first,
            let other = known.first(where: { $0.version != first.version })
        else { return [] }
        let all = Set(known.compactMap(\.version)).sorted().joined(separator: ", ")
        return [
            (
                other,
                .init(
                    severity: .note,
                    text:
                        "The runs are of several versions of the suite (\(all)), "
                        + "“\(Markup.shortened(other.name))” of another than the first: training, thresholds "
                        + "and objects may differ by them.")
            )
        ]
    }

    /// Takes runs only that leave no doubt.
    /// - Throws: `EvalError` (65) naming the first run with one, and what it is.
    func requireNoDoubts() throws {
        if let doubt = doubts.first {
            throw EvalError(.invalid, doubt.run.folder, "--strict: \(doubt.notice.text)")
        }
        if let notice = foreign.first {
            throw EvalError(.invalid, methods[0].group.runs[0].folder, "--strict: \(notice.text)")
        }
    }

    private var foreign: [Report.Notice] {
        guard let first = methods.first else { return [] }
        return methods.dropFirst().compactMap { method in
            guard let reason = method.reasonNotToCompare(with: first) else { return nil }
            return Report.Notice(
                severity: .warning,
                text:
                    "“\(Markup.shortened(method.group.title))” and “\(Markup.shortened(first.group.title))” "
                    + "cannot be compared: \(reason).")
        }
    }
}

extension ScoredMethod {
    /// Why the numbers of two methods do not belong in one table; `nil` where they do.
    func reasonNotToCompare(with other: ScoredMethod) -> String? {
        let (own, their) = (group.record, other.group.record)
        if own.task != their.task {
            return "one is of \(own.task.rawValue), the other of \(their.task.rawValue)"
        }
        if own.dataset != their.dataset {
            return "one is of \(own.dataset), the other of \(their.dataset)"
        }
        if own.split != their.split {
            return "one is of the split \(own.split), the other of \(their.split)"
        }
        if own.classes.count != their.classes.count {
            return "one has \(own.classes.count) classes, the other \(their.classes.count)"
        }
        if let digest = group.runs[0].datasetDigest, let theirs = other.group.runs[0].datasetDigest,
            digest != theirs
        {
            return "the data sets' digests differ"
        }
        if Set(own.items) != Set(their.items) { return "they were scored on other samples" }
        return nil
    }
}
