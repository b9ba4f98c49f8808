import Tensors

/// A trunk for inference on patches of one window, on the CPU in float32: norms folded, what windows share computed once, convolutions with
/// few products; the same numbers but for rounding.
///
/// Shared are the stem's products, and, where the first block halves the map, those of that block's first convolution and of its shortcut.
/// Deeper layers share nothing: each position of a window sees the window's border in a way of its own (see `AxisForms`).
struct PatchTrunk {
    private let window: Int
    private let stem: SharedConvolution?
    private let first: SharedBlock?
    private let gatheredStem: GatheredStem
    private let blocks: [Block]

    init(_ network: ResNet, window: Int) {
        self.window = window
        gatheredStem = GatheredStem(network, window: window)
        stem =
            network.stem == .method
            ? SharedConvolution(
                network.conv1, network.bn1, of: AxisForms(pixels: window), stride: 1, cut: true)
            : nil
        var side = gatheredStem.outputSide
        first = stem.flatMap { SharedBlock(network.blocks[0], of: $0.outputs) }
        blocks = network.blocks.map { block in
            let folded = Block(block, side: side)
            side = folded.outputSide
            return folded
        }
    }

    /// Whether sharing costs less than computing every window by itself, when windows lie `stride` pixels apart.
    ///
    /// A product a tap and pixel of the ground, against one a tap and pixel of each window.
    func isWorthSharing(stride: Int) -> Bool {
        stem != nil && window >= 3 && stride * stride <= window * window / 2
    }

    /// Values a pixel of the ground that sharing holds at once.
    var sharedValuesAPixel: Int { (stem?.valuesAPixel ?? 0) + (first?.valuesAPixel ?? 0) }

    /// The maps that the windows of an area share: (height, width, channels) → what `maps(of:at:)` reads.
    func shared(_ area: Tensor) -> [Tensor] {
        guard let stem else { return [] }
        let maps = stem(area.unsqueezed(2))
        return first?(maps) ?? [maps]
    }

    /// The last maps of windows, by their first pixels in an area: (windows, channels, side, side).
    func maps(of shared: [Tensor], at positions: Tensor) -> Tensor {
        guard let stem else { return positions }
        guard let first else { return rest(stem.outputs.windows(of: shared[0], at: positions)) }
        let main = first.main.outputs.windows(of: shared[0], at: positions)
        let beside = first.shortcut.outputs.windows(of: shared[1], at: positions)
        return unpacked(blocks.dropFirst().reduce(blocks[0](main, beside: beside)) { $1($0) })
    }

    /// The last maps of gathered patches: (patches, channels, window, window) → (patches, channels, side, side).
    func maps(of patches: Tensor) -> Tensor { rest(gatheredStem(patches)) }

    private func rest(_ maps: Tensor) -> Tensor { unpacked(blocks.reduce(maps) { $1($0) }) }

    private func unpacked(_ maps: Tensor) -> Tensor {
        let side = blocks[blocks.count - 1].outputSide
        return maps.reshaped([maps.size(0), side, side, -1]).permuted([0, 3, 1, 2])
    }
}

/// The stem on patches that were gathered, each by itself.
private struct GatheredStem {
    let outputSide: Int
    private let convolution: Conv2d
    private let pools: Bool

    init(_ network: ResNet, window: Int) {
        pools = network.stem == .torchvision
        convolution = network.conv1.folding(network.bn1)
        var cost = ConvolutionCost(side: window)
        network.countStem(&cost)
        outputSide = cost.side
    }

    /// (patches, channels, window, window) → (patches, `outputSide`², 64).
    func callAsFunction(_ patches: Tensor) -> Tensor {
        let maps = convolution(patches).relu()
        let pooled = pools ? maps.maxPool2d([3], stride: [2], padding: [1]) : maps
        return pooled.permuted([0, 2, 3, 1]).reshaped([
            patches.size(0), outputSide * outputSide, -1,
        ])
    }
}

/// The first convolution and the shortcut of the first block, where windows share them.
private struct SharedBlock {
    let main: SharedConvolution
    let shortcut: SharedConvolution

    /// Nil if windows have no more in common than what their own products save.
    init?(_ block: ResidualBlock, of forms: AxisForms) {
        guard let beside = block.shortcut else { return nil }
        let layer = block.layers[0]
        main = SharedConvolution(
            layer.convolution, layer.norm, of: forms, stride: layer.stride, cut: true)
        shortcut = SharedConvolution(
            beside.convolution, beside.norm, of: forms, stride: beside.stride, cut: false)
        guard main.outputs.count <= forms.count, shortcut.outputs.count <= forms.count else {
            return nil
        }
    }

    var valuesAPixel: Int { main.valuesAPixel + shortcut.valuesAPixel }

    func callAsFunction(_ maps: Tensor) -> [Tensor] { [main(maps), shortcut(maps)] }
}

/// A residual block.
private struct Block {
    let outputSide: Int
    private let layers: [PatchConvolution]
    private let shortcut: PatchConvolution?

    init(_ block: ResidualBlock, side: Int) {
        var inner = side
        layers = block.layers.map { layer in
            let folded = PatchConvolution(
                layer.convolution, layer.norm, stride: layer.stride, side: inner)
            inner = folded.outputSide
            return folded
        }
        shortcut = block.shortcut.map {
            PatchConvolution($0.convolution, $0.norm, stride: $0.stride, side: side)
        }
        outputSide = inner
    }

    /// (patches, side², channels) → (patches, `outputSide`², channels').
    func callAsFunction(_ input: Tensor) -> Tensor {
        self(layers[0](input, cut: true), beside: shortcut?(input, cut: false) ?? input)
    }

    /// What follows the first convolution, with what the shortcut gives.
    func callAsFunction(_ main: Tensor, beside: Tensor) -> Tensor {
        let inner = layers[1..<layers.count - 1].reduce(main) { $1($0, cut: true) }
        return layers[layers.count - 1](inner, beside: beside, cut: true)
    }
}
