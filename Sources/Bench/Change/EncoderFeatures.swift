import Geo
import MatterModel
import Tensors

/// The residual features of an encoder that `matter-model pretrain` wrote.
struct EncoderFeatures: FeatureSource {
    private let encoder: DenseEncoder

    /// Loads an encoder onto a device ("cpu", "cuda", "cuda:1").
    init(file: String, device name: String) throws {
        encoder = try DenseEncoder(encoderFile: file, device: Self.device(name))
        guard !encoder.bands.isEmpty else {
            throw BenchError(.invalid, "\(file): the encoder does not say which bands it reads")
        }
    }

    /// The device of a name.
    static func device(_ name: String) throws -> Device {
        guard let device = Device(name: name) else {
            throw BenchError(.configuration, "no device \(name); use cpu, cuda or cuda:<number>")
        }
        return device
    }

    var bands: [Sentinel2Band] { encoder.bands }

    func features(of image: BandStack, stride: Int) throws -> FeatureMap {
        let input = Tensor(
            image.pixels.map { Float($0) },
            shape: [1, image.bands.count, image.size.height, image.size.width])
        let features = try encoder.features(of: input, stride: stride)
        return FeatureMap(depth: features.size(0), values: features.values())
    }
}
