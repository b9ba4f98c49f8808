public import Geo
public import Tensors

/// Features of every place of an image: the patch around each pixel of a grid, through a trained encoder.
///
/// The convolution at full resolution and the texture refinement run once an image; patches are taken from the refined map and
/// the raw image at the same pixels, the image's edge repeated, exactly as in training. On the CPU, in float32, what windows have in
/// common where they overlap is computed once, and the rest with few products (see `PatchTrunk`). An image is treated in tiles, so that the
/// memory beyond image and features is bounded whatever its size. No gradients.
public struct DenseEncoder {
    /// The bands that an image must have, in this order.
    public let bands: [Sentinel2Band]
    /// Length of a feature vector.
    public let featureCount: Int
    /// Side of a patch in pixels.
    public let window: Int
    /// Steps that the encoder was trained for; 0 for an untrained one.
    public let step: Int
    /// Where it is computed.
    public let device: Device
    /// Whether convolutions run in bfloat16.
    public var usesBFloat16 = false
    /// Patches that go through the network together.
    public var patchesABatch = 512
    /// About how much memory the maps take that windows share.
    package var bytesATile = 128 << 20
    /// About how much memory the refinement takes; larger images are refined in parts that overlap.
    package var bytesAMap = 1 << 30

    private let model: MatterEncoder
    /// Nil where another device has its own ways.
    private let trunk: PatchTrunk?
    private let standardisation: Recipe.Data.Standardisation
    private let statistics: BandStatistics
    private let bytesAPixel: Int

    /// Loads an encoder that `matter-model pretrain` wrote.
    ///
    /// - Parameters:
    ///   - encoderFile: the encoder's path.
    ///   - device: where features are computed.
    /// - Throws: `ManifestError` (`missing`), `TrainingError` (`badEncoder`), `TorchError` (`unavailable`).
    public init(encoderFile: String, device: Device = .cpu) throws {
        let file = try EncoderFile(path: encoderFile)
        try device.require()
        let model = try file.model(path: encoderFile)
        try Torch.attempt { model.move(to: device) }
        self.init(
            model: model, recipe: file.recipe,
            statistics: file.statistics, step: file.step, device: device)
    }

    /// Takes a model, which is moved to the device and set to inference.
    package init(
        model: MatterEncoder, recipe: Recipe, statistics: BandStatistics, step: Int = 0,
        device: Device = .cpu
    ) {
        bands = recipe.bands ?? []
        (featureCount, self.step) = (recipe.encoder.features, step)
        window = recipe.patches.windowInInference
        (standardisation, self.statistics) = (recipe.data.standardise, statistics)
        (self.model, self.device) = (model, device)
        bytesAPixel = EncoderCost.bytesAPixel(recipe)
        model.move(to: device)
        model.setTraining(false)
        let window = window
        trunk = device == .cpu ? noGradient { PatchTrunk(model.trunk, window: window) } : nil
    }

    /// The features of an image.
    ///
    /// - Parameters:
    ///   - image: float32 (1, bands, height, width): reflectance × 10000, bands as in `bands`.
    ///   - valid: (1, 1, height, width), above 0 where a pixel counts for the mean and deviation of an image that is standardised by
    ///     itself: what is clear. Without it all pixels count but those without data, which are 0 in every band.
    ///   - stride: pixels between two patches; patch (i, j) is centred on pixel (i · stride, j · stride).
    /// - Returns: float32 (features, ⌈height / stride⌉, ⌈width / stride⌉), on the CPU.
    /// - Throws: `TorchError` (`invalid`) if image or mask has another shape or the stride is not positive.
    public func features(of image: Tensor, valid: Tensor? = nil, stride: Int) throws -> Tensor {
        let shape = image.shape
        guard shape.count == 4, shape[0] == 1, shape[1] == bands.count, shape[2] > 0, shape[3] > 0,
            stride > 0, valid.map({ $0.shape == [1, 1, shape[2], shape[3]] }) ?? true
        else {
            throw TorchError(
                .invalid, operation: "features(of:stride:)", shapes: [shape],
                message: "needs (1, \(bands.count), height, width) and a positive stride")
        }
        return try Torch.attempt { noGradient { dense(image, valid, stride) } }
    }

    private func dense(_ image: Tensor, _ valid: Tensor?, _ stride: Int) -> Tensor {
        let input = standardised(image.to(device), valid: valid?.to(device))
        let whole = DenseTile(
            rows: .init(Swift.stride(from: 0, to: image.size(2), by: stride)),
            columns: .init(Swift.stride(from: 0, to: image.size(3), by: stride)))
        let result = Tensor.zeros([featureCount, whole.rows.count, whole.columns.count])
        let halo = window / 2 + model.refinement.reach + 1
        for part in whole.tiles(side: max(side(bytesAMap, bytesAPixel), 4 * halo), stride: stride) {
            let ground = GroundMap(around: part, margin: halo, of: input) { crop in
                inChosenPrecision { model.refinedWithImage(crop) }
            }
            // A thousand values a pixel, where nothing is shared: maps of patches and features.
            let side = side(bytesATile, 4 * max(trunk?.sharedValuesAPixel ?? 0, 1024)) - window
            for tile in part.tiles(side: max(side, window), stride: stride) {
                result.narrow(1, start: tile.rows.startIndex, length: tile.rows.count)
                    .narrow(2, start: tile.columns.startIndex, length: tile.columns.count)
                    .copyInPlace(features(of: tile, on: ground, stride))
            }
        }
        return result
    }

    /// The features of a tile's patches: (features, rows, columns).
    private func features(of tile: DenseTile, on ground: GroundMap, _ stride: Int) -> Tensor {
        let trunk = usesBFloat16 ? nil : trunk
        let shared = trunk.flatMap {
            $0.isWorthSharing(stride: stride)
                ? $0.shared(ground.area(of: tile, half: window / 2)) : nil
        }
        let count = tile.rows.count * tile.columns.count
        let centres = ground.positions(of: tile)
        let corners = Tensor(tile.corners, shape: [count, 2])
        let features = Swift.stride(from: 0, to: count, by: patchesABatch).map { first in
            let length = min(patchesABatch, count - first)
            if let trunk, let shared {
                let chosen = corners.narrow(0, start: first, length: length)
                return model.features(ofMaps: trunk.maps(of: shared, at: chosen))
            }
            let patches = ground.maps.patches(
                at: centres.narrow(0, start: first, length: length), window: window)
            if let trunk { return model.features(ofMaps: trunk.maps(of: patches)) }
            let maps = inChosenPrecision { model.maps(ofPatches: patches) }
            return model.features(ofContext: maps.to(.float32)).to(.cpu)
        }
        return Tensor.cat(features).transposed(0, 1)
            .reshaped([featureCount, tile.rows.count, tile.columns.count])
    }

    /// The side of a square of pixels that take so many bytes.
    private func side(_ bytes: Int, _ bytesAPixel: Int) -> Int {
        Int(Double(bytes / max(bytesAPixel, 1)).squareRoot())
    }

    private func inChosenPrecision(_ body: () -> Tensor) -> Tensor {
        usesBFloat16 ? autocast(to: .bfloat16, on: device) { body() } : body()
    }

    /// An image as the network sees it, on the image's device; `valid` as for `features(of:valid:stride:)`.
    package func standardised(_ image: Tensor, valid: Tensor? = nil) -> Tensor {
        switch standardisation {
        case .store:
            let means = statistics.means.map { Float($0) }
            let scales = statistics.deviations.map { Float(1 / $0) }
            let shape = [1, bands.count, 1, 1]
            return (image - Tensor(means, shape: shape, on: image.device))
                * Tensor(scales, shape: shape, on: image.device)
        case .image:
            let mask =
                (valid ?? image.abs().max([1], keepingDimensions: true)).isGreater(0).to(.float32)
            let count = mask.sum().clamp(minimum: 1)
            let mean = (image * mask).sum([2, 3], keepingDimensions: true) / count
            let centred = image - mean
            let squares = (centred.square() * mask).sum([2, 3], keepingDimensions: true)
            return centred / (squares / count).sqrt().clamp(minimum: 1)
        }
    }
}
