import Tensors

/// A trunk for inference on patches of one window: norms folded, small maps as matrices; the same numbers but for rounding.
struct PatchTrunk {
    /// A residual block.
    struct Block {
        let layers: [PatchConvolution]
        let shortcut: PatchConvolution?

        func callAsFunction(_ input: Tensor) -> Tensor {
            var maps = input
            for (index, layer) in layers.enumerated() {
                maps = layer(maps)
                if index < layers.count - 1 { maps = maps.relu() }
            }
            return (maps + (shortcut?(input) ?? input)).relu()
        }
    }

    let stem: Stem
    private let blocks: [Block]

    init(_ network: ResNet, window: Int) {
        stem = Stem(network, window: window)
        var side = stem.outputSide
        blocks = network.blocks.map { block in
            var inner = side
            let layers = block.layers.map { layer in
                let folded = PatchConvolution(
                    layer.convolution, layer.norm, stride: layer.stride, side: inner)
                inner = folded.outputSide
                return folded
            }
            let shortcut = block.shortcut.map {
                PatchConvolution($0.convolution, $0.norm, stride: $0.stride, side: side)
            }
            side = inner
            return Block(layers: layers, shortcut: shortcut)
        }
    }

    /// The last map of patches that the stem has read.
    func callAsFunction(afterStem maps: Tensor) -> Tensor {
        blocks.reduce(maps) { $1($0) }
    }
}

extension PatchTrunk {
    /// The first convolution, which windows share where they overlap.
    ///
    /// At a pixel of the ground it gives the same for all windows, but where a window's border cuts its taps off: in the first and the
    /// last row and column, nine ways in all. It is computed once a pixel for each of them, and patches are put together of the nine
    /// maps. Deeper layers share nothing: after `window` / 2 convolutions each position of a window sees its border in a way of its own.
    struct Stem {
        let outputSide: Int
        /// The outputs of the nine forms lie one behind the other.
        private let shared: Conv2d?
        private let convolution: Conv2d
        private let pools: Bool
        private let window: Int

        init(_ network: ResNet, window: Int) {
            self.window = window
            pools = network.stem == .torchvision
            convolution = network.conv1.folding(network.bn1)
            shared = pools || window < 3 ? nil : Self.nineForms(of: convolution)
            var cost = ConvolutionCost(side: window)
            network.countStem(&cost)
            outputSide = cost.side
        }

        /// Whether nine maps of all pixels cost less than one map of every window.
        func isWorthSharing(stride: Int) -> Bool {
            shared != nil && 9 * stride * stride <= window * window
        }

        /// The first maps of gathered patches.
        func callAsFunction(_ patches: Tensor) -> Tensor {
            let maps = convolution(patches).relu()
            return pools ? maps.maxPool2d([3], stride: [2], padding: [1]) : maps
        }

        /// The nine maps of an area with margins of half a window: what `patches(of:at:)` reads.
        func nineMaps(_ area: Tensor) -> Tensor {
            (shared ?? convolution)(area).relu()
        }

        /// The first maps of the patches around positions of `nineMaps`.
        func patches(of nine: Tensor, at positions: Tensor) -> Tensor {
            gatherFramed(nine, positions, window)
        }

        private static func nineForms(of convolution: Conv2d) -> Conv2d {
            let weight = convolution.weight.value
            // Row by row of the 3×3: the first row lacks the taps above it, the last those below.
            let cuts: [[Float]] = [[0, 1, 1], [1, 1, 1], [1, 1, 0]]
            let forms = cuts.flatMap { rows in
                cuts.map { columns in
                    weight
                        * Tensor(rows.flatMap { row in columns.map { row * $0 } }, shape: [3, 3])
                        .to(weight.device)
                }
            }
            let whole = Conv2d(weight.size(1), 9 * weight.size(0), kernelSize: 3, padding: 1)
            whole.move(to: weight.device)
            noGradient {
                whole.weight.value.copyInPlace(Tensor.cat(forms))
                if let bias = convolution.bias?.value {
                    whole.bias?.value.copyInPlace(bias.repeated([9]))
                }
            }
            return whole
        }
    }
}

private let gatherFramed = Operator("matter::gather_framed_patches")
