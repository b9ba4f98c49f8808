public import Geo
import MatterModel
import Tensors

/// A method of `matter-bench run oscd`, as the command line names it.
public enum OSCDMethod: String, CaseIterable, Codable, Sendable {
    /// Change vector analysis.
    case cva
    /// The encoder before its training.
    case untrained
    /// The trained encoder.
    case matter
    /// A residual network that another program trained.
    case encoder

    /// The method that compares an encoder's features: by whether `matter-model` wrote the file.
    ///
    /// - Throws: `ManifestError` for what is no safetensors file.
    public static func of(encoder path: String) throws -> Self {
        try Safetensors.read(path).metadata["architecture"] == EncoderFile.architecture
            ? .matter : .encoder
    }
}

/// What is done with the data set: everything that the numbers depend on, besides the input files.
public struct OSCDPlan: Codable, Sendable, Hashable {
    /// Which form of the images is read.
    public var images = OSCDImages.rect
    /// The methods, in the order of the tables.
    public var methods: [OSCDMethod] = [.cva]
    /// The threshold rules; the first is the headline.
    public var thresholdRules: [ThresholdRule] = [.otsu]
    /// How features become scores.
    public var features = FeatureDistancePlan()
    /// The bands of change vector analysis.
    public var changeVectorBands = OSCDPlan.snapshotBands
    /// The test cities on which snapshots are scored; empty means all.
    public var curveCities: [String] = []
    /// Where tensors live: "cpu", "cuda".
    public var device = "cpu"
    /// The seed of the encoder, where each seed has one of its own.
    public var seed: UInt64?
    /// What methods with an encoder are called, to be told from others of their kind.
    public var variant: String?

    /// Change vector analysis on the nine bands of the authors' snapshot.
    public init() {}

    /// The nine bands of the authors' snapshot (`configs/onera.yaml`).
    public static let snapshotBands: [Sentinel2Band] = [
        .b02, .b03, .b04, .b05, .b06, .b07, .b08, .b11, .b12,
    ]

    /// Checks what needs no disk.
    ///
    /// - Throws: `BenchError`, 78.
    public func check() throws {
        let problem: String? =
            if methods.isEmpty || Set(methods).count < methods.count {
                "the methods must be at least one, each once"
            } else if thresholdRules.first?.isOracle ?? true {
                "the first threshold rule must be another than oracle, which is no headline"
            } else if Set(thresholdRules).count < thresholdRules.count {
                "a threshold rule is named twice"
            } else if !(1...64).contains(features.stride) {
                "the stride must be 1 to 64 pixels, not \(features.stride)"
            } else if let stage = features.stage, !(0...4).contains(stage) {
                "the stage must be 0 to 4, not \(stage)"
            } else if features.stage != nil, !methods.contains(.encoder) {
                "the stage is of the method encoder, which is not run"
            } else if methods.contains(.matter), methods.contains(.encoder) {
                "there is one --encoder: matter or encoder, not both"
            } else if !(1...255).contains(features.blurWindow) || features.blurWindow % 2 == 0 {
                "the window must be an odd number of pixels from 1 to 255, not \(features.blurWindow)"
            } else if changeVectorBands.isEmpty
                || Set(changeVectorBands).count < changeVectorBands.count
            {
                "the bands must be at least one, each once"
            } else {
                nil
            }
        if let problem { throw BenchError(.configuration, problem) }
    }
}

/// Where a run reads and writes.
public struct OSCDPaths: Sendable, Hashable {
    /// The folder that holds the data set.
    public var data: String
    /// The run folder.
    public var output: String
    /// The trained encoder.
    public var encoder: String?
    /// Where each seed has an encoder of its own: the end of its path from the part on in which `{seed}` stands.
    public var encoderPattern: String?
    /// The encoder before its training.
    public var untrained: String?
    /// The folder of a pretraining run's snapshots (`step-000050.safetensors`).
    public var snapshots: String?

    /// Names the two folders that every run has.
    public init(data: String, output: String) {
        self.data = data
        self.output = output
    }
}
