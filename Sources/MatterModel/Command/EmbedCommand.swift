import ArgumentParser
import Console
import MatterModel
import Tensors

struct EmbedCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "embed",
        abstract: "Writes dense feature maps of tiles as cloud-optimised GeoTIFFs.",
        discussion: """
            Tiles that are there already are kept; killed and run again, it goes on.
            Example: matter-model embed RUN/encoder.safetensors --tiles TILES --stride 4 --out FEATURES
            """)

    @Argument(help: "The encoder, a safetensors file.")
    var encoder: String

    @Option(help: "Output folder of matter-prep run.")
    var tiles: String

    @Option(help: "The folder to write: <tile's id>.tif a tile.")
    var out: String

    @Option(
        help: "A tile's id, as in berlin/0_0/2020-06-01; may be given again. Without it: all tiles."
    )
    var tile: [String] = []

    @Option(help: "Pixels between two feature vectors.")
    var stride = 1

    @Option(help: "cpu, cuda, cuda:1, or auto.")
    var device = "auto"

    @Flag(help: "Compute convolutions in bfloat16.")
    var bfloat16 = false

    @OptionGroup var logging: LoggingOptions

    func validate() throws {
        guard (1...65536).contains(stride) else {
            throw ValidationError("--stride must be 1…65536.")
        }
        guard device == "auto" || Device(name: device) != nil else {
            throw ValidationError("--device must be cpu, cuda, cuda:1, or auto.")
        }
    }

    func run() throws {
        Torch.retainFreedMemory()
        let chosen = Device(name: device) ?? (Device.cuda.isAvailable ? .cuda : .cpu)
        let run = try EmbedRun(
            EmbedPlan(
                tiles: tiles, encoder: encoder, ids: tile, stride: stride, output: out,
                device: chosen, usesBFloat16: bfloat16))
        let signal = StopSignal()
        var progress = logging.progressBar("embed", total: run.count)
        progress.begin(at: run.present)
        var done: [String] = []
        try run.run(shouldStop: signal.shouldStop) { path in
            done.append(path)
            progress.update(done: done.count)
        }
        progress.erase()
        try signal.check()
        try done.forEach(StandardStreams.printResult)
    }
}
