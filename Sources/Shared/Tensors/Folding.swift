extension Conv2d {
    /// This convolution followed by a norm's running statistics, as one convolution: for inference.
    ///
    /// w' = w · γ / √(σ² + ε), b' = β + (b − μ) · γ / √(σ² + ε).
    public func folding(_ norm: BatchNorm2d) -> Conv2d {
        noGradient {
            let shape = weight.value.shape
            let factor =
                norm.weight.value / (norm.runningVariance + norm.epsilon).sqrt()
            let folded = Conv2d(
                shape[1] * groups, shape[0], kernelSize: shape[3], stride: stride[0],
                padding: padding[0], dilation: dilation[0], groups: groups)
            folded.move(to: weight.value.device)
            folded.weight.value.copyInPlace(weight.value * factor.reshaped([shape[0], 1, 1, 1]))
            let offset = (bias?.value ?? norm.runningMean.zerosLike()) - norm.runningMean
            folded.bias?.value.copyInPlace(norm.bias.value + offset * factor)
            return folded
        }
    }
}
