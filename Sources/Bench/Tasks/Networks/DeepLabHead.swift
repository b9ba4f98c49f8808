package import Tensors

/// DeepLab v3's head (Chen et al., 2017) on the last stage's map, with the names and the order of torchvision's `DeepLabHead`.
///
/// Atrous spatial pyramid pooling, a 3×3 convolution, a 1×1 convolution; scores are brought to the image's size bilinearly.
package final class DeepLabHead: DenseHead {
    private let pyramid: AtrousPyramid
    private let convolution: Conv2d
    private let norm: BatchNorm2d
    private let classifier: Conv2d

    /// Makes a head of a map of `inputs` channels; dilations that leave the map see its zero border.
    package init(_ inputs: Int, outputs: Int, channels: Int, rates: [Int], dropout: Double) {
        pyramid = AtrousPyramid(inputs, channels, rates: rates, dropout: dropout)
        convolution = Conv2d(channels, channels, kernelSize: 3, padding: 1, bias: false)
        norm = BatchNorm2d(channels)
        classifier = Conv2d(channels, outputs, kernelSize: 1)
    }

    /// `0`, `1`, `2`, `4`: `3` is what cuts off below zero.
    package var children: [(String, any Module)] {
        [("0", pyramid), ("1", convolution), ("2", norm), ("4", classifier)]
    }

    /// Scores from the last of the maps.
    package func callAsFunction(_ maps: [Tensor], size: [Int]) -> Tensor {
        classifier(norm(convolution(pyramid(maps[maps.count - 1]))).relu())
            .interpolateBilinear(size)
    }
}

/// Atrous spatial pyramid pooling: a 1×1 convolution, dilated 3×3 ones and the image's mean, side by side, then a 1×1 convolution.
package final class AtrousPyramid: Layer, TrainingDependent {
    /// True while training.
    package var isTraining = true
    private let branches: [(convolution: Conv2d, norm: BatchNorm2d)]
    private let pooled: (convolution: Conv2d, norm: BatchNorm2d)
    private let project: (convolution: Conv2d, norm: BatchNorm2d)
    private let dropout: Double

    /// Makes a pyramid.
    package init(_ inputs: Int, _ channels: Int, rates: [Int], dropout: Double) {
        func layer(_ from: Int, rate: Int?) -> (Conv2d, BatchNorm2d) {
            let convolution = Conv2d(
                from, channels, kernelSize: rate == nil ? 1 : 3, padding: rate ?? 0,
                dilation: rate ?? 1, bias: false)
            return (convolution, BatchNorm2d(channels))
        }
        branches = [layer(inputs, rate: nil)] + rates.map { layer(inputs, rate: $0) }
        pooled = layer(inputs, rate: nil)
        project = layer(channels * (rates.count + 2), rate: nil)
        self.dropout = dropout
    }

    /// `convs.0.0` …, the pooled branch `convs.N.1` and `convs.N.2`, `project.0`, `project.1`.
    package var children: [(String, any Module)] {
        branches.enumerated().flatMap { number, branch -> [(String, any Module)] in
            [
                ("convs.\(number).0", branch.convolution),
                ("convs.\(number).1", branch.norm),
            ]
        } + [
            ("convs.\(branches.count).1", pooled.convolution),
            ("convs.\(branches.count).2", pooled.norm), ("project.0", project.convolution),
            ("project.1", project.norm),
        ]
    }

    /// (batch, inputs, height, width) → (batch, channels, height, width).
    package func callAsFunction(_ map: Tensor) -> Tensor {
        let size = [map.size(2), map.size(3)]
        let mean = map.mean([2, 3], keepingDimensions: true)
        let whole = pooled.norm(pooled.convolution(mean)).relu().interpolateBilinear(size)
        let all = branches.map { $0.norm($0.convolution(map)).relu() } + [whole]
        return project.norm(project.convolution(Tensor.cat(all, dimension: 1))).relu()
            .dropout(dropout, training: isTraining)
    }
}
