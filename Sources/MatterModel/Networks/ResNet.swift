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
    /// Channels of the map of each stage.
    package let stageChannels: [Int]
    let stem: Stem
    let conv1: Conv2d
    let bn1: BatchNorm2d
    private let inputChannels: Int
    private let stages: [[ResidualBlock]]

    /// Builds the stem and as many stages as there are strides.
    public init(_ depth: Depth, stem: Stem, channels: Int, strides: [Int] = [1, 2, 2, 2]) {
        precondition((1...4).contains(strides.count), "ResNet has one to four stages")
        (self.stem, inputChannels) = (stem, channels)
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
        stageChannels = strides.indices.map { (64 << $0) * depth.expansion }
    }

    /// All blocks in order.
    var blocks: [ResidualBlock] { stages.flatMap(\.self) }

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
        stageOutputs(afterStem: stemOutput(images))
    }

    /// The stem's map before it is pooled: the finest map that there is, of 64 channels.
    package func stemOutput(_ images: Tensor) -> Tensor { bn1(conv1(images)).relu() }

    /// The maps of all stages from the stem's.
    package func stageOutputs(afterStem map: Tensor) -> [Tensor] {
        var map = stem == .torchvision ? map.maxPool2d([3], stride: [2], padding: [1]) : map
        return stages.map { blocks in
            map = blocks.reduce(map) { $1($0) }
            return map
        }
    }

    /// Products that are added up on one square image; taps that fall on padding count.
    package func multiplications(side: Int) -> Int {
        var cost = ConvolutionCost(side: side)
        count(&cost)
        return cost.multiplications
    }

    /// Adds what the network costs.
    func count(_ cost: inout ConvolutionCost) {
        countStem(&cost)
        for block in blocks { block.count(&cost) }
    }

    /// Adds what comes before the first block.
    func countStem(_ cost: inout ConvolutionCost) {
        let isMethod = stem == .method
        cost.convolve(inputChannels, 64, size: isMethod ? 3 : 7, stride: isMethod ? 1 : 2)
        if !isMethod { cost.pool(64) }
    }
}

/// A residual block: two 3×3 convolutions (basic), or 1×1, 3×3, 1×1 (bottleneck, the stride on its 3×3 as in torchvision).
final class ResidualBlock: Module {
    /// A convolution and its norm.
    struct Unit {
        let convolution: Conv2d
        let norm: BatchNorm2d
        let stride: Int

        init(_ inputs: Int, _ outputs: Int, size: Int, stride: Int) {
            convolution = Conv2d(
                inputs, outputs, kernelSize: size, stride: stride, padding: size / 2, bias: false)
            norm = BatchNorm2d(outputs)
            self.stride = stride
        }

        func callAsFunction(_ map: Tensor) -> Tensor { norm(convolution(map)) }

        func count(_ cost: inout ConvolutionCost) {
            let shape = convolution.weight.value.shape
            cost.convolve(shape[1], shape[0], size: shape[2], stride: stride)
        }
    }

    let layers: [Unit]
    let shortcut: Unit?

    init(inputs: Int, width: Int, expansion: Int, stride: Int) {
        layers =
            expansion == 1
            ? [
                Unit(inputs, width, size: 3, stride: stride),
                Unit(width, width, size: 3, stride: 1),
            ]
            : [
                Unit(inputs, width, size: 1, stride: 1),
                Unit(width, width, size: 3, stride: stride),
                Unit(width, width * expansion, size: 1, stride: 1),
            ]
        shortcut =
            stride != 1 || inputs != width * expansion
            ? Unit(inputs, width * expansion, size: 1, stride: stride) : nil
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
            map = layer(map)
            if index < layers.count - 1 { map = map.relu() }
        }
        return (map + (shortcut?(input) ?? input)).relu()
    }

    /// Adds what the block costs.
    func count(_ cost: inout ConvolutionCost) {
        var beside = ConvolutionCost(side: cost.side)
        shortcut?.count(&beside)
        for layer in layers { layer.count(&cost) }
        cost.add(beside)
    }
}
