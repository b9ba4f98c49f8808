import Geo
import Manifests
import Tensors

/// An encoder in the forms that other programs read.
public struct EncoderExport {
    /// The forms.
    public enum Format: String, CaseIterable, Sendable {
        /// The ResNet's weights under torchvision's names, and nothing else.
        case safetensors
        /// The network from gathered patches to features, as a graph of ONNX.
        case onnx
    }

    private let file: EncoderFile
    private let path: String

    /// Reads an encoder.
    ///
    /// - Throws: as `EncoderFile(path:)`.
    public init(encoderFile path: String) throws {
        file = try EncoderFile(path: path)
        self.path = path
    }

    /// Writes the encoder, whole or not at all; the same encoder gives the same bytes.
    ///
    /// - Throws: `ManifestError` when it cannot be written; `TrainingError` (`badEncoder`) for weights that the graph has no place for.
    public func write(_ format: Format, to path: String) throws {
        try AtomicFile.write(bytes(format), to: path)
    }

    /// Writes made-up patches and their features, as this program finds them: `patches` (4, channels, window, window), `features`.
    ///
    /// - Throws: `ManifestError` when it cannot be written; `TrainingError` (`badEncoder`).
    public func writeProof(to path: String) throws {
        let model = try file.model(path: self.path)
        model.setTraining(false)
        let window = file.recipe.patches.windowInInference
        let shape = [
            4, file.recipe.encoder.preChannels + file.recipe.data.bands.count, window, window,
        ]
        var random = SplitMix64(seed: 1)
        let values = (0..<shape.reduce(1, *)).map { _ in Float(random.nextNormal()) }
        let patches = Tensor(values, shape: shape)
        let features = try Torch.attempt { noGradient { model.features(ofPatches: patches) } }
        try Safetensors.write(
            ["patches": patches.hostArray(), "features": features.hostArray()], to: path)
    }

    /// What `write` writes.
    package func bytes(_ format: Format) throws -> [UInt8] {
        switch format {
        case .safetensors:
            let trunk = file.weights.filter { Self.isOfTrunk($0.key) }
            return try Safetensors.serialize(trunk, metadata: ["format": "pt"])
        case .onnx:
            do {
                return try EncoderGraph(file).model()
            } catch let fault as GraphFault {
                throw TrainingError.badEncoder(path: self.path, reason: fault.reason)
            }
        }
    }

    private static func isOfTrunk(_ name: String) -> Bool {
        let first = name.prefix { $0 != "." }
        return first == "conv1" || first == "bn1"
            || first.hasPrefix("layer") && first.dropFirst(5).allSatisfy(\.isNumber)
    }
}
