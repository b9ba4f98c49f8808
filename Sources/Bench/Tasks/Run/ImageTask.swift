import Manifests
import Metrics
import Store
import Tensors

/// A task with one answer an image, trained by steps: validation and predictions.
struct ImageTask {
    let inputs: TaskInputs
    let probabilities: ([Tensor]) -> Tensor
    let device: Device
    let shouldStop: () -> Bool

    /// Scores the samples that select; nil where there are none.
    ///
    /// - Throws: what reading throws; `StopRequest`.
    func validate() throws -> TaskValidation? {
        guard inputs.splits.selection != "none" else { return nil }
        let indices = inputs.splits.validation
        let (scores, labels) = try predict(indices)
        let found = try ImageScores(scores, labels) { inputs.dataset.key(indices[$0]) }
        return TaskValidation(metrics: [found.metric: found.value], metric: found.metric)
    }

    /// Probabilities and labels of some samples, in their order.
    ///
    /// - Throws: what reading throws; `StopRequest`.
    func predict(_ indices: [Int]) throws -> (Tensor, Tensor) {
        let stream = try BatchStream(
            inputs.dataset, SampleSelection(all: inputs.dataset).keeping("listed", indices),
            inputs.imagePlan(), epochs: 0..<1)
        var (scores, labels): ([Tensor], [Tensor]) = ([], [])
        while let batch = try stream.next() {
            if shouldStop() { throw StopRequest() }
            let images = try inputs.images(of: batch)
            labels.append(try inputs.labels(of: batch))
            scores.append(try Torch.attempt { probabilities(images).to(.float32).to(.cpu) })
        }
        return try Torch.attempt { (Tensor.cat(scores), Tensor.cat(labels)) }
    }

    /// The predictions of samples as files hold them, and a line of counts for each.
    ///
    /// - Throws: `MetricsError`.
    static func written(
        _ scores: Tensor, _ labels: Tensor, _ indices: [Int], of dataset: any Dataset
    ) -> (arrays: [String: HostArray], counts: [TaskCounts]) {
        let classes = scores.size(1)
        let values = scores.values(as: Float.self)
        let isSingle = labels.rank == 1
        let truth = labels.to(.int64).values(as: Int64.self)
        let counts = indices.enumerated().map { row, index in
            var line = TaskCounts(key: dataset.key(index), group: dataset.group(index))
            let part = values[row * classes..<(row + 1) * classes]
            if isSingle {
                line.truth = Int(truth[row])
                line.prediction = ImageScores.greatest(part)
            } else {
                line.counts = .init(
                    ConfusionCounts(
                        prediction: part.map { $0 >= 0.5 ? 1 : 0 },
                        truth: truth[row * classes..<(row + 1) * classes].map { UInt8($0) }))
            }
            return line
        }
        return (
            [
                "scores": scores.to(.float32).hostArray(),
                "labels": labels.to(isSingle ? .int64 : .uint8).hostArray(),
            ], counts
        )
    }
}
