public import Geo

/// Anything that describes the surroundings of each pixel by a vector.
public protocol FeatureSource {
    /// The bands that it reads, in its order.
    var bands: [Sentinel2Band] { get }

    /// The features of an image at every `stride`-th pixel.
    ///
    /// Holds, for the image's `bands`, D planes of ⌈height / stride⌉ × ⌈width / stride⌉ values; the cell (i, j) describes
    /// the surroundings of the pixel (i · stride, j · stride).
    func features(of image: BandStack, stride: Int) throws -> FeatureMap
}

/// D planes of features, (D, rows, columns).
public struct FeatureMap: Sendable {
    /// The number of features of a cell.
    public let depth: Int
    /// D planes, one after the other.
    public let values: [Float]

    /// Puts planes together.
    public init(depth: Int, values: [Float]) {
        precondition(
            depth > 0 && values.count % depth == 0, "\(values.count) values, depth \(depth)")
        self.depth = depth
        self.values = values
    }

    /// The Euclidean distance of two maps at each cell.
    func distance(to other: FeatureMap) -> [Float] {
        precondition(values.count == other.values.count, "feature maps of different shapes")
        let cells = values.count / depth
        var sums = [Float](repeating: 0, count: cells)
        for plane in 0..<depth {
            let start = plane * cells
            for cell in 0..<cells {
                let difference = values[start + cell] - other.values[start + cell]
                sums[cell] += difference * difference
            }
        }
        return sums.map { $0.squareRoot() }
    }
}

/// How the distance of features becomes a score for each pixel.
public struct FeatureDistancePlan: Sendable, Hashable, Codable {
    /// Features are computed at every so many pixels, ≥ 1.
    public var stride: Int
    /// Width of the Gaussian window that smooths the distance, odd; 1 for none.
    ///
    /// The authors' snapshot uses 13.
    public var blurWindow: Int
    /// Which map of a network that is not MATTER's: 0 for the stem's, 1 to 4 for the stages'; `nil` for MATTER's features.
    public var stage: Int?

    /// Makes a plan.
    public init(stride: Int = 4, blurWindow: Int = 13, stage: Int? = nil) {
        self.stride = stride
        self.blurWindow = blurWindow
        self.stage = stage
    }
}

/// MATTER's unsupervised change: how far the residual features of a place have moved between two dates.
///
/// Euclidean distance of the features of both dates, brought to pixels bilinearly, then smoothed by a Gaussian window
/// (geowatch, `pretrain_contrastive_resnet_enc.py`, `validate()`: dense features, L2, blur of 13 pixels, Otsu).
/// Pixels without data on either date score 0.
public struct FeatureDistance: ChangeMethod {
    /// The name in paths and tables.
    public let name: String
    /// A name for people.
    public let title: String
    private let origin: String
    private let kind: String
    private let source: any FeatureSource
    private let plan: FeatureDistancePlan

    /// Makes the method of an encoder; `origin` says in half a sentence what the encoder is, `kind` what its features are.
    public init(
        name: String, title: String, origin: String, kind: String = "residual features",
        source: any FeatureSource, plan: FeatureDistancePlan
    ) {
        self.name = name
        self.title = title
        self.origin = origin
        self.kind = kind
        self.source = source
        self.plan = plan
    }

    /// What is computed.
    public var description: String {
        let blur =
            plan.blurWindow == 1
            ? "not smoothed" : "smoothed by a Gaussian window of \(plan.blurWindow) pixels"
        return
            "Euclidean distance between the \(kind) of the two dates, \(origin), taken every \(plan.stride) pixels, \(blur)."
    }

    /// The bands that the encoder reads.
    public var bands: [Sentinel2Band] { source.bands }

    /// The distance of the features at each pixel.
    public func score(_ pair: ImagePair) throws -> [Float] {
        let before = try source.features(of: pair.before, stride: plan.stride)
        let after = try source.features(of: pair.after, stride: plan.stride)
        let distance = before.distance(to: after)
        guard distance.allSatisfy(\.isFinite) else {
            throw BenchError(
                .invalid,
                "the encoder of \(name) gives features that are not numbers; train it again")
        }
        let size = pair.size
        let pixels = Upsampling.bilinear(distance, stride: plan.stride, to: size)
        let smooth = GaussianBlur(width: plan.blurWindow)(
            pixels, width: size.width, height: size.height)
        return zip(smooth, pair.dataMask).map { $1 == 0 ? 0 : $0 }
    }
}
