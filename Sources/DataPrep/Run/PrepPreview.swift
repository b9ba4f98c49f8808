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
        /// Places at the edge that hold too little of the region to be cut.
        public var placesDropped: Int
        /// Bytes of the files to read, as they lie on the disk.
        public var bytesToRead: Int
        /// Estimate of the bytes to write: rasters, quick-looks and training samples.
        public var bytesToWrite: Int
        /// What is written at least where no tile is left out: the training samples, which are not compressed.
        public var bytesAtLeast: Int
        /// What is written at most: as if nothing could be compressed.
        public var bytesAtMost: Int
        /// Estimate of the processor time.
        public var minutes: Double
    }

    /// The regions.
    public var regions: [Region]
    /// Places whose dates are compared with one another; nil where unchanged ground is not looked for.
    public var placesToCompare: Int?
    /// What the run's own process holds at its worst (estimate).
    public var memory: PrepMemory
    /// What is taken on trust and worth a look.
    public var remarks: [String] = []
    /// What is published.
    public var formats: [ExportFormat] = []
    /// What the estimates go by, in words.
    public var basis = PrepRates.basis

    /// Looks at the metadata of a plan's scenes and writes nothing; of images, only a piece of the first of each region.
    ///
    /// - Parameters:
    ///   - plan: what would be done.
    ///   - threads: how many would work; one for each core if nil.
    /// - Throws: `PrepError` or `RasterError` for what would stop the run at once.
    public init(_ plan: PrepPlan, threads: Int? = nil) throws {
        try self.init(plan, threads: threads, compares: false)
    }

    private init(_ plan: PrepPlan, threads: Int?, compares: Bool) throws {
        remarks = plan.remarks
        regions = try plan.regions.filter { !$0.own.isEmpty }.map {
            try Region($0, of: plan)
        }
        memory = try PrepMemory(plan, threads: threads, compares: compares)
        // The pieces of scenes that were looked at brought in what a run brings in.
        memory.addProgram()
    }

    /// Looks at the metadata of a job's scenes and writes nothing, as for its plan.
    ///
    /// - Parameters:
    ///   - job: what would be done.
    ///   - threads: how many would work; one for each core if nil.
    /// - Throws: as for a plan, and `PrepError` (`configuration`) for a folder that holds something else.
    public init(_ job: PrepJob, threads: Int? = nil) throws {
        try job.checkClaims()
        try self.init(
            job.plan, threads: threads, compares: job.hasMore && job.unchanged != nil)
        guard job.hasMore else { return }
        formats = job.publish.formats
        if job.unchanged != nil { placesToCompare = regions.map(\.tilesPerDate).reduce(0, +) }
    }

    /// One line a region, and the sum.
    public var lines: [String] {
        let tiles = regions.map { $0.dates.count * $0.tilesPerDate }.reduce(0, +)
        let scenes = regions.map(\.dates.count).reduce(0, +)
        let days = Set(regions.flatMap(\.dates).map { $0.prefix(10) }).count
        let read = regions.map(\.bytesToRead).reduce(0, +)
        let written = regions.map(\.bytesToWrite).reduce(0, +)
        let least = regions.map(\.bytesAtLeast).reduce(0, +)
        let most = regions.map(\.bytesAtMost).reduce(0, +)
        let minutes = regions.map(\.minutes).reduce(0, +)
        return regions.map {
            "\($0.name): \($0.dates.count) dates × \($0.tilesPerDate) tiles, bands "
                + $0.bands.joined(separator: " ")
                + ($0.placesDropped > 0
                    ? "; \($0.placesDropped) places at the edge hold too little of it" : "")
        } + [
            "\(scenes) scenes of \(days) days, \(tiles) tiles",
            "to read \(Self.megabytes(read)); to write about \(Self.megabytes(written)) (estimate; "
                + "\(Self.megabytes(least)) to \(Self.megabytes(most)) if no tile is left out)",
            "about \(Self.tenths(minutes)) minutes of one core (estimate: \(basis))",
            "to hold at most about \(Self.megabytes(memory.bytes)) in memory (estimate: \(memory.words))",
        ] + (placesToCompare.map { ["then unchanged ground of \($0) places"] } ?? [])
            + (formats.isEmpty
                ? [] : ["then published: \(formats.map(\.rawValue).joined(separator: ", "))"])
            + remarks.map { "remark: \($0)" }
    }

    static func megabytes(_ bytes: Int) -> String { "\((bytes + 999_999) / 1_000_000) MB" }

    private static func tenths(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded(.up))
        return "\(tenths / 10).\(tenths % 10)"
    }
}

extension PrepPreview.Region {
    fileprivate init(_ region: RegionPlan, of plan: PrepPlan) throws {
        let settings = plan.settings
        let files = SceneFiles(scene: region.scenes[0])
        let grids = try region.bands.map { try files.grid(of: files.scene.source(of: $0)) }
        let finest = grids.min {
            $0.transform.resolution.alongRow < $1.transform.resolution.alongRow
        }
        name = region.name
        dates = region.ownScenes.map(\.time.iso8601)
        bands = region.bands.map(\.rawValue)
        let cut = try finest.map { try TilePlan($0, of: region.name, settings: settings) }
        (tilesPerDate, placesDropped) = (cut?.tiles.count ?? 0, cut?.dropped.count ?? 0)
        bytesToRead = try Self.bytes(of: region, in: plan)
        let tiles = tilesPerDate * dates.count
        let pixels = tiles * settings.tileSize * settings.tileSize
        let bandPixels = pixels * bands.count
        let rates = try PrepRates(
            files, files.scene.source(of: region.bands[0]), settings: settings)
        // A sample holds its bands and the mask as they are.
        bytesAtLeast = bandPixels * 2 + pixels
        // Beside pixels a file has a header, and blocks that cannot be compressed grow a little.
        let rasters = bandPixels * 2 * 51 / 50 + pixels / 6
        // Smaller copies have a third of the pixels, and more blocks that reach beyond the edges.
        bytesAtMost =
            bytesAtLeast + (settings.writesOverviews ? rasters * 3 / 2 : rasters) + pixels * 3
            + tiles * Self.header
        bytesToWrite = min(
            bytesAtMost,
            bytesAtLeast
                + Int(
                    Double(bandPixels) * 2 * rates.compressed + Double(pixels) * rates.quicklook))
        minutes =
            (Double(pixels) * rates.secondsAPixel + Double(bandPixels) * rates.secondsABandPixel)
            / 60
    }

    /// Bytes of a tile's files that are no pixels, at most.
    private static let header = 1 << 15

    /// Every file counts once, however many bands it holds.
    private static func bytes(of region: RegionPlan, in plan: PrepPlan) throws -> Int {
        var paths: Set<String> = []
        for scene in region.ownScenes {
            for band in try plan.bandsRead(of: scene, in: region) {
                paths.insert(try scene.source(of: band).path)
            }
            if let classes = scene.classification { paths.insert(classes.path) }
        }
        return try paths.reduce(0) { sum, path in
            guard let size = try? StoredFile(path).size() else {
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
    /// A date of which a file ends its decoder is set aside, `skipped`, as a run does.
    /// - Parameter threads: how many decode; one for each core if nil. The shifts do not depend on it.
    /// - Returns: what was found, by region.
    /// - Throws: `PrepError` or `RasterError`; `DecodeFault` where no date of a region is left.
    public func align(threads: Int? = nil) throws -> [RegionAlignment] {
        try regions.map { region in
            for scene in region.scenes {
                _ = try SceneFiles(scene: scene).prove(bandsRead(of: scene, in: region))
            }
            let blocks = DecodedBlocks(threads: threads)
            return try GuardedAlignment(region: region, settings: settings, blocks: blocks)
                .run { _ in }
        }
    }
}
