import Manifests

extension Report {
    /// Reads run folders and says all that follows from them.
    /// - Throws: `EvalError` or `ManifestError`: 66 with a list of what is missing, 65 with file and line.
    public init(of inputs: ReportInputs) throws {
        let bench = try BenchFolder(inputs.bench)
        let runs = try inputs.pretraining.map(PretrainFolder.init)
        let preparations = try inputs.preparations.map(PrepFolder.init)
        let convergence = Self.convergence(bench)
        let task = bench.record.task
        let record = bench.record
        self.init(
            schema: Self.currentSchema,
            program: Program(name: "matter-eval", version: SuiteVersion.current),
            title: inputs.title ?? Self.title(of: task, on: record.dataset.name),
            task: task,
            seed: record.seed ?? runs.compactMap(\.record.seed).first,
            dataset: Dataset(
                name: record.dataset.name, sha256: record.dataset.sha256,
                cities: Array(Set(record.dataset.cities)).sorted()),
            definitions: Definition.changeDetection, methods: bench.methods,
            convergence: convergence,
            referenceLevels: Self.levels(bench.methods, convergence),
            pretraining: runs.map(\.pretraining), alignment: preparations.flatMap(\.alignment),
            panels: bench.panels,
            notices: [],
            inputs: bench.inputs + runs.flatMap(\.inputs) + preparations.flatMap(\.inputs))
        notices =
            inputs.cautions.map { Notice(severity: .warning, text: $0) }
            + NoticeBoard(report: self).notices
            + Consistency(bench: bench, runs: runs, preparations: preparations).notices
            + bench.notices + runs.flatMap(\.notices)
    }

    private static func title(of task: String, on dataset: String) -> String {
        task == "oscd" ? "Unsupervised change detection on \(dataset)" : "\(task) on \(dataset)"
    }

    /// The snapshots' curves, in the order of the methods.
    private static func convergence(_ bench: BenchFolder) -> [ConvergenceCurve] {
        let methods = Set(bench.snapshots.map(\.method)).sorted()
        return methods.map { method in
            let lines = bench.snapshots.filter { $0.method == method }
            let points = Dictionary(
                lines.map { line in
                    (
                        line.step,
                        ConvergencePoint(
                            step: line.step, f1: line.f1, precision: line.precision,
                            recall: line.recall)
                    )
                }
            ) { $1 }
            return ConvergenceCurve(
                method: method,
                cities: (lines.last?.cities ?? bench.record.dataset.cities).sorted(),
                points: points.values.sorted { $0.step < $1.step })
        }
    }

    /// Every other method, pooled over just those cities that the snapshots were scored on.
    private static func levels(
        _ methods: [Method], _ curves: [ConvergenceCurve]
    ) -> [ReferenceLevel] {
        guard let cities = curves.first?.cities else { return [] }
        let converging = Set(curves.map(\.method))
        return methods.filter { !converging.contains($0.id) }.map { method in
            let pooled = method.cities.filter { cities.contains($0.city) }
                .reduce(into: Scores.none) { $0.add($1.scores) }
            return ReferenceLevel(method: method.id, f1: pooled.f1)
        }
    }
}
