import ArgumentParser
import Bench
import Console
import Foundation
import Geo
import Tensors

/// Change detection without labels.
struct RunOSCDCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "oscd",
        abstract: "Detect change without labels, score every pixel.",
        discussion: """
            Distances between two dates, by change vector analysis, an untrained and a trained encoder. The \
            thresholds: otsu, minimum-error (Kittler and Illingworth) and unimodal (Rosin) are each image's own, the \
            latter two for few changed pixels; train-cities (one, chosen on the training cities' labels), oracle \
            (chosen on the test cities: an upper bound). The first one given is the headline. Started again, it goes \
            on where it was stopped.
            """)

    @Option(help: "Folder that holds OSCD's images and labels.")
    var data: String

    @Option(
        help:
            "Trained encoder (.safetensors): of matter-model, or a residual network by torchvision's or timm's names."
    )
    var encoder: String?

    @Option(help: "The same encoder before its training; step 0 of --snapshots if not given.")
    var untrained: String?

    @Option(help: "Snapshots of a pretraining run, for F1 over its steps.")
    var snapshots: String?

    @Option(
        help:
            "Methods: cva, untrained, matter, encoder (another's network); those that can be run if not given."
    )
    var methods: CommaList<OSCDMethod>?

    @Option(
        help:
            "Rules: otsu, minimum-error, unimodal, train-cities, oracle; the first is the headline."
    )
    var thresholds = CommaList<ThresholdRule>([.otsu])

    @Option(help: "Pixels from one feature to the next.")
    var stride = FeatureDistancePlan().stride

    @Option(help: "Width of the Gaussian window over distances, odd pixels; 1 for none.")
    var window = FeatureDistancePlan().blurWindow

    @Option(help: "Map of another's network: 0 for the stem's, 1 to 4 for the stages'. Default: 1.")
    var stage: Int?

    @Option(help: "Bands of change vector analysis.")
    var bands: CommaList<Sentinel2Band>?

    @Option(help: "Images: rect (co-registered, 10 m) or native (10, 20, 60 m).")
    var images = OSCDImages.rect

    @Option(help: "Test cities on which snapshots are scored; all if not given.")
    var curveCities: CommaList<String>?

    @OptionGroup var place: DeviceOption

    @Option(help: "Folder of the run.")
    var out: String

    @OptionGroup var output: JSONOption
    @OptionGroup var logging: LoggingOptions

    func validate() throws {
        for method in methods?.elements ?? [] {
            if [.matter, .encoder].contains(method), encoder == nil {
                throw ValidationError("The method \(method.rawValue) needs --encoder.")
            }
            if method == .untrained, untrained == nil, snapshots == nil {
                throw ValidationError("The method untrained needs --untrained or --snapshots.")
            }
        }
        do {
            // What the encoder's file is, is told when it is opened.
            try plan(own: stage == nil ? .matter : .encoder).check()
        } catch {
            throw ValidationError("\(error)")
        }
    }

    func run() throws {
        Torch.retainFreedMemory()
        let signal = StopSignal()
        let plan = try plan(own: ownMethod())
        let progress = BenchProgress(logging: logging)
        let summaries = try OSCDRun(plan: plan, paths: paths()).run(
            onEvent: progress.show, shouldStop: signal.shouldStop)
        progress.end()
        guard let summaries else {
            try signal.check()
            return
        }
        try output.print(summaries) { ResultTable.lines(of: summaries) }
    }

    // MARK: From options to a plan

    /// The paths with what follows from them.
    func paths() -> OSCDPaths {
        var paths = OSCDPaths(data: data, output: out)
        paths.encoder = encoder
        paths.snapshots = snapshots
        paths.untrained = untrained ?? snapshots.flatMap(Self.firstSnapshot)
        return paths
    }

    /// The method of `--encoder`, by what its file is; a file that cannot be opened is told by the method that opens it.
    private func ownMethod() -> OSCDMethod {
        encoder.flatMap { try? OSCDMethod.of(encoder: $0) } ?? .matter
    }

    /// The resolved plan; `own` is the method of `--encoder`.
    func plan(own: OSCDMethod) throws -> OSCDPlan {
        var plan = OSCDPlan()
        let paths = paths()
        plan.images = images
        plan.methods =
            methods?.elements
            ?? OSCDMethod.allCases.filter { method in
                switch method {
                case .cva: true
                case .untrained: paths.untrained != nil
                case .matter, .encoder: paths.encoder != nil && method == own
                }
            }
        plan.thresholdRules = thresholds.elements
        plan.features = FeatureDistancePlan(stride: stride, blurWindow: window, stage: stage)
        plan.changeVectorBands = bands?.elements ?? OSCDPlan.snapshotBands
        plan.curveCities = curveCities?.elements ?? []
        plan.device = place.name
        return plan
    }

    private static func firstSnapshot(of folder: String) -> String? {
        let path = "\(folder)/step-000000.safetensors"
        return FileManager.default.fileExists(atPath: path) ? path : nil
    }
}
