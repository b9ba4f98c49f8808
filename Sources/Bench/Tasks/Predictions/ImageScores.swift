import Metrics
package import Tensors

/// How well probabilities of images with one answer each fit their labels; what models are selected by.
package struct ImageScores {
    /// "mAP" of any number of classes, "accuracy" of one.
    package let metric: String
    /// Its value; nil where it is undefined.
    package let value: Double?

    /// Scores probabilities (samples, classes) against labels as `FeatureTable` has them.
    ///
    /// mAP: the mean over classes of average precision, classes without a positive left out. Accuracy: the share of samples whose
    /// greatest probability is that of their class, the first of several.
    ///
    /// - Parameters:
    ///   - probabilities: (samples, classes).
    ///   - labels: as `FeatureTable` has them.
    ///   - name: what a sample is called, by its row.
    /// - Throws: `BenchError`, 65, naming the first sample whose scores are no numbers; `MetricsError`.
    package init(
        _ probabilities: Tensor, _ labels: Tensor,
        naming name: (Int) -> String = { "sample \($0)" }
    ) throws {
        let (count, classes) = (probabilities.size(0), probabilities.size(1))
        let scores = probabilities.values(as: Float.self)
        if let place = scores.firstIndex(where: { !$0.isFinite }) {
            throw BenchError(
                .invalid,
                "\(name(place / classes)): the network gives scores that are no numbers; train it again, or take another encoder"
            )
        }
        guard labels.rank == 2 else {
            let truth = labels.values(as: Int64.self)
            let right = (0..<count).count { row in
                Self.greatest(scores[row * classes..<(row + 1) * classes]) == Int(truth[row])
            }
            (metric, value) = ("accuracy", count == 0 ? nil : Double(right) / Double(count))
            return
        }
        let truth = labels.to(.uint8).values(as: UInt8.self)
        metric = "mAP"
        value = try MultilabelScores(scores: scores, labels: truth, classes: classes)
            .averagePrecision(.macro)
    }

    /// The place of the greatest number, the first of several.
    static func greatest(_ scores: ArraySlice<Float>) -> Int {
        var best = scores.startIndex
        for place in scores.indices where scores[place] > scores[best] { best = place }
        return best - scores.startIndex
    }
}
