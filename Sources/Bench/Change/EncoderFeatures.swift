import Geo

/// The residual features of an encoder that `matter-model pretrain` wrote.
struct EncoderFeatures: FeatureSource {
    let bands: [Sentinel2Band]

    /// Loads an encoder onto a device ("cpu", "cuda", "cuda:1").
    init(file: String, device name: String) throws {
        throw BenchError(.invalid, "\(file): encoders are not read yet; run --methods cva")
    }

    func features(of image: BandStack, stride: Int) throws -> FeatureMap {
        FeatureMap(depth: 1, values: [])
    }
}
