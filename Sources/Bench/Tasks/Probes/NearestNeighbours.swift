package import Tensors

/// Nearest neighbours by cosine: what the most similar labelled samples are, weighted by how similar they are.
///
/// Neighbours weigh exp(cosine ÷ temperature) (Wu et al., 2018, as DINO's code), or all the same for temperature 0, as scikit-learn's
/// `KNeighborsClassifier(metric="cosine")`. A class's probability is its share of the weights.
package struct NearestNeighbours {
    private let features: Tensor
    private let truth: Tensor
    private let temperature: Double
    private static let rows = 1024

    /// Keeps labelled samples.
    ///
    /// - Parameters:
    ///   - table: features and labels.
    ///   - classes: how many classes there are.
    ///   - temperature: at least 0.
    package init(_ table: FeatureTable, classes: Int, temperature: Double) {
        features = Self.unit(table.features)
        self.temperature = temperature
        guard table.hasOneClass else {
            truth = table.labels
            return
        }
        let numbers = Tensor.range(0, classes).reshaped([1, classes])
        truth = table.labels.reshaped([table.count, 1]).isEqual(numbers).to(.float32)
    }

    /// Probabilities of some samples.
    ///
    /// - Parameters:
    ///   - queries: features of the samples asked for, float32 (samples, features).
    ///   - neighbours: how many labelled samples are asked; all where there are fewer.
    /// - Returns: float32 (samples, classes).
    /// - Throws: `TorchError`.
    package func callAsFunction(_ queries: Tensor, neighbours: Int) throws -> Tensor {
        let count = min(neighbours, features.size(0))
        return try Torch.attempt {
            noGradient {
                Tensor.cat(
                    stride(from: 0, to: queries.size(0), by: Self.rows).map { start in
                        let part = queries.narrow(
                            0, start: start, length: min(Self.rows, queries.size(0) - start))
                        return answer(Self.unit(part), count)
                    })
            }
        }
    }

    private func answer(_ queries: Tensor, _ count: Int) -> Tensor {
        let (similar, places) = queries.matmul(features.transposed(0, 1)).top(count)
        let votes = truth.indexSelect(0, places.flattened())
            .reshaped([places.size(0), count, truth.size(1)])
        let weights =
            temperature > 0 ? (similar * (1 / temperature)).softmax(1) : similar.onesLike()
        let all = weights.sum([1], keepingDimensions: true)
        return (votes * weights.unsqueezed(2)).sum([1]) / all
    }

    private static func unit(_ vectors: Tensor) -> Tensor {
        vectors / vectors.norm([1], keepingDimensions: true).clamp(minimum: 1e-12)
    }
}
