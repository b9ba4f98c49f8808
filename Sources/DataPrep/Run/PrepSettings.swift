public import Geo
import Manifests
public import Raster

/// What can be set about a preparation; written into `run.json`, so that another setting is another result.
public struct PrepSettings: Hashable, Sendable, Codable {
    /// Side of a tile in pixels.
    public var tileSize = 1096
    /// Pixels from one tile's corner to the next, at most `tileSize`; `nil` for tile beside tile.
    public var tileStride: Int?
    /// What happens at the right and lower edge of a region.
    public var edge = TileGrid.EdgeRule.pad
    /// A padded tile that covers less of its region than this share of its own area is not written.
    public var smallestTileShare = 0.1
    /// A tile of a date of which a larger share of pixels lacks data in some band is not written, 0…1.
    ///
    /// What a padded tile has beyond its region lacks data too.
    public var largestNoDataShare = 1.0
    /// A tile of a date of which a larger share of pixels is cloud or cloud shadow is not written, 0…1.
    public var largestCloudShare = 1.0
    /// The bands to write; `nil` for all that the region's first scene has.
    public var bands: [Sentinel2Band]?
    /// The bands on which dates are aligned together, of one resolution; where a region lacks one, the first of its finest bands.
    ///
    /// `matter-prep align` reads nothing else and needs them all.
    /// Near infrared changes least against its own contrast between dates: of B02, B03, B04 and B08 it left the least error on
    /// simulated pairs six weeks apart.
    public var alignmentBands = [Sentinel2Band.b08]
    /// Whether dates are aligned at all.
    public var aligns = true
    /// The date others are aligned to, "2020-06-01" or with a time, "mosaic" or "consensus"; `nil` for the first date with most
    /// clear pixels.
    public var reference: String?
    /// Red, green and blue of the quick-looks, or one band; `nil` for B04 B03 B02 where there, else the first band.
    public var quicklookBands: [Sentinel2Band]?
    /// How reflectance between pixels is made where a date is moved or reprojected.
    ///
    /// Lanczos, because cubic convolution undoes part of the alignment: on simulated dates with a true field taken out, windows
    /// still found 0.04 to 0.05 px after cubic and 0.01 to 0.02 after Lanczos.
    public var kernel = ResamplingKernel.lanczos
    /// How the blocks of the rasters are packed.
    public var compression = TileCompression.zstd
    /// Whether the rasters hold smaller copies of themselves.
    public var writesOverviews = false
    /// What becomes of scenes that hold reflectance at the top of the atmosphere (L1C).
    public var surfaceReflectance = SurfaceRule.delivered
    /// Height of the ground in metres above the sea, for the air's pressure where `surfaceReflectance` is `darkObject`.
    public var surfaceElevation = 0.0
    /// What offset is in the numbers of band files of which neither the file nor a product's name says it; `nil` for not known.
    public var looseOffset: LooseOffset?
    /// How shifts are looked for.
    public var search = ShiftSearch()
    /// A shift shorter than this many pixels and without a local field counts as none: such a date is copied.
    public var smallestShift = 0.02

    /// What `matter-prep run` does without options.
    public init() {}

    /// The format of the rasters.
    var rasterFormat: RasterFormat {
        .cog(compression == .zstd ? .zstd : .deflate, overviews: writesOverviews)
    }
}

/// How the blocks of a tile's raster are packed; both are lossless.
public enum TileCompression: String, CaseIterable, Codable, Sendable {
    /// Zstandard: as small, in a fifth of the time; some builds of GDAL cannot read it.
    case zstd
    /// Deflate: what every reader knows.
    case deflate
}

/// A region: a name and the paths its scenes are found at.
public struct RegionInput: Hashable, Sendable {
    /// Names folders and tiles.
    public let name: String
    /// Folders of scenes, scenes, or files.
    public let paths: [String]

    /// A region.
    public init(name: String, paths: [String]) {
        self.name = name
        self.paths = paths
    }

    /// Reads "NAME=PATH[,PATH…]".
    ///
    /// - Throws: `PrepError` with code `usage` for a name that could not name a folder, or no path.
    public init(argument: String) throws {
        let halves = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard halves.count == 2 else {
            throw PrepError(.usage, "--region \(argument)", "expected NAME=PATH[,PATH…]")
        }
        let name = String(halves[0])
        if let problem = Self.problem(withName: name) {
            throw PrepError(.usage, "--region \(argument)", problem)
        }
        let paths = halves[1].split(separator: ",").map(String.init)
        guard !paths.isEmpty else {
            throw PrepError(.usage, "--region \(argument)", "no path after '='")
        }
        self.init(name: name, paths: paths)
    }

    /// Why a name could not name a folder, or nil.
    static func problem(withName name: String) -> String? {
        let isPlain = name.allSatisfy {
            $0.isASCII && ($0.isLetter || $0.isNumber || "-_.".contains($0))
        }
        guard isPlain, !name.isEmpty, !name.hasPrefix("."), name.count <= 64 else {
            return "a region's name has letters, digits, '-', '_' and '.', at most 64"
        }
        return nil
    }
}
