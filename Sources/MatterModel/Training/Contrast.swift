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
/// The candidates of an anchor are its positive, the same patch at the second date, and its negatives, the second-date patches of
/// other grounds in the batch, on whichever rank they are.
package struct Contrast {
    private let recipe: Recipe.Loss

    package init(_ recipe: Recipe.Loss) {
        self.recipe = recipe
    }

    /// Computes the loss.
    ///
    /// - Parameters:
    ///   - anchors: (patches, features) at the first date.
    ///   - positives: the same patches at the second date.
    ///   - mask: (patches, patches), 0 where a column is a candidate of a row and −∞ elsewhere.
    /// - Returns: a tensor without dimensions.
    package func loss(anchors: Tensor, positives: Tensor, mask: Tensor) -> Tensor {
        let first = recipe.normalise ? anchors.unitRows() : anchors
        let second = recipe.normalise ? positives.unitRows() : positives
        return switch recipe.kind {
        case .infoNCE: noiseContrastive(first, second, mask)
        case .triplet: triplet(first, second, mask)
        }
    }

    /// InfoNCE: −log( exp(f(a)·f(p)/τ) / Σ_c exp(f(a)·f(c)/τ) ), the mean over anchors.
    ///
    /// With τ = 1 and raw features it is the paper's printed loss (MATTER, section 3.4).
    private func noiseContrastive(_ first: Tensor, _ second: Tensor, _ mask: Tensor) -> Tensor {
        let similarities = first.matmul(second.transposed(0, 1)) * (1 / recipe.temperature)
        let logits = similarities + hardest(similarities, mask)
        return -diagonal(logits.logSoftmax(1)).mean()
    }

    /// max(0, d(a, p) − d(a, n) + margin), the mean over all pairs of an anchor and a negative (Balntas et al., 2016).
    ///
    /// With `swap`, d(p, n) stands for d(a, n) where it is smaller.
    private func triplet(_ first: Tensor, _ second: Tensor, _ mask: Tensor) -> Tensor {
        let order: Double = recipe.distance == .l1 ? 1 : 2
        let distances = first.distances(to: second, order: order)
        let own = diagonal(distances).unsqueezed(1)
        let others =
            recipe.swap ? distances.minimum(second.distances(to: second, order: order)) : distances
        let chosen = hardest(-others, mask)
        // The diagonal is the positive itself and no negative.
        let isNegative =
            chosen.isEqual(0).to(.float32) - Tensor.identity(first.size(0), on: first.device)
        let losses = (own - others + recipe.margin).relu() * isNegative
        return losses.sum() / isNegative.sum().clamp(minimum: 1)
    }

    /// The mask, and −∞ too for all but the `hardNegatives` most similar negatives of each row.
    private func hardest(_ similarities: Tensor, _ mask: Tensor) -> Tensor {
        let count = recipe.hardNegatives
        let others = mask.size(1) - 1
        guard count > 0, count < others else { return mask }
        return noGradient {
            let itself = Tensor.identity(mask.size(0), on: mask.device)
            let candidates = similarities.detached() + mask - itself * 1e30
            let least = candidates.top(count, dimension: 1).values.narrow(
                1, start: count - 1, length: 1)
            let isLeft = candidates.isLess(least).to(.float32) * (1 - itself)
            return mask - isLeft * 1e30
        }
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

extension Tensor {
    /// Each row of a (rows, columns) tensor divided by its length.
    func unitRows() -> Tensor {
        self / norm([1], keepingDimensions: true).clamp(minimum: 1e-12)
    }
}

private let diagonal = Operator("aten::diagonal")
