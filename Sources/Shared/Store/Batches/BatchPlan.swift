public import Geo

/// What a batch holds and how samples become it: all that the numbers depend on, beside the samples themselves.
///
/// A batch is `images.count` arrays of float32 and `masks.count` arrays of codes, all of one height and width. Every plane of a
/// sample is brought onto one grid (bilinearly; masks by the nearest pixel), then one window of that grid is cut and turned,
/// the same for all of them, so that pairs and masks stay aligned.
public struct BatchPlan: Sendable, Hashable, Codable {
    /// One plane of an image: what stands for it in a batch is (pixel − mean) ÷ deviation.
    public struct Band: Sendable, Hashable, Codable {
        /// The plane's name.
        public var name: String
        /// What is taken off each pixel, in the plane's own unit.
        public var mean: Float
        /// What is left is divided by this; above 0.
        public var deviation: Float

        /// A plane, as it is where neither mean nor deviation is given.
        public init(_ name: String, mean: Float = 0, deviation: Float = 1) {
            (self.name, self.mean, self.deviation) = (name, mean, deviation)
        }
    }

    /// Which window of the grid is cut where `crop` is smaller than it.
    public enum Place: String, Sendable, Hashable, Codable, CaseIterable {
        /// Anywhere, drawn anew for each sample and epoch.
        case random
        /// The middle, rounded towards the first row and column.
        case middle
    }

    /// What happens to samples that fill no batch, or that ranks cannot share evenly.
    public enum Rest: String, Sendable, Hashable, Codable, CaseIterable {
        /// They are left out of the epoch: every rank has the same number of full batches. For training.
        case drop
        /// They are in a shorter last batch; ranks may differ by one sample. For evaluation.
        case keep
    }

    /// What happens to numbers of float planes that are NaN or infinite.
    public enum NoNumber: String, Sendable, Hashable, Codable, CaseIterable {
        /// The sample is refused (65).
        case refuse
        /// The band's mean stands for them.
        case replace
    }

    /// The images, each a list of planes in the order of its channels.
    public var images: [[Band]]
    /// Planes of codes.
    public var masks: [String] = []
    /// The grid onto which planes are brought; nil: that of each sample's first plane.
    public var grid: PixelSize?
    /// What is cut from the grid; nil: all of it, which must then be one size for all samples.
    public var crop: PixelSize?
    /// Where it is cut.
    public var place = Place.middle
    /// What is changed at random.
    public var augmentation = Augmentation()
    /// Samples a batch.
    public var batch: Int
    /// Whether samples are in another order in each epoch, or in that of the list.
    public var isShuffled = false
    /// The seed of order, places and augmentations.
    public var seed: UInt64 = 0
    /// What happens to what fills no batch.
    public var rest = Rest.drop
    /// What happens to what is no number.
    public var noNumber = NoNumber.refuse
    /// Whether images are (batch, height, width, channels) in memory instead of (batch, channels, height, width).
    public var isChannelsLast = false
    /// Which of the processes this is, from 0, and how many there are.
    public var rank = 0, ranks = 1

    /// A plan for images of some planes.
    public init(images: [[Band]], batch: Int) {
        (self.images, self.batch) = (images, batch)
    }

    /// Names of all planes that are read, each once, in the order in which they are met.
    public var planes: [String] {
        var seen: Set<String> = []
        return (images.flatMap { $0.map(\.name) } + masks).filter { seen.insert($0).inserted }
    }

    /// Refuses what makes no sense whatever the samples are.
    ///
    /// - Throws: `BatchError` (`configuration`).
    public func check() throws {
        func expect(_ condition: Bool, _ message: String) throws {
            guard condition else { throw BatchError(.configuration, message) }
        }
        // Above it, sizes of buffers run over.
        try expect((1...65_536).contains(batch), "a batch of \(batch) samples; 1 to 65536")
        try expect(
            !images.isEmpty && images.allSatisfy { !$0.isEmpty }, "an image without a band")
        try expect(
            ranks > 0 && (0..<ranks).contains(rank), "rank \(rank) of \(ranks); ranks count from 0")
        for band in images.joined() {
            try expect(
                band.deviation > 0 && band.deviation.isFinite && band.mean.isFinite,
                "band \(band.name): mean \(band.mean), deviation \(band.deviation); expected numbers, the second above 0"
            )
        }
        if let grid, let crop {
            try expect(
                crop.width <= grid.width && crop.height <= grid.height,
                "a crop of \(crop) from images of \(grid)")
        }
        try augmentation.check(isSquare: crop.map { $0.width == $0.height })
    }
}
