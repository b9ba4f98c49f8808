/// A plot with the words around it, for every rendering alike.
package struct Figure: Sendable {
    /// The part of the report it belongs to.
    package enum Part: Sendable {
        /// Scores over the threshold.
        case thresholds
        /// Scores and losses over the steps of pretraining.
        case training
    }

    /// The part of the report it belongs to.
    package var part: Part
    /// A title of a few words.
    package var title: String
    /// What is measured, over what, and how to read it.
    package var caption: String
    /// The plot.
    package var plot: Plot
}

extension Figure {
    /// All figures that a report has data for, in the order of showing.
    package static func all(of report: Report) -> [Figure] {
        var figures: [Figure] = []
        if report.methods.contains(where: { !$0.thresholdCurve.points.isEmpty }) {
            figures += [precisionOverRecall(report), scoreOverCalledShare(report)]
        }
        if !report.convergence.isEmpty {
            figures.append(scoreOverStep(report))
        }
        if !report.pretraining.isEmpty {
            figures += [loss(report), collapse(report), uniformity(report)]
        }
        return figures
    }

    private static func precisionOverRecall(_ report: Report) -> Figure {
        let lines = report.methods.enumerated().map { index, method in
            Plot.Series(
                name: method.title, style: index,
                points: method.thresholdCurve.points.compactMap { point in
                    point.recall.map { Plot.Point(x: $0, y: point.precision) }
                },
                mark: method.pooled.recall.map { Plot.Point(x: $0, y: method.pooled.precision) })
        }
        return Figure(
            part: .thresholds, title: "Precision over recall",
            caption:
                "Pixels of all scored cities pooled, one point a threshold. The ring is the reported result, "
                + "by the method's own threshold rule; dotted lines join points of equal F1.",
            plot: Plot(
                id: "precision-recall", description: "Precision over recall, one line a method",
                x: .init(label: "Recall", unit: "", range: 0...1),
                y: .init(label: "Precision", unit: "", range: 0...1),
                series: lines, showsEqualF1: true))
    }

    private static func scoreOverCalledShare(_ report: Report) -> Figure {
        let lines = report.methods.enumerated().map { index, method in
            let pooled = method.pooled
            let called = Double(pooled.truePositive + pooled.falsePositive)
            let share = called / Double(max(1, pooled.pixelsScored)) * 100
            return Plot.Series(
                name: method.title, style: index,
                points: method.thresholdCurve.points.filter { $0.calledShare > 0 }
                    .map { Plot.Point(x: $0.calledShare * 100, y: $0.f1) }
                    .sorted { $0.x < $1.x },
                mark: share > 0 ? Plot.Point(x: share, y: pooled.f1) : nil)
        }
        return Figure(
            part: .thresholds, title: "F1 over how much is called change",
            caption:
                "One threshold for all cities, moved from strict to lax, and measured by the share "
                + "of pixels it calls change, since scores have other units in each method. The ring is "
                + "the reported result. The top of a curve needs the truth: an upper bound, not a result.",
            plot: Plot(
                id: "f1-called", description: "Pooled F1 over the share of pixels called change",
                x: .init(
                    label: "Called change", unit: "% of pixels", range: nil, isLogarithmic: true),
                y: .init(label: "F1, pooled", unit: "", range: nil), series: lines))
    }

    private static func scoreOverStep(_ report: Report) -> Figure {
        let steps = report.convergence.flatMap { $0.points.map(\.step) }
        let ends = [steps.min() ?? 0, steps.max() ?? 1].map(Double.init)
        let lines = report.methods.enumerated().compactMap { index, method -> Plot.Series? in
            if let curve = report.convergence.first(where: { $0.method == method.id }) {
                let points = curve.points.map { Plot.Point(x: Double($0.step), y: $0.f1) }
                return Plot.Series(name: method.title, style: index, points: points)
            }
            let level = report.referenceLevels.first { $0.method == method.id }
            return level?.f1.map { f1 in
                let points = ends.map { Plot.Point(x: $0, y: f1) }
                return Plot.Series(
                    name: method.title, style: index, points: points, isReference: true)
            }
        }
        return Figure(
            part: .training, title: "F1 over the steps of pretraining",
            caption:
                "Each point scores a snapshot of the encoder as the final one is scored, pooled over "
                + "the same pixels\(cityNote(report)). Level lines: what this pretraining does not change.",
            plot: Plot(
                id: "f1-step", description: "Pooled F1 over pretraining steps, with level lines",
                x: .init(label: "Optimiser steps", unit: "", range: nil),
                y: .init(label: "F1, pooled", unit: "", range: nil), series: lines))
    }

    /// Says which cities the snapshots were scored on, where they are not all.
    private static func cityNote(_ report: Report) -> String {
        guard let cities = report.convergence.first?.cities, cities != report.dataset.cities else {
            return ""
        }
        return " of \(cities.count) of the \(report.dataset.cities.count) cities"
    }
}
