public import ArgumentParser
import Console
public import MatterModel

struct ExportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Writes an encoder for other programs.",
        discussion: """
            safetensors: the ResNet's weights alone, under torchvision's names; torchvision's resnet loads them (strict=False, conv1
            with as many channels as the encoder has). onnx: from gathered patches (refined map and image) to features.
            Example: matter-model export RUN/encoder.safetensors --format onnx --out encoder.onnx
            """)

    @Argument(help: "An encoder that pretrain wrote (.safetensors).")
    var encoder: String

    @Option(help: "safetensors or onnx.")
    var format: EncoderExport.Format

    @Option(help: "The file to write.")
    var out: String

    @Option(
        help:
            "A file (.safetensors) for made-up patches and what this program makes of them, to check a reader by."
    )
    var proof: String?

    @OptionGroup var logging: LoggingOptions

    func run() throws {
        let export = try EncoderExport(encoderFile: encoder)
        try export.write(format, to: out)
        if let proof { try export.writeProof(to: proof) }
        try StandardStreams.printResult(out)
    }
}

extension EncoderExport.Format: ExpressibleByArgument {}
