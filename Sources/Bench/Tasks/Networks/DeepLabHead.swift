import MatterModel
package import Tensors

/// DeepLab v3's head (Chen et al., 2017) on the last stage's map, with the names and the order of torchvision's `DeepLabHead`.
///
/// Atrous spatial pyramid pooling, dropout, a 3×3 convolution, a 1×1 convolution; scores are brought to the image's size bilinearly.
package final class DeepLabHead: DenseHead, TrainingDependent {
    /// True while training.
    package var isTraining = true
    private let pyramid: ASPP
    private let convolution: Conv2d
    private let norm: BatchNorm2d
    private let classifier: Conv2d
    private let dropout: Double

    /// Makes a head of a map of `inputs` channels; dilations that leave the map see its zero border.
    package init(_ inputs: Int, outputs: Int, channels: Int, rates: [Int], dropout: Double) {
        pyramid = ASPP(inputs, channels, dilations: rates)
        self.dropout = dropout
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
        let seen = pyramid(maps[maps.count - 1]).dropout(dropout, training: isTraining)
        return classifier(norm(convolution(seen)).relu()).interpolateBilinear(size)
    }
}
