import Geo
import Manifests
import Tensors

/// One way to describe the places of an image, of which k-means makes words: the columns of the paper's qualitative figure.
enum WordMethod: String, CaseIterable {
    /// Responses of the filter bank MR8 to the brightness (the mean of the standardised bands).
    case textons
    /// The pixels of the patch themselves, which the authors' code calls textons.
    case rawPatches = "raw-patches"
    /// A plain patch-wise backbone that was trained by itself; without one, the encoder with its own parts left out, which says
    /// what they do within it, not what a network without them would have learned.
    case backbone = "matter-without-parts"
    /// The whole encoder.
    case matter

    /// The column's name.
    func name(hasBackbone: Bool) -> String {
        self == .backbone && hasBackbone ? "backbone" : rawValue
    }
}

/// Describes the places of images by every method.
struct WordFeatures {
    private let encoder: DenseEncoder
    private let backbone: DenseEncoder
    private let filters = TextureFilters()
    private let stride: Int

    /// - Throws: as `DenseEncoder(encoderFile:device:)`; `ManifestError` (`invalid`) for a backbone that is none, or not for these images.
    init(encoderFile: String, backboneFile: String?, stride: Int, device: Device) throws {
        encoder = try DenseEncoder(encoderFile: encoderFile, device: device)
        if let backboneFile {
            try Self.requirePlain(backboneFile, beside: encoder)
            backbone = try DenseEncoder(encoderFile: backboneFile, device: device)
        } else {
            backbone = try DenseEncoder(plainEncoderFile: encoderFile, device: device)
        }
        self.stride = stride
    }

    private static func requirePlain(_ path: String, beside encoder: DenseEncoder) throws {
        let recipe = try EncoderFile(path: path).recipe
        guard recipe.tern.iterations == 0, !recipe.encoding.enabled else {
            throw ManifestError(
                .invalid, path: path,
                "is no plain backbone; train one with tern.iterations = 0 and encoding.enabled = false"
            )
        }
        guard recipe.bands == encoder.bands, recipe.patches.windowInInference == encoder.window
        else {
            throw ManifestError(
                .invalid, path: path,
                "has other bands or another window than the encoder; train both with the same")
        }
    }

    /// The bands that images must have.
    var bands: [String] { encoder.bands.map(\.rawValue) }

    /// Float32 (places, features), places row by row; `valid` as for `DenseEncoder.features(of:valid:stride:)`.
    func features(_ method: WordMethod, of image: Tensor, valid: Tensor) throws -> Tensor {
        let maps =
            switch method {
            case .textons: try Torch.attempt { noGradient { textons(image, valid) } }
            case .rawPatches: try Torch.attempt { noGradient { rawPatches(image, valid) } }
            case .backbone: try backbone.features(of: image, valid: valid, stride: stride)
            case .matter: try encoder.features(of: image, valid: valid, stride: stride)
            }
        return maps.flattened(from: 1).transposed(0, 1).contiguous()
    }

    private func textons(_ image: Tensor, _ valid: Tensor) -> Tensor {
        let brightness = encoder.standardised(image, valid: valid)
            .mean([1], keepingDimensions: true)
        return filters(brightness).slice(1, step: stride).slice(2, step: stride)
    }

    private func rawPatches(_ image: Tensor, _ valid: Tensor) -> Tensor {
        let pixels = encoder.standardised(image, valid: valid)
        let rows = Swift.stride(from: 0, to: image.size(2), by: stride).map { Int64($0) }
        let columns = Swift.stride(from: 0, to: image.size(3), by: stride).map { Int64($0) }
        let centres = rows.flatMap { row in columns.flatMap { [Int64(0), row, $0] } }
        return pixels.patches(
            at: Tensor(centres, shape: [centres.count / 3, 3]), window: encoder.window
        ).flattened(from: 1).transposed(0, 1).reshaped([-1, rows.count, columns.count])
    }
}
