import Metrics

/// The curves of thresholds and of sureness.
struct TaskFigures {
    let methods: [MethodScores]
    let main: String

    var blocks: [Document.Block] {
        var blocks: [Document.Block] = []
        if methods.contains(where: { $0.thresholdCurve?.points.isEmpty == false }) {
            blocks += [.figure(precisionOverRecall), .figure(scoreOverThreshold), .table(oracle)]
        }
        if methods.contains(where: { $0.calibration != nil }) {
            blocks.append(.figure(reliability))
        }
        return blocks
    }

    private var precisionOverRecall: Document.Drawing {
        .init(
            title: "Precision over recall",
            caption:
                "All scored pixels pooled, one point a threshold. The ring is the reported result; dotted lines join "
                + "points of equal F1.",
            plot: Plot(
                id: "precision-recall", description: "Precision over recall, one line a method",
                x: .init(label: "Recall", unit: "", range: 0...1),
                y: .init(label: "Precision", unit: "", range: 0...1),
                series: methods.enumerated().map { index, method in
                    let recall = method.score(main, .recall)?.perSeed.first ?? nil
                    let precision = method.score(main, .precision)?.perSeed.first ?? nil
                    return .init(
                        name: method.title, style: index,
                        points: (method.thresholdCurve?.points ?? []).compactMap { point in
                            point.recall.map { .init(x: $0, y: point.precision) }
                        }, mark: recall.map { .init(x: $0, y: precision) })
                }, showsEqualF1: true))
    }

    private var scoreOverThreshold: Document.Drawing {
        .init(
            title: "F1 over how much is called change",
            caption:
                "One threshold, moved from strict to lax, measured by the share of pixels it calls change. The top of a "
                + "curve needs the truth: an upper bound, not a result.",
            plot: Plot(
                id: "f1-called", description: "F1 over the share of pixels called change",
                x: .init(
                    label: "Called change", unit: "% of pixels", range: nil, isLogarithmic: true),
                y: .init(label: "F1, pooled", unit: "", range: nil),
                series: methods.enumerated().map { index, method in
                    .init(
                        name: method.title, style: index,
                        points: (method.thresholdCurve?.points ?? []).filter { $0.calledShare > 0 }
                            .map { .init(x: $0.calledShare * 100, y: $0.f1) }.sorted { $0.x < $1.x }
                    )
                }))
    }

    /// What the best threshold would give, beside what the run's rule gave.
    private var oracle: Document.Table {
        .init(
            id: "oracle",
            caption:
                "Percent, first seed, all scored pixels pooled. The oracle's threshold is chosen with the truth of these "
                + "very pixels: an upper bound, not a result.",
            columns: [
                .text("Method"), .number("F1, as run"), .number("F1, oracle"),
                .number("Precision"), .number("Recall"), .number("Called change"),
            ],
            rows: methods.map { method in
                let (best, own) = (method.thresholdCurve?.best, method.score(main, .f1))
                return [
                    .text(method.title), .percent(own?.perSeed.first ?? nil), .percent(best?.f1),
                    .percent(best?.precision), .percent(best?.recall), .percent(best?.calledShare),
                ]
            })
    }

    private var reliability: Document.Drawing {
        let errors = methods.compactMap { method in
            method.calibration?.expectedError.map { "\(method.title) \(NumberText.percent($0)) %" }
        }
        return .init(
            title: "Calibration",
            caption:
                "How often a probability came true, over the mean probability of each of 15 bins. Expected "
                + "calibration error: \(errors.joined(separator: ", ")).",
            plot: Plot(
                id: "calibration", description: "Share that came true over probability",
                x: .init(label: "Probability", unit: "", range: 0...1),
                y: .init(label: "Came true", unit: "", range: 0...1),
                series: methods.enumerated().compactMap { index, method in
                    method.calibration.map { calibration in
                        .init(
                            name: method.title, style: index,
                            points: calibration.bins.compactMap { bin in
                                bin.meanConfidence.map { .init(x: $0, y: bin.accuracy) }
                            })
                    }
                }))
    }
}

/// The curves and the table of convergence.
struct ConvergenceBlocks {
    let sheet: ConvergenceSheet

    var blocks: [Document.Block] { [.figure(curves), .table(arrivals)] }

    private var curves: Document.Drawing {
        let ends = sheet.methods.flatMap { $0.band.map(\.step) }
        let lines = sheet.methods.enumerated().map { index, method in
            Plot.Series(
                name: method.title, style: index,
                points: method.band.map { .init(x: $0.step, y: $0.mean) },
                band: method.band.map { .init(x: $0.step, low: $0.lowest, high: $0.highest) })
        }
        let target = sheet.target.map { target in
            Plot.Series(
                name: "target", style: sheet.methods.count,
                points: [ends.min() ?? 0, ends.max() ?? 1].map { .init(x: $0, y: target) },
                isReference: true)
        }
        return .init(
            title: "Validation \(sheet.metric) over steps",
            caption: "Mean over the seeds, and the range from the least to the greatest of them.",
            plot: Plot(
                id: "convergence", description: "Validation score over optimiser steps",
                x: .init(label: "Optimiser steps", unit: "", range: nil),
                y: .init(label: sheet.metric, unit: "", range: nil),
                series: lines + [target].compactMap(\.self)))
    }

    private var arrivals: Document.Table {
        Document.Table(
            id: "convergence",
            caption:
                "Time to \(NumberText.fixed(sheet.target, decimals: 4)). “>” marks censored runs. Speed-up: the reference's "
                + "median over the method's; its interval is over resamples of seeds. Area: mean height of the curve up to "
                + "step \(NumberText.fixed(sheet.commonSteps, decimals: 0)), where the shortest run ends.",
            columns: [
                .text("Method"), .text("Clock"), .number("Median"), .text("Each seed"),
                .number("Censored"),
                .number("Speed-up"), .text("Interval"), .number("Saved (%)"), .number("Area"),
                .number("Final"),
            ],
            rows: sheet.methods.flatMap { method in
                method.arrivals.map { arrivals in
                    [
                        .text(method.title), .text(arrivals.clock.rawValue),
                        .number(arrivals.median, decimals: 1),
                        .text(
                            arrivals.perSeed.map {
                                ($0.isCensored ? ">" : "") + NumberText.fixed($0.at, decimals: 1)
                            }.joined(separator: ", ")),
                        .count(Int64(arrivals.perSeed.count(where: \.isCensored))),
                        .number(arrivals.speedup, decimals: 2), .text(Self.ends(arrivals.interval)),
                        .percent(arrivals.speedup.map { 1 - 1 / $0 }),
                        .number(method.area.spread.mean, decimals: 4),
                        .number(method.final.spread.mean, decimals: 4),
                    ]
                }
            })
    }

    private static func ends(_ interval: BootstrapInterval?) -> String {
        guard let lower = interval?.lower, let upper = interval?.upper else { return "–" }
        return "\(NumberText.fixed(lower, decimals: 2)) … \(NumberText.fixed(upper, decimals: 2))"
    }
}
