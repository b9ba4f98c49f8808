extension Figure {
    /// The loss over the steps.
    package static func loss(_ report: Report) -> Figure {
        Figure(
            part: .training, title: "Pretraining loss",
            caption:
                "The noise-contrastive loss of each step's batch. Chance level is the logarithm of "
                + "the number of candidates; a falling loss alone does not show that the features are useful.",
            plot: Plot(
                id: "loss", description: "Noise-contrastive loss over pretraining steps",
                x: steps, y: .init(label: "Loss", unit: "nats", range: nil),
                series: lines(report) { $0.loss }))
    }

    /// The spread of the embeddings over the steps: the sign of collapse.
    package static func collapse(_ report: Report) -> Figure {
        Figure(
            part: .training, title: "Spread of the embeddings",
            caption: "Standard deviation of the unit-length embeddings over the batch, mean of all "
                + "dimensions. Towards 0 the encoder collapses, answering every image with the same vector.",
            plot: Plot(
                id: "collapse",
                description: "Standard deviation of embeddings over pretraining steps",
                x: steps, y: .init(label: "Embedding standard deviation", unit: "", range: nil),
                series: lines(report) { $0.embeddingStd }))
    }

    /// Alignment and uniformity over the steps.
    package static func uniformity(_ report: Report) -> Figure {
        let alignment = lines(report) { $0.alignment }.map { line in
            var line = line
            line.name = "Alignment" + (report.pretraining.count > 1 ? ", \(line.name)" : "")
            line.style = line.style * 2
            return line
        }
        let uniformity = lines(report) { $0.uniformity }.map { line in
            var line = line
            line.name = "Uniformity" + (report.pretraining.count > 1 ? ", \(line.name)" : "")
            line.style = line.style * 2 + 1
            return line
        }
        return Figure(
            part: .training, title: "Alignment and uniformity",
            caption:
                "Alignment: mean squared distance of the two views of a place (lower is closer). "
                + "Uniformity: log mean Gaussian potential of all pairs (lower is more evenly spread).",
            plot: Plot(
                id: "uniformity", description: "Alignment and uniformity over pretraining steps",
                x: steps, y: .init(label: "Alignment, uniformity", unit: "", range: nil),
                series: alignment + uniformity))
    }

    private static var steps: Plot.Axis { .init(label: "Optimiser steps", unit: "", range: nil) }

    private static func lines(
        _ report: Report, _ value: (Report.PretrainingPoint) -> Double?
    ) -> [Plot.Series] {
        report.pretraining.enumerated().map { index, run in
            Plot.Series(
                name: run.name, style: index,
                points: run.points.map { Plot.Point(x: Double($0.step), y: value($0)) })
        }
    }
}
