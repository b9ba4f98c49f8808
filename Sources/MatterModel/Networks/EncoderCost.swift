import Tensors

/// What an encoder costs: counted from the recipe, not measured.
public struct EncoderCost: Codable, Hashable, Sendable {
    /// Learned values.
    public let parameters: Int
    /// Multiplications a pixel of the image: the first convolution, and TeRN's weighted means.
    public let multiplicationsAPixel: Int
    /// Multiplications a patch: all that reads patches.
    public let multiplicationsAPatch: Int
    /// Bytes a pixel of the image that inference holds at once: image, map, TeRN's weights, and the map that it writes (float32).
    public let bytesAPixel: Int
    /// Bytes a patch that training keeps for the backward pass: the patch and the outputs of all convolutions and norms (float32).
    public let bytesAPatchInTraining: Int

    /// Multiplications a step of training, forward: all crops of its batches, both dates.
    public let multiplicationsAStep: Int
    /// Bytes that a batch of training keeps for the backward pass: its patches, and of its crops what inference holds too.
    public let bytesABatchInTraining: Int

    /// Counts a recipe's encoder.
    public init(_ recipe: Recipe) {
        let (bands, channels) = (recipe.data.bands.count, recipe.encoder.preChannels)
        let model = MatterEncoder(recipe)
        parameters = model.namedParameters.reduce(0) { $0 + $1.1.count }
        let tern = recipe.tern
        let neighbours = Self.neighbours(tern)
        multiplicationsAPixel =
            bands * channels * 9
            + neighbours.reduce(0) { $0 + $1 * (channels * tern.iterations + bands) }
        bytesAPixel = Self.bytesAPixel(recipe)
        let window = recipe.patches.window
        var cost = ConvolutionCost(side: window)
        model.trunk.count(&cost)
        let (inputs, outputs) = (model.trunk.outputChannels, recipe.encoder.features)
        model.context?.count(&cost)
        let linear = model.context == nil ? inputs * outputs : 0
        let encoding = recipe.encoding.enabled ? 2 * outputs * recipe.encoding.clusters : 0
        let vectors = recipe.encoding.isOfPositions ? cost.side * cost.side : 1
        multiplicationsAPatch = cost.multiplications + vectors * (linear + encoding)
        // A norm's output and a cut's are one more map each of the same size; the cut is made from the norm's in place of it.
        bytesAPatchInTraining = 4 * ((bands + channels) * window * window + 2 * cost.values)
        multiplicationsAStep = Self.ofBatch(
            recipe, pixel: multiplicationsAPixel, patch: multiplicationsAPatch,
            batches: recipe.optimiser.accumulate)
        bytesABatchInTraining = Self.ofBatch(
            recipe, pixel: bytesAPixel, patch: bytesAPatchInTraining)
    }

    /// What the pixels and patches of a batch cost together; the largest number there is where none holds it.
    private static func ofBatch(
        _ recipe: Recipe, pixel: Int, patch: Int, batches: Int = 1
    ) -> Int {
        let crop = Double(recipe.data.crop)
        let image = crop * crop * Double(pixel) + Double(recipe.patches.perImage) * Double(patch)
        let all = 2 * Double(recipe.data.batch) * Double(batches) * image
        return Int(exactly: all.rounded()) ?? .max
    }

    /// Bytes a pixel of the image that inference holds at once, before patches are taken.
    static func bytesAPixel(_ recipe: Recipe) -> Int {
        let values = 2 * recipe.data.bands.count + 2 * recipe.encoder.preChannels
        return 4 * (values + (neighbours(recipe.tern).max() ?? 0))
    }

    /// Neighbours of each layer of the refinement.
    private static func neighbours(_ tern: Recipe.Refinement) -> [Int] {
        let near = tern.kernelSize * tern.kernelSize - (tern.centre ? 0 : 1)
        return tern.iterations == 0 ? [] : tern.layers.map { near * $0.count }
    }
}
