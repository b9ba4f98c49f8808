import Manifests

/// What runs that differ by their seed only have in common.
struct MethodKey: Hashable {
    private let task: TaskKind
    private let dataset, split: String
    private let method: TaskRecord.Method
    private let plan: String
    /// The one encoder of all of them; `nil` where weights were drawn, or each seed has its own.
    private var encoder: String?

    private init(_ run: TaskRun) {
        let record = run.record
        (task, dataset, split, method) = (
            record.task, record.dataset, record.split, record.method
        )
        plan = run.plan.serialized()
    }

    /// The keys of runs, in their order.
    ///
    /// An encoder belongs to the method, unless each seed has its own: the record says so, and where it is older than that, a sweep
    /// that began with several encoders did.
    static func keys(of runs: [TaskRun]) -> [MethodKey] {
        struct Family: Hashable {
            let sweep: String
            let key: MethodKey
        }
        func family(_ run: TaskRun) -> Family? {
            run.sweep.map { Family(sweep: $0, key: MethodKey(run)) }
        }
        var encoders: [Family: Set<String>] = [:]
        for run in runs {
            guard let family = family(run), let digest = run.encoderDigest else { continue }
            encoders[family, default: []].insert(digest)
        }
        return runs.map { run in
            var key = MethodKey(run)
            let count = family(run).flatMap { encoders[$0]?.count } ?? 1
            let isASeed = run.record.method.hasEncoderASeed || count > 1
            key.encoder = isASeed ? nil : run.encoderDigest
            return key
        }
    }
}

/// Whether runs of one method belong together.
enum MethodCheck {
    /// The runs of a method by rising seed.
    /// - Throws: `EvalError` (65) naming the folders of two that cannot be averaged.
    static func checked(_ runs: [TaskRun]) throws -> [TaskRun] {
        let sorted = runs.sorted { ($0.record.seed ?? 0) < ($1.record.seed ?? 0) }
        for run in sorted.dropFirst() {
            guard let difference = difference(sorted[0], run) else { continue }
            throw EvalError(
                .invalid, run.folder,
                "is of the same method as \(sorted[0].folder), but \(difference); seeds are averaged over the same task only"
            )
        }
        try checkEncoders(sorted)
        for (first, second) in zip(sorted, sorted.dropFirst())
        where first.record.seed == second.record.seed {
            throw EvalError(
                .invalid, second.folder,
                "is the same method and seed as \(first.folder); name one of them only")
        }
        return sorted
    }

    private static func difference(_ first: TaskRun, _ run: TaskRun) -> String? {
        let (own, theirs) = (run.record, first.record)
        if own.classes != theirs.classes { return "has other classes" }
        if own.ignore != theirs.ignore { return "leaves another code out" }
        if own.thresholdRule != theirs.thresholdRule {
            return "chose its threshold by another rule"
        }
        if own.items != theirs.items { return "was scored on other samples" }
        if let digest = run.datasetDigest, let other = first.datasetDigest, digest != other {
            return "read other data (the data sets' digests differ)"
        }
        return nil
    }

    /// Encoders of seeds can be of two pretrainings; what was not run at one time must say by its name that it is of one.
    private static func checkEncoders(_ runs: [TaskRun]) throws {
        let begun = runs.filter { $0.encoderDigest != nil && $0.record.method.variant == nil }
        guard Set(begun.compactMap(\.encoderDigest)).count > 1, let first = begun.first,
            let other = begun.first(where: { $0.home != first.home })
        else { return }
        throw EvalError(
            .invalid, other.folder,
            "began with other encoders than \(first.folder), under the same name \(other.record.method.initialisation ?? ""): "
                + "whether they are seeds of one method is not known; run both with --name, one name a method"
        )
    }
}

extension TaskRun {
    /// The folder of all that was run at one time.
    fileprivate var home: String { sweep ?? folder }
}
