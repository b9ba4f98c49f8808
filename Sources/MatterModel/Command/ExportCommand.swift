public import ArgumentParser
import Console
public import MatterModel

struct ExportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Writes an encoder for other programs.",
        discussion: """
            onnx-image: from reflectance × 10000, (images, bands, height, width), to the features of patches
            --stride pixels apart, (images, features, rows, columns).
            onnx-map: from the same to the refined map with the standardised image behind it.
            onnx: from patches of that map to features.
            safetensors: the ResNet's weights alone, under torchvision's names; torchvision's resnet loads them
            (strict=False, conv1 with as many channels as the encoder has).
            Example: matter-model export RUN/encoder.safetensors --format onnx-image --stride 4 --out encoder.onnx
            """)

    @Argument(help: "An encoder that pretrain wrote (.safetensors).")
    var encoder: String

    @Option(help: "onnx-image, onnx-map, onnx or safetensors.")
    var format: EncoderExport.Format

    @Option(help: "The file to write.")
    var out: String

    @Option(help: "Pixels between two feature vectors, of onnx-image.")
    var stride: Int?

    @Option(
        help:
            "A file (.safetensors) for a made-up input and what this program makes of it, to check a reader by."
    )
    var proof: String?

    @OptionGroup var logging: LoggingOptions

    func validate() throws {
        guard stride == nil || format == .onnxImage else {
            throw ValidationError("--stride is of onnx-image alone.")
        }
        guard stride.map((1...65536).contains) ?? true else {
            throw ValidationError("--stride must be 1…65536.")
        }
    }

    func run() throws {
        var export = try EncoderExport(encoderFile: encoder)
        export.stride = stride ?? export.stride
        try export.write(format, to: out)
        if let proof { try export.writeProof(of: format, to: proof) }
        try StandardStreams.printResult(out)
    }
}

extension EncoderExport.Format: ExpressibleByArgument {}
