public import Tensors

/// A residual network (He et al., 2016) without its classifier, with torchvision's parameter names.
public final class ResNet: Module {
    /// Which network of the family.
    public enum Depth: String, Codable, Hashable, Sendable, CaseIterable {
        /// Two basic blocks a stage.
        case resnet18
        /// 3, 4, 6 and 3 basic blocks.
        case resnet34
        /// 3, 4, 6 and 3 bottlenecks.
        case resnet50
        /// 3, 4, 23 and 3 bottlenecks.
        case resnet101

        var blocks: [Int] {
            switch self {
            case .resnet18: [2, 2, 2, 2]
            case .resnet34, .resnet50: [3, 4, 6, 3]
            case .resnet101: [3, 4, 23, 3]
            }
        }
        var expansion: Int { self == .resnet50 || self == .resnet101 ? 4 : 1 }
    }

    /// How the network begins.
    public enum Stem: String, Codable, Hashable, Sendable, CaseIterable {
        /// 7×7 at stride 2, then 3×3 maximum at stride 2, for photographs.
        case torchvision
        /// 3×3 at stride 1 without pooling, for patches of a few pixels.
        case method
    }

    /// Channels of the output.
    public let outputChannels: Int
    private let stem: Stem
    private let conv1: Conv2d
    private let bn1: BatchNorm2d
    private let stages: [[ResidualBlock]]

    /// Builds the stem and as many stages as there are strides.
    public init(_ depth: Depth, stem: Stem, channels: Int, strides: [Int] = [1, 2, 2, 2]) {
        precondition((1...4).contains(strides.count), "ResNet has one to four stages")
        self.stem = stem
        conv1 =
            stem == .torchvision
            ? Conv2d(channels, 64, kernelSize: 7, stride: 2, padding: 3, bias: false)
            : Conv2d(channels, 64, kernelSize: 3, padding: 1, bias: false)
        bn1 = BatchNorm2d(64)
        var inputs = 64
        stages = strides.enumerated().map { number, stride in
            let width = 64 << number
            return (0..<depth.blocks[number]).map { block in
                defer { inputs = width * depth.expansion }
                return ResidualBlock(
                    inputs: inputs, width: width, expansion: depth.expansion,
                    stride: block == 0 ? stride : 1)
            }
        }
        outputChannels = inputs
    }

    /// `conv1`, `bn1`, and the blocks as `layer1.0` and so on.
    public var children: [(String, any Module)] {
        let blocks = stages.enumerated().flatMap { stage, blocks in
            blocks.enumerated().map { ("layer\(stage + 1).\($0.offset)", $0.element as any Module) }
        }
        return [("conv1", conv1), ("bn1", bn1)] + blocks
    }

    /// The map of the last stage: (batch, channels, height, width) → (batch, `outputChannels`, height', width').
    public func callAsFunction(_ images: Tensor) -> Tensor {
        stageOutputs(images)[stages.count - 1]
    }

    /// The maps of all stages.
    public func stageOutputs(_ images: Tensor) -> [Tensor] {
        var map = bn1(conv1(images)).relu()
        if stem == .torchvision { map = map.maxPool2d([3], stride: [2], padding: [1]) }
        return stages.map { blocks in
            map = blocks.reduce(map) { $1($0) }
            return map
        }
    }
}

/// A residual block: two 3×3 convolutions (basic), or 1×1, 3×3, 1×1 (bottleneck, the stride on its 3×3 as in torchvision).
final class ResidualBlock: Module {
    private let layers: [(convolution: Conv2d, norm: BatchNorm2d)]
    private let shortcut: (convolution: Conv2d, norm: BatchNorm2d)?

    init(inputs: Int, width: Int, expansion: Int, stride: Int) {
        func layer(_ from: Int, _ to: Int, _ size: Int, _ stride: Int) -> (Conv2d, BatchNorm2d) {
            let convolution = Conv2d(
                from, to, kernelSize: size, stride: stride, padding: size / 2, bias: false)
            return (convolution, BatchNorm2d(to))
        }
        layers =
            expansion == 1
            ? [layer(inputs, width, 3, stride), layer(width, width, 3, 1)]
            : [
                layer(inputs, width, 1, 1), layer(width, width, 3, stride),
                layer(width, width * expansion, 1, 1),
            ]
        shortcut =
            stride != 1 || inputs != width * expansion
            ? layer(inputs, width * expansion, 1, stride) : nil
    }

    var children: [(String, any Module)] {
        let main = layers.enumerated().flatMap { index, layer -> [(String, any Module)] in
            [("conv\(index + 1)", layer.convolution), ("bn\(index + 1)", layer.norm)]
        }
        guard let shortcut else { return main }
        return main + [("downsample.0", shortcut.convolution), ("downsample.1", shortcut.norm)]
    }

    func callAsFunction(_ input: Tensor) -> Tensor {
        var map = input
        for (index, layer) in layers.enumerated() {
            map = layer.norm(layer.convolution(map))
            if index < layers.count - 1 { map = map.relu() }
        }
        let identity = shortcut.map { $0.norm($0.convolution(input)) } ?? input
        return (map + identity).relu()
    }
}
