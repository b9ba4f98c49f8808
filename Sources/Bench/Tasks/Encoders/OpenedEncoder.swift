import Geo
import Manifests
import MatterModel
import Tensors

/// What was taken from an encoder's file: `encoder.json` of a run folder.
public struct EncoderReport: Codable, Hashable, Sendable {
    /// "random", or the file's name.
    public var origin: String
    /// Where each seed has a file of its own, the end of its path from the part on in which `{seed}` stands; else nil.
    public var pattern: String?
    /// "matter", or the residual network's name.
    public var architecture: String
    /// The bands that it reads here.
    public var bands: [String]
    /// What stood before the names of its weights.
    public var prefix = ""
    /// How the first convolution was brought to the bands; nil where it fitted.
    public var bandRule: String?
    /// How many arrays of the file were used.
    public var used = 0
    /// Names of the file's arrays that were not used.
    public var unused: [String] = []
    /// Names of the network's arrays that the file does not have and that begin anew; counters of batches only.
    public var missing: [String] = []
}

/// An encoder, ready to be trained or used, and what its file said.
struct OpenedEncoder {
    let network: any ImageEncoder
    let architecture: EncoderArchitecture
    var report: EncoderReport
    /// Means and deviations of the bands that it was trained with.
    let statistics: MatterModel.BandStatistics?
    /// Whether it was trained on images that were standardised by themselves.
    let standardisesImages: Bool
    let input: InputDigest?
    /// What had to be taken for granted.
    private(set) var remarks: [String] = []

    /// Opens the encoder of a plan, on the CPU.
    ///
    /// - Parameters:
    ///   - plan: which encoder.
    ///   - file: the encoder's file, if one was named.
    ///   - available: the bands that the data set has.
    ///   - seed: of weights that are drawn.
    /// - Throws: `BenchError`, `ManifestError`, `TorchError`, `TrainingError`: 66 for a file that is not there, 65 for one that is no
    ///   encoder, 78 where bands do not fit.
    init(_ plan: TaskPlan, file: String?, available: [String], seed: UInt64) throws {
        let plan = try plan.naming(bandsAmong: available)
        guard let file else {
            guard plan.encoder.initialisation == .random else {
                throw BenchError(
                    .configuration,
                    "encoder.initialisation is file, but none is named; give --encoder FILE")
            }
            self = try Self.drawn(plan, available: available, seed: seed)
            return
        }
        guard FileSystem.isFile(file) else {
            throw BenchError(.missing, "\(file): no such encoder")
        }
        guard !file.hasSuffix(".pt"), !file.hasSuffix(".pth"), !file.hasSuffix(".pkl") else {
            throw BenchError(
                .invalid,
                "\(file): a pickle can run code and is never loaded; save it as safetensors")
        }
        let input = try InputDigest(file: file, named: "encoder/\(FileSystem.name(of: file))")
        let content = try Safetensors.read(file)
        self =
            content.metadata["architecture"] == EncoderFile.architecture
            ? try Self.matter(plan, file, input, available: available, seed: seed)
            : try Self.residual(plan, file, content, input, available: available, seed: seed)
    }

    private init(
        _ network: any ImageEncoder, _ architecture: EncoderArchitecture, _ report: EncoderReport,
        _ input: InputDigest?, statistics: MatterModel.BandStatistics? = nil,
        standardisesImages: Bool = false
    ) {
        (self.network, self.architecture) = (network, architecture)
        (self.report, self.input) = (report, input)
        (self.statistics, self.standardisesImages) = (statistics, standardisesImages)
    }

    // MARK: Kinds of file

    private static func drawn(_ plan: TaskPlan, available: [String], seed: UInt64) throws -> Self {
        let bands = plan.data.bands.isEmpty ? available : plan.data.bands
        let architecture = EncoderArchitecture(
            depth: ResNet.Depth(rawValue: plan.encoder.backbone.rawValue) ?? .resnet18,
            stem: ResNet.Stem(rawValue: plan.encoder.stem.rawValue) ?? .torchvision,
            channels: bands.count, strides: plan.encoder.strides)
        let network = architecture.network()
        network.drawWeights(seed: seed)
        let report = EncoderReport(
            origin: "random", architecture: architecture.name, bands: bands)
        return Self(network, architecture, report, nil)
    }

    private static func matter(
        _ plan: TaskPlan, _ path: String, _ input: InputDigest, available: [String], seed: UInt64
    ) throws -> Self {
        let file = try EncoderFile(path: path)
        let own = file.recipe.data.bands
        let fits = own.allSatisfy(available.contains)
        let bands = plan.data.bands.isEmpty ? (fits ? own : available) : plan.data.bands
        var recipe = file.recipe
        recipe.data.bands = bands
        let architecture = EncoderArchitecture(recipe: recipe)
        let model = MatterEncoder(recipe)
        var report = EncoderReport(
            origin: FileSystem.name(of: path), architecture: architecture.name, bands: bands)
        if plan.encoder.initialisation == .random {
            model.initialise(seed: seed)
            report.origin = "random"
        } else {
            let adapted = try adapted(
                file, BandAdaptation(rule: plan.encoder.bandRule, from: own, to: bands), path)
            do {
                try model.load(adapted)
            } catch {
                throw BenchError(.invalid, "\(path): \(error)")
            }
            report.used = adapted.count
            report.bandRule = bands == own ? nil : plan.encoder.bandRule.rawValue
        }
        return Self(
            MatterImageEncoder(model, features: recipe.encoder.features), architecture, report,
            input, statistics: bands == own ? file.statistics : nil,
            standardisesImages: recipe.data.standardise == .image)
    }

    /// MATTER's weights for other bands: two convolutions read them, the second behind the refined map's channels.
    private static func adapted(
        _ file: EncoderFile, _ rule: BandAdaptation, _ path: String
    ) throws -> [String: HostArray] {
        guard rule.from != rule.to else { return file.weights }
        var weights = file.weights
        let channels = file.recipe.encoder.preChannels
        if let kernels = weights["pre_conv.weight"] {
            weights["pre_conv.weight"] = try rule(kernels, path: path)
        }
        if let kernels = weights["conv1.weight"], kernels.shape.count == 4,
            kernels.shape[1] == channels + rule.from.count
        {
            let both = Tensor(kernels)
            let image = both.narrow(1, start: channels, length: rule.from.count)
            let map = both.narrow(1, start: 0, length: channels)
            let adapted = Tensor(try rule(image.contiguous().hostArray(), path: path))
            weights["conv1.weight"] = Tensor.cat([map, adapted], dimension: 1).hostArray()
        }
        return weights
    }

    private static func residual(
        _ plan: TaskPlan, _ path: String, _ content: Safetensors.File, _ input: InputDigest,
        available: [String], seed: UInt64
    ) throws -> Self {
        guard let found = WeightNames(content.arrays) else {
            throw BenchError(
                .invalid,
                "\(path): holds no residual network under torchvision's or timm's names (no conv1.weight beside layer1.0.conv1.weight)"
            )
        }
        let isRandom = plan.encoder.initialisation == .random
        // Its first convolution reads what only the encoder around it makes of an image.
        guard isRandom || content.metadata["architecture"] != EncoderExport.trunkArchitecture else {
            throw BenchError(
                .invalid,
                "\(path): holds an encoder's ResNet alone, which reads a refined map beside the bands; "
                    + "give the encoder.safetensors that it was exported from"
            )
        }
        let listed = content.metadata["bands"]?.split(separator: ",").map(String.init) ?? []
        let named = BandAliases.resolved(listed, among: available)
        let bands =
            plan.data.bands.isEmpty ? (named.isEmpty ? available : named) : plan.data.bands
        let architecture = EncoderArchitecture(
            depth: ResNet.Depth(rawValue: found.depth.rawValue) ?? .resnet18,
            stem: ResNet.Stem(rawValue: found.stem.rawValue) ?? .torchvision,
            channels: bands.count, strides: Array(([1, 2, 2, 2] as [Int]).prefix(found.stages)))
        let network = architecture.network()
        var report = EncoderReport(
            origin: isRandom ? "random" : FileSystem.name(of: path),
            architecture: architecture.name, bands: bands)
        if isRandom {
            network.drawWeights(seed: seed)
        } else {
            let rule = BandAdaptation(rule: plan.encoder.bandRule, from: named, to: bands)
            try load(found, into: network, rule, path, &report)
        }
        var opened = Self(network, architecture, report, input)
        let fits = found.arrays["conv1.weight"]?.shape.dropFirst().first == bands.count
        if !isRandom, fits, report.bandRule == nil, named.isEmpty,
            bands != BandAdaptation.nameless
        {
            let names = bands.joined(separator: ", ")
            opened.remarks.append(
                "\(path): names no bands; its \(bands.count) are taken for \(names)")
        }
        return opened
    }

    private static func load(
        _ found: WeightNames, into network: any ImageEncoder, _ rule: BandAdaptation,
        _ path: String, _ report: inout EncoderReport
    ) throws {
        var arrays = found.arrays
        if let kernels = arrays["conv1.weight"] {
            let adapted = try rule(kernels, path: path)
            if adapted != kernels { report.bandRule = rule.rule.rawValue }
            arrays["conv1.weight"] = adapted
        }
        let own = network.namedState
        let names = Set(own.map(\.0))
        report.prefix = found.prefix
        report.unused =
            (found.others + arrays.keys.filter { !names.contains($0) }.map { found.prefix + $0 })
            .sorted()
        arrays = arrays.filter { names.contains($0.key) }
        report.used = arrays.count
        for (name, tensor) in own where arrays[name] == nil {
            guard name.hasSuffix("num_batches_tracked") else { continue }
            report.missing.append(name)
            arrays[name] = tensor.hostArray()
        }
        do {
            try network.load(arrays)
        } catch {
            throw BenchError(.invalid, "\(path): \(error)")
        }
    }
}
