public import Tensors

/// Atrous spatial pyramid pooling (Chen et al., 2017): looks at a map with several dilations at once, and at all of it.
///
/// A 1×1 convolution, a 3×3 convolution for each dilation and the mean over the map are set side by side and mixed by a 1×1
/// convolution; each ends with a norm and a cut at zero. Parameter names are those of torchvision's `deeplabv3.ASPP`.
public final class ASPP: Layer {
    /// Channels of the output.
    public let outputChannels: Int
    private let branches: [Sequential]
    private let pooled: Sequential
    private let project: Sequential

    /// Makes the branches.
    ///
    /// - Parameters:
    ///   - channels: channels of the input.
    ///   - outputs: channels of each branch and of the output.
    ///   - dilations: of the 3×3 convolutions; torchvision has 12, 24, 36.
    public init(_ channels: Int, _ outputs: Int, dilations: [Int]) {
        func unit(_ inputs: Int, _ size: Int, _ dilation: Int) -> [any Layer] {
            let convolution = Conv2d(
                inputs, outputs, kernelSize: size, padding: size / 2 * dilation,
                dilation: dilation, bias: false)
            return [convolution, BatchNorm2d(outputs), ReLU()]
        }
        outputChannels = outputs
        branches =
            [Sequential(unit(channels, 1, 1))] + dilations.map { Sequential(unit(channels, 3, $0)) }
        // Numbered from 1 as in torchvision, where the mean itself is number 0.
        pooled = Sequential([MapMean()] + unit(channels, 1, 1))
        project = Sequential(unit((branches.count + 1) * outputs, 1, 1))
    }

    /// `convs.0` and so on, the mean's branch last, then `project`.
    public var children: [(String, any Module)] {
        (branches + [pooled]).enumerated().map { ("convs.\($0.offset)", $0.element as any Module) }
            + [("project", project)]
    }

    /// Adds what the branches cost; the side stays.
    func count(_ cost: inout ConvolutionCost) {
        for branch in branches + [project] {
            for case let convolution as Conv2d in branch.layers {
                let shape = convolution.weight.value.shape
                cost.convolve(shape[1], shape[0], size: shape[2])
            }
        }
    }

    /// (batch, channels, height, width) → (batch, outputs, height, width).
    public func callAsFunction(_ map: Tensor) -> Tensor {
        let whole = pooled(map)
        let even = whole.expanded(to: [map.size(0), outputChannels, map.size(2), map.size(3)])
        return project(Tensor.cat(branches.map { $0(map) } + [even], dimension: 1))
    }
}

/// The mean over height and width, kept as a map of one pixel.
private final class MapMean: Layer {
    func callAsFunction(_ map: Tensor) -> Tensor { map.mean([2, 3], keepingDimensions: true) }
}
