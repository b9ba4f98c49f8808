import ArgumentParser
import Console
import Logging
import MatterModel
import Tensors

struct WordsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "words",
        abstract: "Draws visual words of a tile by four methods, and compares.",
        discussion: """
            Words by textons, raw patches, a plain backbone and the whole encoder, side by side for two dates (words.png, words.json).
            Without --backbone its column shows the encoder with its own parts left out.
            Example: matter-model words RUN/encoder.safetensors --tiles TILES --words 16 --out WORDS
            """)

    @Argument(help: "The encoder, a safetensors file.")
    var encoder: String

    @Option(help: "Output folder of matter-prep run.")
    var tiles: String

    @Option(help: "The folder to write.")
    var out: String

    @Option(
        help: "A plain backbone: an encoder trained without tern.iterations and encoding.enabled.")
    var backbone: String?

    @Option(help: "The place, as in berlin/0_0; without it the first that two dates show.")
    var place: String?

    @Option(help: "A TIFF of classes (one band of uint8) that covers the tile.")
    var classes: String?

    @Option(help: "How many words.")
    var words = 16

    @Option(help: "Pixels between two places.")
    var stride = 4

    @Option(help: "The seed of k-means.")
    var seed: UInt64 = 1

    @Option(help: "cpu, cuda, cuda:1, or auto.")
    var device = "auto"

    @OptionGroup var json: JSONOption

    @OptionGroup var logging: LoggingOptions

    func validate() throws {
        guard (1...65536).contains(stride) else {
            throw ValidationError("--stride must be 1…65536.")
        }
        guard (1...4096).contains(words) else { throw ValidationError("--words must be 1…4096.") }
        guard device == "auto" || Device(name: device) != nil else {
            throw ValidationError("--device must be cpu, cuda, cuda:1, or auto.")
        }
    }

    func run() throws {
        Torch.retainFreedMemory()
        let chosen = Device(name: device) ?? (Device.cuda.isAvailable ? .cuda : .cpu)
        var plan = WordsPlan(
            tiles: tiles, encoder: encoder, place: place, classes: classes, words: words,
            stride: stride, seed: seed, output: out, device: chosen)
        plan.backbone = backbone
        let logger = logging.logger("matter-model")
        let report = try WordsRun(plan).run { method in
            logger.info("finding words", metadata: ["method": "\(method)"])
        }
        try json.print(report) { Self.lines(report) }
    }

    private static func lines(_ report: WordsReport) -> [String] {
        var table = Table(
            ["method", "homogeneity", "completeness", "V", "border F1", "same word", "V of dates"],
            alignments: [.left] + .init(repeating: .right, count: 6))
        func text(_ value: Double?) -> String {
            value.map { String(($0 * 1000).rounded() / 1000) } ?? "-"
        }
        for method in report.methods {
            let numbers = [
                method.classes?.homogeneity, method.classes?.completeness,
                method.classes?.vMeasure, method.borders?.f1, method.sameWord,
                method.dates.vMeasure,
            ]
            table.add([method.name] + numbers.map(text))
        }
        return table.lines
    }
}
