import Geo
import Manifests
import Raster

/// What a run would do: `--dry-run`.
public struct PrepPreview: Sendable, Codable {
    /// One region.
    public struct Region: Sendable, Codable {
        /// Its name.
        public var name: String
        /// Sensing times of the scenes that this run works on.
        public var dates: [String]
        /// Bands to write.
        public var bands: [String]
        /// Tiles of one date.
        public var tilesPerDate: Int
        /// Bytes of the files to read, as they lie on the disk.
        public var bytesToRead: Int
        /// Estimate of the bytes to write: rasters, quick-looks and training samples.
        public var bytesToWrite: Int
        /// Estimate of the time.
        public var minutes: Double
    }

    /// The regions.
    public var regions: [Region]
    /// What the estimates go by, in words.
    public var basis = Rate.description

    /// Looks at the metadata of a plan's scenes and writes nothing; no image is opened but the first of each region.
    ///
    /// - Throws: `PrepError` or `RasterError` for what would stop the run at once.
    public init(_ plan: PrepPlan) throws {
        regions = try plan.regions.filter { !$0.own.isEmpty }.map {
            try Region($0, settings: plan.settings)
        }
    }

    /// One line a region, and the sum.
    public var lines: [String] {
        let tiles = regions.map { $0.dates.count * $0.tilesPerDate }.reduce(0, +)
        let scenes = regions.map(\.dates.count).reduce(0, +)
        let days = Set(regions.flatMap(\.dates).map { $0.prefix(10) }).count
        let read = regions.map(\.bytesToRead).reduce(0, +)
        let written = regions.map(\.bytesToWrite).reduce(0, +)
        let minutes = regions.map(\.minutes).reduce(0, +)
        return regions.map {
            "\($0.name): \($0.dates.count) dates × \($0.tilesPerDate) tiles, bands "
                + $0.bands.joined(separator: " ")
        } + [
            "\(scenes) scenes of \(days) days, \(tiles) tiles",
            "to read \(Self.megabytes(read)); to write about \(Self.megabytes(written)) (estimate)",
            "about \(Self.tenths(minutes)) minutes (estimate: \(basis))",
        ]
    }

    private static func megabytes(_ bytes: Int) -> String { "\((bytes + 999_999) / 1_000_000) MB" }

    private static func tenths(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded(.up))
        return "\(tenths / 10).\(tenths % 10)"
    }

    /// What a run costs a pixel.
    fileprivate enum Rate {
        /// Pixels of one band that two cores bring from JP2 onto tiles in a second, alignment and all that is written included.
        static let bandPixelsASecond = 5.0e6
        /// Share of a band's bytes that DEFLATE with a predictor leaves.
        static let compressed = 0.65
        static let description =
            "5 million pixels of a band a second, 65 % of a raster's bytes left by compression, as measured on two cores"
    }
}

extension PrepPreview.Region {
    fileprivate init(_ region: RegionPlan, settings: PrepSettings) throws {
        let files = SceneFiles(scene: region.scenes[0])
        let grids = try region.bands.map { try files.grid(of: files.scene.source(of: $0)) }
        let finest = grids.min {
            $0.transform.resolution.alongRow < $1.transform.resolution.alongRow
        }
        name = region.name
        dates = region.ownScenes.map(\.time.iso8601)
        bands = region.bands.map(\.rawValue)
        tilesPerDate = try finest.map { try TilePlan($0, settings: settings).tiles.count } ?? 0
        bytesToRead = try Self.bytes(of: region)
        let pixels = Double(tilesPerDate * dates.count * settings.tileSize * settings.tileSize)
        let bandPixels = pixels * Double(bands.count)
        // A sample holds its bands and the mask as they are; a quick-look has three bytes, hardly compressed.
        bytesToWrite = Int(
            bandPixels * 2 * PrepPreview.Rate.compressed + bandPixels * 2 + pixels * 4)
        minutes = bandPixels / PrepPreview.Rate.bandPixelsASecond / 60
    }

    /// Every file counts once, however many bands it holds.
    private static func bytes(of region: RegionPlan) throws -> Int {
        var paths: Set<String> = []
        for scene in region.ownScenes {
            for band in region.bands { paths.insert(try scene.source(of: band).path) }
            if let classes = scene.classification { paths.insert(classes.path) }
        }
        return try paths.reduce(0) { sum, path in
            guard let size = try? WholeFile.size(of: path) else {
                throw PrepError(
                    .missing, path, "the file is missing; get the product of \(region.name) again")
            }
            return sum + size
        }
    }
}

extension PrepPlan {
    /// Aligns every region and writes nothing.
    ///
    /// - Throws: `PrepError` or `RasterError`.
    public func align() throws -> [RegionAlignment] {
        try regions.map { region in
            for scene in region.scenes { _ = try SceneFiles(scene: scene).prove(region.bands) }
            return try RegionAligner(
                region: region.name, scenes: region.scenes, bands: region.bands, settings: settings
            ).align { _ in }
        }
    }
}
