import Geo
import Manifests

/// What a run would do: `--dry-run`.
public struct PrepPreview: Sendable, Codable {
    /// One region.
    public struct Region: Sendable, Codable {
        /// Its name.
        public var name: String
        /// Sensing times.
        public var dates: [String]
        /// Bands to write.
        public var bands: [String]
        /// Tiles of one date.
        public var tilesPerDate: Int
        /// Bytes of pixels before compression.
        public var bytes: Int
    }

    /// The regions.
    public var regions: [Region]

    /// Looks at the metadata of a plan's scenes and writes nothing.
    ///
    /// - Throws: `PrepError` or `RasterError` for what would stop the run at once.
    public init(_ plan: PrepPlan) throws {
        regions = try plan.regions.map { region in
            let files = SceneFiles(scene: region.scenes[0])
            let grids = try region.bands.map { try files.grid(of: files.scene.source(of: $0)) }
            let finest = grids.min {
                $0.transform.resolution.alongRow < $1.transform.resolution.alongRow
            }
            let tiles =
                try finest.map { try TilePlan($0, settings: plan.settings).tiles.count } ?? 0
            let pixels = plan.settings.tileSize * plan.settings.tileSize
            return Region(
                name: region.name, dates: region.scenes.map(\.time.iso8601),
                bands: region.bands.map(\.rawValue), tilesPerDate: tiles,
                bytes: tiles * region.scenes.count * region.bands.count * pixels * 2)
        }
    }

    /// One line a region.
    public var lines: [String] {
        regions.map {
            "\($0.name): \($0.dates.count) dates × \($0.tilesPerDate) tiles, bands "
                + "\($0.bands.joined(separator: " ")), \($0.bytes / 1_000_000) MB of pixels"
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
