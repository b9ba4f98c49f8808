import Manifests

/// Whether the folders of a report belong together.
struct Consistency {
    let bench: BenchFolder
    let runs: [PretrainFolder]
    let preparations: [PrepFolder]

    /// A warning for each pair that does not.
    var notices: [Report.Notice] { encoders + tiles }

    /// The scored encoder should be one of the shown runs'.
    private var encoders: [Report.Notice] {
        let scored = Set(
            (bench.record.inputs ?? []).filter { $0.path.hasSuffix(".safetensors") }
                .map(\.sha256.hex))
        guard !scored.isEmpty else { return [] }
        return runs.compactMap { run in
            guard let digest = run.encoderDigest, !scored.contains(digest) else { return nil }
            return .init(
                severity: .warning,
                text:
                    "The encoder of the pretraining run “\(run.pretraining.name)” is none of those "
                    + "that were scored: its curves do not belong to these scores.")
        }
    }

    /// The tiles of a run should be those of the shown preparation.
    private var tiles: [Report.Notice] {
        let shown = Set(preparations.compactMap(\.manifestDigest))
        guard !shown.isEmpty else { return [] }
        return runs.compactMap { run in
            let used = run.record.inputs.filter { $0.path.hasSuffix("manifest.jsonl") }
            guard !used.isEmpty, shown.isDisjoint(with: used.map(\.sha256.hex)) else { return nil }
            return .init(
                severity: .warning,
                text:
                    "The pretraining run “\(run.pretraining.name)” was trained on other tiles than "
                    + "those whose alignment is shown.")
        }
    }
}
