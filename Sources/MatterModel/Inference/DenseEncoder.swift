public import Geo
public import Tensors

/// Features of every place of an image: the patch around each pixel of a grid, through a trained encoder.
///
/// The convolution at full resolution and the texture refinement run once an image; patches are taken from the refined map and
/// the raw image at the same pixels, the image's edge repeated, exactly as in training. No gradients.
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
    public var patchesABatch = 1024

    private let model: MatterEncoder
    private let standardisation: Recipe.Data.Standardisation
    private let statistics: BandStatistics

    /// Loads an encoder that `matter-model pretrain` wrote.
    /// - Throws: `ManifestError` (`missing`), `TrainingError` (`badEncoder`), `TorchError` (`unavailable`).
    public init(encoderFile: String, device: Device = .cpu) throws {
        let file = try EncoderFile(path: encoderFile)
        try device.require()
        bands = file.recipe.bands ?? []
        featureCount = file.recipe.encoder.features
        window = file.recipe.patches.window
        step = file.step
        standardisation = file.recipe.data.standardise
        statistics = file.statistics
        self.device = device
        model = try file.model(path: encoderFile)
        model.move(to: device)
        model.setTraining(false)
    }

    /// The features of an image.
    ///
    /// - Parameters:
    ///   - image: float32 (1, bands, height, width): reflectance × 10000, bands as in `bands`.
    ///   - stride: pixels between two patches; patch (i, j) is centred on pixel (i · stride, j · stride).
    /// - Returns: float32 (features, ⌈height / stride⌉, ⌈width / stride⌉), on the CPU.
    /// - Throws: `TorchError` (`invalid`) if the image has another shape or the stride is not positive.
    public func features(of image: Tensor, stride: Int) throws -> Tensor {
        let shape = image.shape
        guard shape.count == 4, shape[0] == 1, shape[1] == bands.count, shape[2] > 0, shape[3] > 0,
            stride > 0
        else {
            throw TorchError(
                .invalid, operation: "features(of:stride:)", shapes: [shape],
                message: "needs (1, \(bands.count), height, width) and a positive stride")
        }
        return try Torch.attempt { noGradient { dense(image, stride) } }
    }

    private func dense(_ image: Tensor, _ stride: Int) -> Tensor {
        let rows = Swift.stride(from: 0, to: image.size(2), by: stride).map { Int64($0) }
        let columns = Swift.stride(from: 0, to: image.size(3), by: stride).map { Int64($0) }
        let centres = rows.flatMap { row in columns.map { (row, $0) } }
        let input = standardised(image.to(device))
        let source = inChosenPrecision { model.refinedWithImage(input) }
        var parts: [Tensor] = []
        for start in Swift.stride(from: 0, to: centres.count, by: patchesABatch) {
            let chunk = centres[start..<min(start + patchesABatch, centres.count)]
            let positions = Tensor(
                chunk.flatMap { [0, $0.0, $0.1] }, shape: [chunk.count, 3]
            ).to(device)
            let patches = source.patches(at: positions, window: window)
            parts.append(inChosenPrecision { model.features(ofPatches: patches) }.to(.float32))
        }
        return Tensor.cat(parts).transposed(0, 1).contiguous()
            .reshaped([featureCount, rows.count, columns.count]).to(.cpu)
    }

    private func inChosenPrecision(_ body: () -> Tensor) -> Tensor {
        usesBFloat16 ? autocast(to: .bfloat16, on: device) { body() } : body()
    }

    private func standardised(_ image: Tensor) -> Tensor {
        switch standardisation {
        case .store:
            let means = statistics.means.map { Float($0) }
            let scales = statistics.deviations.map { Float(1 / $0) }
            let shape = [1, bands.count, 1, 1]
            return (image - Tensor(means, shape: shape, on: device))
                * Tensor(scales, shape: shape, on: device)
        case .image:
            let mean = image.mean([2, 3], keepingDimensions: true)
            let centred = image - mean
            let variance = centred.square().mean([2, 3], keepingDimensions: true)
            return centred / variance.sqrt().clamp(minimum: 1)
        }
    }
}
