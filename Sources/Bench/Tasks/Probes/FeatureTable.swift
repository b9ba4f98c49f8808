import Store
package import Tensors

/// Features and labels of some samples, computed once.
package struct FeatureTable {
    /// float32 (samples, features).
    package let features: Tensor
    /// Classes as int64 (samples), or float32 (samples, classes) of 0 and 1.
    package let labels: Tensor

    /// Puts both together.
    package init(features: Tensor, labels: Tensor) {
        (self.features, self.labels) = (features, labels)
    }

    /// Computes the features of some samples, in their order.
    ///
    /// - Parameters:
    ///   - inputs: the samples as batches.
    ///   - indices: which.
    ///   - network: what computes them.
    ///   - device: where.
    ///   - shouldStop: asked between batches.
    /// - Throws: what reading throws; `BenchError`, 65, naming a sample whose features are no numbers; `StopRequest`.
    init(
        _ inputs: TaskInputs, _ indices: [Int], _ network: TaskNetwork, on device: Device,
        shouldStop: () -> Bool
    ) throws {
        let stream = try BatchStream(
            inputs.dataset, SampleSelection(all: inputs.dataset).keeping("listed", indices),
            inputs.imagePlan(), epochs: 0..<1)
        var (features, labels): ([Tensor], [Tensor]) = ([], [])
        network.beginTraining(false)
        while let batch = try stream.next() {
            if shouldStop() { throw StopRequest() }
            let images = try inputs.images(of: batch)
            labels.append(try inputs.labels(of: batch))
            let found = try Torch.attempt {
                network.vectors(images[0].to(device)).to(.float32).to(.cpu)
            }
            try Self.check(found) { inputs.dataset.key(batch.samples[$0]) }
            features.append(found)
        }
        let (all, truth) = try Torch.attempt { (Tensor.cat(features), Tensor.cat(labels)) }
        self.init(features: all, labels: truth)
    }

    /// Nothing can be learnt from what is no number.
    private static func check(_ features: Tensor, naming name: (Int) -> String) throws {
        let values = features.values(as: Float.self)
        guard let place = values.firstIndex(where: { !$0.isFinite }) else { return }
        throw BenchError(
            .invalid,
            "\(name(place / features.size(1))): the encoder gives features that are no numbers; take another encoder, or see data.standardise"
        )
    }

    /// How many samples there are.
    package var count: Int { features.size(0) }
    /// Whether each sample has one class, or any number.
    package var hasOneClass: Bool { labels.rank == 1 }
}
