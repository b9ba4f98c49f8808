import Tensors

/// A convolution and its norm in one, for inference on maps of a known small side, with few products (see `FewProducts`).
///
/// The norm's running statistics are folded into weights and bias, the taps' side of the transform into the weights.
/// Uses `matter::convolve_patches`, an operator of our own.
struct PatchConvolution {
    /// Side of the output.
    let outputSide: Int
    private let weights: Tensor
    private let bias: Tensor
    private let into: Tensor
    private let outOf: Tensor

    init(_ convolution: Conv2d, _ norm: BatchNorm2d, stride: Int, side: Int) {
        let folded = convolution.folding(norm)
        let way = FewProducts(side: side, size: folded.weight.value.size(3), stride: stride)
        outputSide = way.outOf.count
        into = Self.matrix(way.into).to(.float32)
        outOf = Self.matrix(way.outOf).to(.float32)
        bias = folded.bias?.value.detached() ?? .zeros([folded.weight.value.size(0)])
        weights = Self.transformed(folded.weight.value, Self.matrix(way.taps))
    }

    /// Convolves maps of patches.
    ///
    /// - Parameters:
    ///   - maps: (patches, side², inputs).
    ///   - beside: what is added to the result, of its shape.
    ///   - cut: whether what is below zero becomes zero.
    /// - Returns: (patches, `outputSide`², outputs).
    func callAsFunction(_ maps: Tensor, beside: Tensor? = nil, cut: Bool) -> Tensor {
        convolvePatches(maps, weights, bias, beside, into, outOf, cut)
    }

    /// (outputs, inputs, size, size) → (products², inputs, outputs).
    private static func transformed(_ weight: Tensor, _ taps: Tensor) -> Tensor {
        let products = Tensor.einsum("qr,pc,oirc->qpio", [taps, taps, weight.to(.float64)])
        return products.flattened(from: 0, to: 1).to(.float32).contiguous()
    }

    private static func matrix(_ rows: [[Double]]) -> Tensor {
        Tensor(rows.flatMap(\.self), shape: [rows.count, rows.first?.count ?? 0])
    }
}

private let convolvePatches = Operator("matter::convolve_patches")
