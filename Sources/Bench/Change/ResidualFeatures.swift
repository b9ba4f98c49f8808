import Geo
import Manifests
import MatterModel
import Tensors

/// A network's file that does not tell which bands it reads.
struct UntoldBands: ExitCoded, CustomStringConvertible {
    let file: String
    let count: Int

    var exitCode: ExitCode { .configuration }
    var description: String {
        "\(file): does not say which \(count) bands it reads; write them into its metadata (bands: B02,B03,…)"
    }
}

/// The maps of a residual network that another program trained, under torchvision's or timm's names, as features.
///
/// No published work says how its encoder was compared without labels. Ours: each band of each date standardised over its pixels with
/// data, as change vector analysis does, and the map of one stage.
struct ResidualFeatures: FeatureSource {
    let bands: [Sentinel2Band]
    private let network: any ImageEncoder
    private let device: Device
    private let stage: Int

    /// Loads a network onto a device.
    ///
    /// - Parameters:
    ///   - file: its weights, with the bands' names in the metadata (`bands`) unless it reads three, red first, or all thirteen.
    ///   - device: where it computes.
    ///   - stage: which map, 0 for the stem's.
    /// - Throws: `BenchError`: 65 for a file without such a network, 78 for stages that there are not; `UntoldBands`.
    init(file: String, device: Device, stage: Int) throws {
        let content = try Safetensors.read(file)
        guard let found = WeightNames(content.arrays) else {
            throw BenchError(
                .invalid,
                "\(file): is no encoder of matter-model, and holds no residual network under torchvision's or timm's names"
            )
        }
        guard (0...found.stages).contains(stage) else {
            throw BenchError(
                .configuration,
                "--stage \(stage): \(file) has stages 0 to \(found.stages); choose one of them")
        }
        bands = try Self.bands(of: content, reading: found, in: file)
        var plan = TaskPlan(.change)
        plan.encoder.initialisation = .file
        plan.data.bands = bands.map(\.rawValue)
        network = try OpenedEncoder(
            plan, file: file, available: plan.data.bands, seed: 0
        ).network
        network.setTraining(false)
        try Torch.attempt { [network] in network.move(to: device) }
        (self.device, self.stage) = (device, stage)
    }

    private static func bands(
        of content: Safetensors.File, reading found: WeightNames, in file: String
    ) throws -> [Sentinel2Band] {
        if let names = content.metadata["bands"] {
            return try names.split(separator: ",").map { name in
                guard let band = Sentinel2Band(name: String(name)) else {
                    throw BenchError(.invalid, "\(file): \(name) is no band of Sentinel-2")
                }
                return band
            }
        }
        let count = found.arrays["conv1.weight"]?.shape.dropFirst().first ?? 0
        switch count {
        case 3: return BandAdaptation.nameless.compactMap(Sentinel2Band.init(name:))
        case 13: return Sentinel2Band.allCases
        default:
            throw UntoldBands(file: file, count: count)
        }
    }

    func features(of image: BandStack, stride: Int) throws -> FeatureMap {
        let (width, height) = (image.size.width, image.size.height)
        let input = Tensor(
            standardised(image), shape: [1, image.bands.count, height, width])
        let map = try Torch.attempt {
            noGradient { network.maps(input.to(device))[stage].to(.cpu).to(.float32) }
        }
        let (depth, rows, columns) = (map.size(1), map.size(2), map.size(3))
        // A cell of a map lies at the pixel of its number times the step, as odd kernels with padding have it.
        guard
            let step = [1, 2, 4, 8, 16, 32].first(where: {
                (height + $0 - 1) / $0 == rows && (width + $0 - 1) / $0 == columns
            })
        else {
            throw BenchError(
                .invalid, "a map of \(columns)×\(rows) cells lies over no \(width)×\(height) pixels"
            )
        }
        let values: [Float] = map.values()
        var planes: [Float] = []
        for plane in 0..<depth {
            let cells = Array(values[plane * rows * columns..<(plane + 1) * rows * columns])
            let pixels = Upsampling.bilinear(cells, stride: step, to: image.size)
            for row in Swift.stride(from: 0, to: height, by: stride) {
                for column in Swift.stride(from: 0, to: width, by: stride) {
                    planes.append(pixels[row * width + column])
                }
            }
        }
        return FeatureMap(depth: depth, values: planes)
    }

    /// Each band of mean 0 and deviation 1 over the pixels with data; 0 elsewhere.
    private func standardised(_ image: BandStack) -> [Float] {
        let mask = image.dataMask
        return image.bands.indices.flatMap { band in
            let start = band * image.size.count
            let plane = image.pixels[start..<start + image.size.count]
            let statistics = BandStatistics(of: plane, where: mask)
            return zip(plane, mask).map { $1 == 0 ? 0 : statistics.standardised($0) }
        }
    }
}
