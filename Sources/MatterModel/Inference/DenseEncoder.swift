public import Geo
public import Tensors

/// Features of every place of an image: the patch around each pixel of a grid, through a trained encoder.
///
/// The convolution at full resolution and the texture refinement run once an image; patches are taken from the refined map and
/// the raw image at the same pixels, the image's edge repeated, exactly as in training. Where windows overlap, what they have in
/// common is computed once (see `PatchTrunk.Stem`). No gradients.
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
    /// About how much memory the maps take that windows share.
    package var bytesAStrip = 128 << 20

    private let model: MatterEncoder
    private let trunk: PatchTrunk
    private let standardisation: Recipe.Data.Standardisation
    private let statistics: BandStatistics

    /// Loads an encoder that `matter-model pretrain` wrote.
    ///
    /// - Parameters:
    ///   - encoderFile: the encoder's path.
    ///   - device: where features are computed.
    /// - Throws: `ManifestError` (`missing`), `TrainingError` (`badEncoder`), `TorchError` (`unavailable`).
    public init(encoderFile: String, device: Device = .cpu) throws {
        let file = try EncoderFile(path: encoderFile)
        try device.require()
        self.init(
            model: try file.model(path: encoderFile), recipe: file.recipe,
            statistics: file.statistics, step: file.step, device: device)
    }

    /// Takes a model, which is moved to the device and set to inference.
    package init(
        model: MatterEncoder, recipe: Recipe, statistics: BandStatistics, step: Int = 0,
        device: Device = .cpu
    ) {
        bands = recipe.bands ?? []
        (featureCount, window, self.step) = (recipe.encoder.features, recipe.patches.window, step)
        (standardisation, self.statistics) = (recipe.data.standardise, statistics)
        (self.model, self.device) = (model, device)
        model.move(to: device)
        model.setTraining(false)
        let window = window
        trunk = noGradient { PatchTrunk(model.trunk, window: window) }
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
        let input = standardised(image.to(device))
        let source = inChosenPrecision { model.refinedWithImage(input) }.channelsLast()
        let rows = Array(Swift.stride(from: 0, to: image.size(2), by: stride))
        let columns = Array(Swift.stride(from: 0, to: image.size(3), by: stride))
        let result = Tensor.zeros([featureCount, rows.count * columns.count])
        let rowsAStrip = rowsAStrip(width: image.size(3), stride)
        for start in Swift.stride(from: 0, to: rows.count, by: rowsAStrip) {
            let strip = rows[start..<min(start + rowsAStrip, rows.count)]
            let reader = StripReader(source, trunk.stem, strip, window: window, stride: stride)
            let centres = strip.flatMap { row in columns.map { (row, $0) } }
            for first in Swift.stride(from: 0, to: centres.count, by: patchesABatch) {
                let chunk = centres[first..<min(first + patchesABatch, centres.count)]
                let features = inChosenPrecision {
                    model.features(ofMaps: trunk(afterStem: reader.firstMaps(at: chunk)))
                }
                result.narrow(1, start: start * columns.count + first, length: chunk.count)
                    .copyInPlace(features.transposed(0, 1))
            }
        }
        return result.reshaped([featureCount, rows.count, columns.count])
    }

    /// Rows of patches for which nine maps of 64 channels are held at once.
    private func rowsAStrip(width: Int, _ stride: Int) -> Int {
        let bytesARow = 9 * 64 * 4 * (width + window)
        return max(bytesAStrip / bytesARow - window, window) / stride + 1
    }

    private func inChosenPrecision(_ body: () -> Tensor) -> Tensor {
        usesBFloat16 ? autocast(to: .bfloat16, on: device) { body() } : body()
    }

    /// An image as the network sees it.
    func standardised(_ image: Tensor) -> Tensor {
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

/// The first maps of patches in some rows of an image: from the nine maps that windows share, or from gathered patches.
private struct StripReader {
    private let source: Tensor
    private let stem: PatchTrunk.Stem
    private let window: Int
    /// The nine maps, and the row of the image that lies in their first one.
    private let shared: (maps: Tensor, firstRow: Int)?

    init(
        _ source: Tensor, _ stem: PatchTrunk.Stem, _ rows: ArraySlice<Int>, window: Int, stride: Int
    ) {
        (self.source, self.stem, self.window) = (source, stem, window)
        guard stem.isWorthSharing(stride: stride), let first = rows.first, let last = rows.last
        else {
            shared = nil
            return
        }
        let half = window / 2
        let inside = (first - half...last + half).map { Int64(min(max($0, 0), source.size(2) - 1)) }
        let area = source.indexSelect(2, Tensor(inside).to(source.device))
            .padded([half, half, 0, 0], mode: "replicate").channelsLast()
        shared = (stem.nineMaps(area), first - half)
    }

    func firstMaps(at centres: ArraySlice<(Int, Int)>) -> Tensor {
        let half = window / 2
        let origin = shared.map { (row: $0.firstRow, column: -half) } ?? (row: 0, column: 0)
        let positions = Tensor(
            centres.flatMap { [0, Int64($0.0 - origin.row), Int64($0.1 - origin.column)] },
            shape: [centres.count, 3]
        ).to(source.device)
        guard let shared else { return stem(source.patches(at: positions, window: window)) }
        return stem.patches(of: shared.maps, at: positions)
    }
}
