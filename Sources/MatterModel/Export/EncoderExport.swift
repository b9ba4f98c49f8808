import Geo
import Manifests
import Tensors

/// An encoder in the forms that other programs read.
public struct EncoderExport {
    /// The forms.
    public enum Format: String, CaseIterable, Sendable {
        /// The ResNet's weights under torchvision's names; the metadata tell what it reads.
        case safetensors
        /// The network from gathered patches to features, as a graph of ONNX.
        case onnx
        /// An image to its refined map with the standardised image behind it, as a graph of ONNX.
        case onnxMap = "onnx-map"
        /// An image to its features, the whole encoder as a graph of ONNX.
        case onnxImage = "onnx-image"
    }

    /// What a file of the ResNet's weights alone calls itself.
    package static let trunkArchitecture = "matter-trunk"

    /// Pixels between two features of `onnxImage`.
    public var stride = 1
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
    /// - Throws: `ManifestError` when it cannot be written; `TrainingError` (`badEncoder`) for weights that the
    ///   graph has no place for.
    public func write(_ format: Format, to path: String) throws {
        try AtomicFile.write(bytes(format), to: path)
    }

    /// Writes what a graph of a form is given, made up, and what this program makes of it.
    ///
    /// `patches` (4, channels, window, window) and `features` for a graph of patches and for weights alone; `image`
    /// (2, bands, height, width), a corner without data, and `map` or `features` for those of images.
    ///
    /// - Parameters:
    ///   - format: the form.
    ///   - path: the safetensors file to write.
    /// - Throws: `ManifestError` when it cannot be written; `TrainingError` (`badEncoder`).
    public func writeProof(of format: Format = .onnx, to path: String) throws {
        let model = try file.model(path: self.path)
        model.setTraining(false)
        let arrays =
            switch format {
            case .safetensors, .onnx: try patchesAndFeatures(model)
            case .onnxMap, .onnxImage: try imagesAndResult(model, format)
            }
        try Safetensors.write(arrays, to: path)
    }

    private func patchesAndFeatures(_ model: MatterEncoder) throws -> [String: HostArray] {
        let window = file.recipe.patches.windowInInference
        let shape = [
            4, file.recipe.encoder.preChannels + file.recipe.data.bands.count, window, window,
        ]
        var random = SplitMix64(seed: 1)
        let values = (0..<shape.reduce(1, *)).map { _ in Float(random.nextNormal()) }
        let patches = Tensor(values, shape: shape)
        let features = try Torch.attempt { noGradient { model.features(ofPatches: patches) } }
        return ["patches": patches.hostArray(), "features": features.hostArray()]
    }

    private func imagesAndResult(
        _ model: MatterEncoder, _ format: Format
    ) throws -> [String: HostArray] {
        let dense = DenseEncoder(
            model: model, recipe: file.recipe, statistics: file.statistics, step: file.step)
        let images = MadeUpImage.all(statistics: file.statistics)
        let results = try images.map { image in
            guard format == .onnxMap else {
                return try dense.features(of: image, stride: stride).unsqueezed(0)
            }
            return try Torch.attempt {
                noGradient { model.refinedWithImage(dense.standardised(image)) }
            }
        }
        return [
            "image": Tensor.cat(images).hostArray(),
            format == .onnxMap ? "map" : "features": Tensor.cat(results).hostArray(),
        ]
    }

    /// What `write` writes.
    package func bytes(_ format: Format) throws -> [UInt8] {
        switch format {
        case .safetensors:
            let trunk = file.weights.filter { Self.isOfTrunk($0.key) }
            return try Safetensors.serialize(trunk, metadata: trunkMetadata())
        case .onnx: return try graph(.patches)
        case .onnxMap: return try graph(.map)
        case .onnxImage: return try graph(.image(stride: stride))
        }
    }

    /// What the weights alone do not tell: what the first convolution reads, map channels before bands, and how.
    private func trunkMetadata() throws -> [String: String] {
        [
            "architecture": Self.trunkArchitecture,
            "bands": file.recipe.data.bands.joined(separator: ","),
            "format": "pt",
            "mapChannels": "\(file.recipe.encoder.preChannels)",
            "recipe": try JSONValue(encoding: file.recipe).serialized(),
            "statistics": try JSONValue(encoding: file.statistics).serialized(),
            "step": "\(file.step)",
            "version": SuiteVersion.current,
        ]
    }

    private func graph(_ part: EncoderGraph.Part) throws -> [UInt8] {
        do {
            return try EncoderGraph(file).model(part)
        } catch let fault as GraphFault {
            throw TrainingError.badEncoder(path: path, reason: fault.reason)
        }
    }

    private static func isOfTrunk(_ name: String) -> Bool {
        let first = name.prefix { $0 != "." }
        return first == "conv1" || first == "bn1"
            || first.hasPrefix("layer") && first.dropFirst(5).allSatisfy(\.isNumber)
    }
}
