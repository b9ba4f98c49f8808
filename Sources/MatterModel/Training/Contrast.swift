import Foundation
package import Tensors

/// Which patches of a batch are an anchor's negatives.
public enum Negatives: String, Codable, Hashable, Sendable, CaseIterable {
    /// Patches of other regions alone, as in the paper.
    case regions
    /// Patches of any other ground: other regions, and windows of the same region that do not overlap.
    case places
}

/// Compares the features of patches at two dates.
///
/// InfoNCE: −log( exp(f(a)·f(p)/τ) / Σ_c exp(f(a)·f(c)/τ) ), the mean over anchors; the candidates c of an anchor are its
/// positive and the second-date patches of its negatives. With τ = 1 and raw features it is the paper's printed loss.
package struct Contrast {
    let temperature: Double
    let normalises: Bool

    package init(temperature: Double, normalises: Bool) {
        (self.temperature, self.normalises) = (temperature, normalises)
    }

    init(_ recipe: Recipe.Loss) {
        (temperature, normalises) = (recipe.temperature, recipe.normalise)
    }

    /// Computes the loss.
    ///
    /// - Parameters:
    ///   - anchors: (patches, features) at the first date.
    ///   - positives: the same patches at the second date.
    ///   - mask: (patches, patches), 0 where a column is a candidate of a row and −∞ elsewhere.
    /// - Returns: a tensor without dimensions.
    package func loss(anchors: Tensor, positives: Tensor, mask: Tensor) -> Tensor {
        let first = normalises ? anchors.unitRows() : anchors
        let second = normalises ? positives.unitRows() : positives
        let logits = first.matmul(second.transposed(0, 1)) * (1 / temperature) + mask
        return -diagonal(logits.logSoftmax(1)).mean()
    }

    /// The candidates' mask, row-major; see `loss(anchors:positives:mask:)`.
    package static func mask(
        _ grounds: [PatchGround], negatives: Negatives, window: Int
    ) -> [Float] {
        var mask = [Float](repeating: 0, count: grounds.count * grounds.count)
        for (i, own) in grounds.enumerated() {
            for (j, other) in grounds.enumerated() where i != j {
                let isNegative =
                    switch negatives {
                    case .regions: own.region != other.region
                    case .places: !own.overlaps(other, window: window)
                    }
                if !isNegative { mask[i * grounds.count + j] = -.infinity }
            }
        }
        return mask
    }
}

extension PatchGround {
    /// Whether two patches of a side share a pixel of the ground.
    fileprivate func overlaps(_ other: PatchGround, window: Int) -> Bool {
        place == other.place && abs(row - other.row) < window
            && abs(column - other.column) < window
    }
}

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

extension Tensor {
    /// Each row of a (rows, columns) tensor divided by its length.
    func unitRows() -> Tensor {
        self / norm([1], keepingDimensions: true).clamp(minimum: 1e-12)
    }
}

private let diagonal = Operator("aten::diagonal")
