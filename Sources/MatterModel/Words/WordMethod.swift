import Geo
import Tensors

/// One way to describe the places of an image, of which k-means makes words: the columns of the paper's qualitative figure.
enum WordMethod: String, CaseIterable {
    /// Responses of the filter bank MR8 to the brightness (the mean of the standardised bands).
    case textons
    /// The pixels of the patch themselves, which the authors' code calls textons.
    case rawPatches = "raw-patches"
    /// The encoder without texture refinement and residual encoder.
    case backbone
    /// The whole encoder.
    case matter
}

/// Describes the places of images by every method.
struct WordFeatures {
    private let encoder: DenseEncoder
    private let backbone: DenseEncoder
    private let filters = TextureFilters()
    private let stride: Int

    /// - Throws: as `DenseEncoder(encoderFile:device:)`.
    init(encoderFile: String, stride: Int, device: Device) throws {
        encoder = try DenseEncoder(encoderFile: encoderFile, device: device)
        backbone = try DenseEncoder(plainEncoderFile: encoderFile, device: device)
        self.stride = stride
    }

    /// The bands that images must have.
    var bands: [String] { encoder.bands.map(\.rawValue) }

    /// Float32 (places, features), places row by row.
    func features(_ method: WordMethod, of image: Tensor) throws -> Tensor {
        let maps =
            switch method {
            case .textons: try Torch.attempt { noGradient { textons(image) } }
            case .rawPatches: try Torch.attempt { noGradient { rawPatches(image) } }
            case .backbone: try backbone.features(of: image, stride: stride)
            case .matter: try encoder.features(of: image, stride: stride)
            }
        return maps.flattened(from: 1).transposed(0, 1).contiguous()
    }

    private func textons(_ image: Tensor) -> Tensor {
        let brightness = encoder.standardised(image).mean([1], keepingDimensions: true)
        return filters(brightness).slice(1, step: stride).slice(2, step: stride)
    }

    private func rawPatches(_ image: Tensor) -> Tensor {
        let pixels = encoder.standardised(image)
        let rows = Swift.stride(from: 0, to: image.size(2), by: stride).map { Int64($0) }
        let columns = Swift.stride(from: 0, to: image.size(3), by: stride).map { Int64($0) }
        let centres = rows.flatMap { row in columns.flatMap { [Int64(0), row, $0] } }
        return pixels.patches(
            at: Tensor(centres, shape: [centres.count / 3, 3]), window: encoder.window
        ).flattened(from: 1).transposed(0, 1).reshaped([-1, rows.count, columns.count])
    }
}
