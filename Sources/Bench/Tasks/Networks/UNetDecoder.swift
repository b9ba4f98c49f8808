package import Tensors

/// What turns the maps of an encoder into a score for each pixel.
package protocol DenseHead: Module {
    /// Scores of all pixels.
    ///
    /// - Parameters:
    ///   - maps: finest first, as the encoder, or the difference of two dates, gives them.
    ///   - size: height and width of the result.
    /// - Returns: (batch, outputs, height, width).
    func callAsFunction(_ maps: [Tensor], size: [Int]) -> Tensor
}

/// One linear map of all stages: a 1×1 convolution of each, brought to the image's size bilinearly and summed.
///
/// The same as one 1×1 convolution of all maps brought to that size and stacked, without the memory of it.
package final class LinearDenseHead: DenseHead {
    private let maps: [Conv2d]

    /// Makes a head for maps of some channels.
    package init(_ channels: [Int], outputs: Int) {
        maps = channels.enumerated().map {
            Conv2d($0.element, outputs, kernelSize: 1, bias: $0.offset == 0)
        }
    }

    /// `0`, `1` and so on, finest first; the summand stands with the first.
    package var children: [(String, any Module)] {
        maps.enumerated().map { ("\($0.offset)", $0.element) }
    }

    /// The sum.
    package func callAsFunction(_ input: [Tensor], size: [Int]) -> Tensor {
        let scores = zip(maps, input).map { $0($1).interpolateBilinear(size) }
        return scores.dropFirst().reduce(scores[0], +)
    }
}

/// A decoder with skips (after Ronneberger et al., 2015, and Daudt et al., 2018): from the deepest map up, each step brings the map to the
/// size of the next finer one, puts both together and convolves twice.
///
/// Upsampling is bilinear, convolutions are 3×3 with batch normalisation and have as many outputs as the finer map has channels. The
/// last 1×1 convolution works at the finest map's size; its scores are brought to the image's size bilinearly. Channels are
/// dropped whole before it.
package final class UNetDecoder: DenseHead, TrainingDependent {
    /// True while training.
    package var isTraining = true
    private let steps: [Step]
    private let classifier: Conv2d
    private let dropout: Double

    private final class Step: Module {
        let first, second: Conv2d
        let firstNorm, secondNorm: BatchNorm2d

        init(_ inputs: Int, _ outputs: Int) {
            first = Conv2d(inputs, outputs, kernelSize: 3, padding: 1, bias: false)
            second = Conv2d(outputs, outputs, kernelSize: 3, padding: 1, bias: false)
            (firstNorm, secondNorm) = (BatchNorm2d(outputs), BatchNorm2d(outputs))
        }

        var children: [(String, any Module)] {
            [("conv1", first), ("bn1", firstNorm), ("conv2", second), ("bn2", secondNorm)]
        }

        func callAsFunction(_ map: Tensor) -> Tensor {
            secondNorm(second(firstNorm(first(map)).relu())).relu()
        }
    }

    /// Makes a decoder of maps of some channels, finest first.
    package init(_ channels: [Int], outputs: Int, dropout: Double) {
        var inputs = channels[channels.count - 1]
        steps = channels.dropLast().reversed().map { finer in
            defer { inputs = finer }
            return Step(inputs + finer, finer)
        }
        classifier = Conv2d(channels[0], outputs, kernelSize: 1)
        self.dropout = dropout
    }

    /// `steps.0`, the deepest, and so on; `classifier`.
    package var children: [(String, any Module)] {
        steps.enumerated().map { ("steps.\($0.offset)", $0.element as any Module) }
            + [("classifier", classifier)]
    }

    /// Decodes.
    package func callAsFunction(_ maps: [Tensor], size: [Int]) -> Tensor {
        var map = maps[maps.count - 1]
        for (step, finer) in zip(steps, maps.dropLast().reversed()) {
            let larger = map.interpolateBilinear([finer.size(2), finer.size(3)])
            map = step(Tensor.cat([larger, finer], dimension: 1))
        }
        return classifier(map.droppingChannels(dropout, training: isTraining))
            .interpolateBilinear(size)
    }
}

extension Tensor {
    /// Drops whole channels with a probability while training and scales the others up: PyTorch's `Dropout2d`.
    func droppingChannels(_ probability: Double, training: Bool) -> Tensor {
        guard training, probability > 0 else { return self }
        let ones = Tensor.ones([size(0), size(1), 1, 1], dtype: dtype, on: device)
        return self * ones.dropout(probability, training: true)
    }
}
