import Manifests

/// The report of a night: what ran, what is worse, and how each number went over the nights.
struct NightlyReport {
    let plan: Nightly.Plan
    let stages: [StageOutcome]
    let verdicts: [NightlyGate.Verdict]
    let flagged: Set<String>
    /// Series that nights before had and tonight has not, with the last night that had them.
    let missing: [String: String]
    let trends: [String: [NightlyHistory.Point]]
    let isWhole: Bool
    let isAccepted: Bool

    func document() -> Document {
        let failed = stages.filter { !$0.isDone }
        return Document(
            kind: "nightly", eyebrow: "nightly · \(plan.recipe.name)", title: "Night \(plan.night)",
            lede: lede,
            facts: [
                .init(
                    name: "Stages done",
                    text: "\(stages.count { $0.isDone }) of \(plan.recipe.stages.count)"),
                .init(name: "Numbers", text: String(verdicts.count)),
                .init(name: "Worse", text: String(flagged.count)),
                .init(name: "Missing", text: String(missing.count)),
                .init(name: "Compared with", text: "up to \(plan.recipe.nights) nights"),
            ],
            notices: failed.map {
                .init(
                    severity: .warning, text: "Stage \($0.stage) \($0.status.rawValue): \($0.cause)"
                )
            } + vanished + notes,
            sections: [numbers, trendSection, stageSection].filter { !$0.blocks.isEmpty },
            checks: checks,
            definitions: [
                .init(
                    term: "Tolerance",
                    text:
                        "What the next number of such a series may lose by chance: Student's t · standard deviation · √(1 + 1/n) "
                        + "over the nights compared with, at a chance of \(plan.recipe.chance) for all numbers of a night together, "
                        + "and at least \(plan.recipe.least) of the mean. With fewer than three nights: \(plan.recipe.unknownSpread) of it. Flagged "
                        + "nights are no measure for later ones.")
            ], inputs: [],
            data: (try? JSONValue(encoding: verdicts)) ?? .null)
    }

    private var lede: String {
        if !isWhole, let first = stages.first(where: { !$0.isDone }) {
            return
                "Stage \(first.stage) did not end well (\(first.cause)); the report of the last whole night stays in place."
        }
        let worse =
            flagged.isEmpty
            ? "Nothing is worse than the nights before by more than they spread."
            : "\(flagged.count) of \(verdicts.count) numbers are worse than the nights before by more than they spread."
        return missing.isEmpty
            ? worse : "\(worse) Numbers that nights before had are missing: \(missing.count)."
    }

    private var vanished: [Report.Notice] {
        missing.sorted { $0.key < $1.key }.map { series, night in
            .init(
                severity: .warning,
                text:
                    "\(series) was there in night \(night) and is missing, though its stage ended well."
            )
        }
    }

    private var notes: [Report.Notice] {
        let few = verdicts.count { $0.nights < 3 }
        var notes: [Report.Notice] = []
        if few > 0 {
            notes.append(
                .init(
                    severity: .note,
                    text:
                        "\(few) numbers have fewer than three nights behind them: their spread is unknown, and only a loss "
                        + "above \(plan.recipe.unknownSpread) of the mean is flagged."))
        }
        if isAccepted {
            notes.append(
                .init(
                    severity: .warning, text: "Tonight's numbers were accepted as the new measure.")
            )
        }
        return notes
    }

    /// Worst first: by loss over tolerance.
    private var numbers: Document.Section {
        let sorted = verdicts.sorted {
            (Self.severity($1), $0.series) < (Self.severity($0), $1.series)
        }
        return .init(
            id: "numbers", title: "Tonight against the nights before", intro: "The worst first.",
            blocks: verdicts.isEmpty
                ? []
                : [
                    .table(
                        .init(
                            id: "numbers",
                            caption: "Loss is counted in the direction that is worse.",
                            columns: [
                                .text("Number"), .text("Verdict"), .number("Tonight"),
                                .number("Mean"), .number("± nights"), .number("Nights"),
                                .number("Loss"), .number("Tolerance"),
                            ],
                            rows: sorted.map { verdict in
                                let isBad = flagged.contains(verdict.series)
                                return [
                                    .text(verdict.series),
                                    .text(
                                        isBad
                                            ? "worse"
                                            : verdict.nights == 0 ? "first night" : "as before",
                                        isBad ? .warning : .none),
                                    .number(verdict.value, decimals: 4),
                                    .number(verdict.mean, decimals: 4),
                                    .number(verdict.deviation, decimals: 4),
                                    .count(verdict.nights), .number(verdict.loss, decimals: 4),
                                    .number(verdict.tolerance, decimals: 4),
                                ]
                            }))
                ])
    }

    private static func severity(_ verdict: NightlyGate.Verdict) -> Double {
        guard let loss = verdict.loss, let tolerance = verdict.tolerance else { return -.infinity }
        return loss / max(tolerance, 1e-300)
    }

    private var trendSection: Document.Section {
        let shown = verdicts.sorted {
            (Self.severity($1), $0.series) < (Self.severity($0), $1.series)
        }.prefix(12)
        let blocks = shown.enumerated().compactMap { index, verdict -> Document.Block? in
            let points = trends[verdict.series] ?? []
            guard !points.isEmpty else { return nil }
            let first = 1 - points.count
            let before = points.enumerated().map {
                Plot.Point(x: Double(first + $0.offset - 1), y: $0.element.value)
            }
            let band = verdict.mean.flatMap { mean in
                verdict.tolerance.map { width in
                    [Double(first - 1), 0].map {
                        Plot.BandPoint(x: $0, low: mean - width, high: mean + width)
                    }
                }
            }
            let tonight = Plot.Point(x: 0, y: verdict.value)
            return .figure(
                .init(
                    title: verdict.series,
                    caption:
                        "Tonight is 0; the area is the mean of the nights compared with, ± tolerance.",
                    plot: Plot(
                        id: "trend-\(index)", description: "\(verdict.series) over nights",
                        x: .init(label: "Nights ago", unit: "", range: nil),
                        y: .init(label: "Value", unit: "", range: nil),
                        series: [
                            .init(
                                name: "value", style: flagged.contains(verdict.series) ? 1 : 0,
                                points: before + [tonight],
                                mark: tonight, band: band)
                        ])))
        }
        return .init(
            id: "trends", title: "Over the nights",
            intro: "The numbers that are nearest to their tolerance.", blocks: blocks)
    }

    private var stageSection: Document.Section {
        .init(
            id: "stages", title: "Stages",
            intro: "Each has its folder and its log in the night's folder.",
            blocks: [
                .table(
                    .init(
                        id: "stages",
                        caption: "Seconds of a stage that was resumed are those of its last start.",
                        columns: [
                            .text("Stage"), .text("Status"), .number("Code"), .number("Seconds"),
                            .text("Cause"),
                        ],
                        rows: stages.map { stage in
                            [
                                .text(stage.stage),
                                .text(stage.status.rawValue, stage.isDone ? .none : .warning),
                                .count(Int64(stage.code)), .number(stage.seconds, decimals: 1),
                                .text(stage.cause.isEmpty ? "–" : stage.cause),
                            ]
                        }))
            ])
    }

    private var checks: [Document.Check] {
        stages.map {
            .init(group: "stages", name: $0.stage, isMet: $0.isDone, message: $0.cause)
        }
            + verdicts.map { verdict in
                .init(
                    group: "numbers", name: verdict.series,
                    isMet: verdict.nights == 0 ? nil : !flagged.contains(verdict.series),
                    message: verdict.nights == 0
                        ? "first night: nothing to compare with"
                        : "\(NumberText.fixed(verdict.value, decimals: 4)) against \(NumberText.fixed(verdict.mean, decimals: 4)): loss "
                            + "\(NumberText.fixed(verdict.loss, decimals: 4)), tolerance \(NumberText.fixed(verdict.tolerance, decimals: 4))"
                )
            }
            + missing.sorted { $0.key < $1.key }.map { series, night in
                .init(
                    group: "numbers", name: series, isMet: false,
                    message: "was there in night \(night) and is missing")
            }
    }
}
