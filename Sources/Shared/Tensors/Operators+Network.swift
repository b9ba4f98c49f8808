// MARK: What networks are made of

extension Tensor {
    /// Two-dimensional cross-correlation; weight `(out, in / groups, height, width)`.
    ///
    /// Uses `aten::conv2d`.
    public func conv2d(
        weight: Tensor, bias: Tensor? = nil, stride: [Int] = [1], padding: [Int] = [0],
        dilation: [Int] = [1], groups: Int = 1
    ) -> Tensor { Operator.conv2d(self, weight, bias, stride, padding, dilation, groups) }
    /// Transposed two-dimensional convolution; weight `(in, out / groups, height, width)`.
    ///
    /// Uses `aten::conv_transpose2d`.
    public func convTranspose2d(
        weight: Tensor, bias: Tensor? = nil, stride: [Int] = [1], padding: [Int] = [0],
        outputPadding: [Int] = [0], groups: Int = 1
    ) -> Tensor {
        Operator.convTranspose2d(self, weight, bias, stride, padding, outputPadding, groups)
    }
    /// Batch normalisation over all but dimension 1; when training it also updates the running statistics.
    ///
    /// Uses `aten::batch_norm`.
    public func batchNorm(
        weight: Tensor?, bias: Tensor?, runningMean: Tensor?, runningVariance: Tensor?,
        training: Bool, momentum: Double = 0.1, epsilon: Double = 1e-5
    ) -> Tensor {
        Operator.batchNorm(
            self, weight, bias, runningMean, runningVariance, training, momentum, epsilon, true)
    }
    /// Normalisation over groups of channels.
    ///
    /// Uses `aten::group_norm`.
    public func groupNorm(
        groups: Int, weight: Tensor? = nil, bias: Tensor? = nil, epsilon: Double = 1e-5
    ) -> Tensor { Operator.groupNorm(self, groups, weight, bias, epsilon) }
    /// Normalisation over the last dimensions, whose sizes are `shape`.
    ///
    /// Uses `aten::layer_norm`.
    public func layerNorm(
        _ shape: [Int], weight: Tensor? = nil, bias: Tensor? = nil, epsilon: Double = 1e-5
    ) -> Tensor { Operator.layerNorm(self, shape, weight, bias, epsilon) }
    /// The largest value of each window; `stride` is `size` unless given.
    ///
    /// Uses `aten::max_pool2d`.
    public func maxPool2d(_ size: [Int], stride: [Int] = [], padding: [Int] = [0]) -> Tensor {
        Operator.maxPool2d(self, size, stride, padding)
    }
    /// The mean of each window; `stride` is `size` unless given.
    ///
    /// Uses `aten::avg_pool2d`.
    public func averagePool2d(
        _ size: [Int], stride: [Int] = [], padding: [Int] = [0], countingPadding: Bool = true
    ) -> Tensor { Operator.avgPool2d(self, size, stride, padding, false, countingPadding) }
    /// Means over a grid of `size` windows.
    ///
    /// Uses `aten::adaptive_avg_pool2d`.
    public func adaptiveAveragePool2d(_ size: [Int]) -> Tensor {
        Operator.adaptiveAvgPool2d(self, size)
    }
    /// Drops values with a probability when training and scales the others up.
    ///
    /// Uses `aten::dropout`.
    public func dropout(_ probability: Double, training: Bool) -> Tensor {
        Operator.dropout(self, probability, training)
    }
    /// e to each value, scaled to sum 1 along a dimension.
    ///
    /// Uses `aten::softmax`.
    public func softmax(_ dimension: Int) -> Tensor {
        Operator.softmax(self, dimension, nil as DType?)
    }
    /// Logarithms of `softmax`.
    ///
    /// Uses `aten::log_softmax`.
    public func logSoftmax(_ dimension: Int) -> Tensor {
        Operator.logSoftmax(self, dimension, nil as DType?)
    }
    /// Mean cross-entropy of scores `(batch, classes, ...)` against class indices (`int64`).
    ///
    /// Uses `aten::cross_entropy_loss`.
    public func crossEntropy(
        _ target: Tensor, weight: Tensor? = nil, ignoring ignored: Int = -100, smoothing: Double = 0
    ) -> Tensor { Operator.crossEntropy(self, target, weight, 1, ignored, smoothing) }
    /// Mean binary cross-entropy of logits against targets in [0, 1].
    ///
    /// Uses `aten::binary_cross_entropy_with_logits`.
    public func binaryCrossEntropyWithLogits(
        _ target: Tensor, weight: Tensor? = nil, positiveWeight: Tensor? = nil
    ) -> Tensor { Operator.bce(self, target, weight, positiveWeight, 1) }
    /// Mean squared difference.
    ///
    /// Uses `aten::mse_loss`.
    public func meanSquaredError(_ target: Tensor) -> Tensor { Operator.mse(self, target, 1) }
    /// Cosine of the angle between vectors along a dimension.
    ///
    /// Uses `aten::cosine_similarity`.
    public func cosineSimilarity(_ other: Tensor, dimension: Int = 1, epsilon: Double = 1e-8)
        -> Tensor
    { Operator.cosine(self, other, dimension, epsilon) }
    /// Resized to `(height, width)` with bilinear weights.
    ///
    /// Uses `aten::upsample_bilinear2d`.
    public func interpolateBilinear(_ size: [Int], aligningCorners: Bool = false) -> Tensor {
        Operator.bilinear(self, size, aligningCorners, nil as Double?, nil as Double?)
    }
    /// Resized to `(height, width)` from the nearest pixel.
    ///
    /// Uses `aten::upsample_nearest2d`.
    public func interpolateNearest(_ size: [Int]) -> Tensor {
        Operator.nearest(self, size, nil as Double?, nil as Double?)
    }
    /// Sampled bilinearly at `(x, y)` in [-1, 1], zero outside.
    ///
    /// Uses `aten::grid_sampler_2d`.
    public func gridSample(_ grid: Tensor, aligningCorners: Bool = false) -> Tensor {
        Operator.gridSample(self, grid, 0, 0, aligningCorners)
    }
    /// Windows of `size` as columns: `(batch, channels × window, windows)`.
    ///
    /// Uses `aten::im2col`.
    public func unfold2d(
        _ size: [Int], dilation: [Int] = [1, 1], padding: [Int] = [0, 0], stride: [Int] = [1, 1]
    ) -> Tensor { Operator.im2col(self, size, dilation, padding, stride) }
}

extension Operator {
    fileprivate static let conv2d = Operator("aten::conv2d")
    fileprivate static let convTranspose2d = Operator("aten::conv_transpose2d", "input")
    fileprivate static let batchNorm = Operator("aten::batch_norm")
    fileprivate static let groupNorm = Operator("aten::group_norm")
    fileprivate static let layerNorm = Operator("aten::layer_norm")
    fileprivate static let maxPool2d = Operator("aten::max_pool2d")
    fileprivate static let avgPool2d = Operator("aten::avg_pool2d")
    fileprivate static let adaptiveAvgPool2d = Operator("aten::adaptive_avg_pool2d")
    fileprivate static let dropout = Operator("aten::dropout")
    fileprivate static let softmax = Operator("aten::softmax", "int")
    fileprivate static let logSoftmax = Operator("aten::log_softmax", "int")
    fileprivate static let crossEntropy = Operator("aten::cross_entropy_loss")
    fileprivate static let bce = Operator("aten::binary_cross_entropy_with_logits")
    fileprivate static let mse = Operator("aten::mse_loss")
    fileprivate static let cosine = Operator("aten::cosine_similarity")
    fileprivate static let bilinear = Operator("aten::upsample_bilinear2d")
    fileprivate static let nearest = Operator("aten::upsample_nearest2d")
    fileprivate static let gridSample = Operator("aten::grid_sampler_2d")
    fileprivate static let im2col = Operator("aten::im2col")
}
