public import Tensors

/// The surface residual encoder: how a vector differs from learned centres, weighted by how near each is.
///
/// θ = softmax_k(s_k ‖z − q_k‖²) and r = (1/Υ) Σ_k θ_k (z − q_k), after Deep-TEN (Zhang et al., 2017) and MATTER. As θ sums to 1,
/// r = (z − θ Q) / Υ, and ‖z − q‖² = ‖z‖² + ‖q‖² − 2 z·q: nothing of size patches × centres × channels is made.
public final class SurfaceEncoding: Module {
    /// The centres Q: (centres, channels).
    let clusters: Parameter
    /// The scale s of each centre: (centres).
    let scale: Parameter

    /// Makes an encoder with centres at zero; `MatterEncoder.initialise(seed:)` draws them.
    public init(channels: Int, clusters count: Int) {
        clusters = Parameter(.zeros([count, channels]))
        scale = Parameter(.zeros([count]))
    }

    /// `clusters` and `scale`.
    public var parameters: [(String, Parameter)] { [("clusters", clusters), ("scale", scale)] }

    /// Residuals of vectors: (…, channels) → (…, channels).
    public func callAsFunction(_ vectors: Tensor) -> Tensor {
        (vectors - weights(vectors).matmul(clusters.value)) * (1 / Double(clusters.value.size(0)))
    }

    /// Deep-TEN's code of patches with many vectors: (patches, vectors, channels) → (patches, centres, channels).
    ///
    /// E_k = Σ_i θ_ik (z_i − q_k), which is θᵀZ − (Σ_i θ_i) ∘ Q. Its mean over the centres is the sum of a patch's residuals.
    public func codes(_ vectors: Tensor) -> Tensor {
        let weights = weights(vectors)
        let shares = weights.sum([1]).unsqueezed(2)
        return weights.transposed(1, 2).matmul(vectors) - shares * clusters.value
    }

    /// The weights θ: (…, centres), summing to 1 over the centres.
    package func weights(_ vectors: Tensor) -> Tensor {
        let centres = clusters.value
        let own = (vectors * vectors).sum([-1], keepingDimensions: true)
        let others = (centres * centres).sum([1])
        let products = vectors.matmul(centres.transposed(0, 1))
        return (scale.value * (own + others - products * 2)).softmax(-1)
    }
}
