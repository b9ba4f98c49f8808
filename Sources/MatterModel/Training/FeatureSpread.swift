import Foundation
import Tensors

/// What tells a collapse of the features, after Wang and Isola (2020): of features scaled to unit length.
struct FeatureSpread: Codable, Hashable, Sendable {
    /// The mean over features of the standard deviation over patches; 1/√features where they fill the sphere, 0 in a collapse.
    var embeddingStd: Double
    /// The mean squared distance of the two dates of a patch.
    var alignment: Double
    /// log of the mean of exp(−2 d²) over pairs of different patches; the lower, the better spread.
    var uniformity: Double

    init(anchors: Tensor, positives: Tensor) {
        (embeddingStd, alignment, uniformity) = noGradient {
            let (first, second) = (anchors.detached().unitRows(), positives.detached().unitRows())
            let count = first.size(0)
            let deviation = first.standardDeviation([0]).mean()
            let distance = (first - second).square().sum() * (1 / Double(count))
            let similarities = first.matmul(first.transposed(0, 1))
            // d² = 2 − 2 cos; the diagonal adds exp(0) = 1 a patch.
            let potentials = ((similarities * 4 - 4).exp().sum() - Double(count)).item(
                as: Float.self)
            let mean = Double(potentials) / Double(max(count * (count - 1), 1))
            return (
                Double(deviation.item(as: Float.self)), Double(distance.item(as: Float.self)),
                mean > 0 ? log(mean) : 0
            )
        }
    }
}
