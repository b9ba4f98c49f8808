public import Tensors

/// The texture refinement network (TeRN): replaces each pixel of a map by a weighted mean of its neighbours, again and again.
///
/// The weights come from a guide image alone and are made once an image and layer, so that the network is linear in the map; the
/// guide is data and gets no gradient. Kernels: `methods` of the paper (cosine over variance) and of the authors' code (PAMR).
/// Uses `matter::tern_weights` and `matter::tern_propagate`, operators of our own.
public struct TextureRefinement {
    /// How a neighbour's weight follows from the guide; a softmax over the neighbours comes last.
    public enum Kernel: String, Codable, Hashable, Sendable, CaseIterable {
        /// Minus the mean over bands of |difference| / (0.1 σ): the authors' code, after Araslanov and Roth (2020).
        case pamr
        /// cos(x, x') / σ²: the paper's kernel with the sign that favours similar pixels. The softmax is our choice.
        case cosineSimilar = "cosine-similar"
        /// −cos(x, x') / σ²: the paper's kernel as printed, which favours unlike pixels. The softmax is our choice.
        case cosinePrinted = "cosine-printed"

        var name: StaticString {
            switch self {
            case .pamr: "pamr"
            case .cosineSimilar: "cosine-similar"
            case .cosinePrinted: "cosine-printed"
            }
        }
    }

    /// How a neighbour's weight follows from the guide.
    public var kernel: Kernel
    /// The dilations of each layer; layers are applied one after the other, dilations of one layer together.
    public var layers: [[Int]]
    /// Side of the neighbourhood before dilation, odd.
    public var kernelSize: Int
    /// Whether a pixel is among its own neighbours.
    public var includesCentre: Bool
    /// How often each layer is applied with the same weights.
    public var iterations: Int

    /// Makes a network; all of it is fixed, nothing learns.
    public init(
        kernel: Kernel, layers: [[Int]], kernelSize: Int = 3, includesCentre: Bool = false,
        iterations: Int
    ) {
        (self.kernel, self.layers, self.kernelSize) = (kernel, layers, kernelSize)
        (self.includesCentre, self.iterations) = (includesCentre, iterations)
    }

    /// The network that a recipe describes.
    public init(_ recipe: Recipe.Refinement) {
        self.init(
            kernel: recipe.kernel, layers: recipe.layers, kernelSize: recipe.kernelSize,
            includesCentre: recipe.centre, iterations: recipe.iterations)
    }

    /// How many pixels away a pixel of the map or the guide can have a part in a refined one.
    public var reach: Int {
        layers.reduce(0) { $0 + ($1.max() ?? 0) * (kernelSize / 2) * iterations }
    }

    /// Refines a map.
    ///
    /// - Parameters:
    ///   - map: (batch, channels, height, width).
    ///   - guide: (batch, bands, height, width), the image.
    /// - Returns: a map of the same shape, each value within the range of the map's channel.
    public func callAsFunction(_ map: Tensor, guide: Tensor) -> Tensor {
        guard iterations > 0 else { return map }
        return layers.reduce(map) { refined, dilations in
            propagate(refined, weights(of: guide, dilations: dilations), dilations: dilations)
        }
    }

    /// One layer's weights: (batch, neighbours, height, width), summing to 1 over the neighbours.
    public func weights(of guide: Tensor, dilations: [Int]) -> Tensor {
        Self.weightsOperator(guide, dilations, kernelSize, includesCentre, kernel.name)
    }

    /// Applies one layer's weights `iterations` times; its backward pass needs nothing but the weights.
    public func propagate(_ map: Tensor, _ weights: Tensor, dilations: [Int]) -> Tensor {
        Self.propagateOperator(map, weights, dilations, kernelSize, includesCentre, iterations)
    }

    private static let weightsOperator = Operator("matter::tern_weights")
    private static let propagateOperator = Operator("matter::tern_propagate")
}

extension Tensor {
    /// Patches of this map around chosen pixels; where they leave the map, its edge is repeated.
    ///
    /// - Parameters:
    ///   - positions: int64 (patches, 3): image, row and column of each centre.
    ///   - window: side of a patch, odd.
    /// - Returns: (patches, channels, window, window).
    public func patches(at positions: Tensor, window: Int) -> Tensor {
        gatherPatches(self, positions, window)
    }
}

private let gatherPatches = Operator("matter::gather_patches")
