public import ArgumentParser
import DataPrep
public import Geo
public import Raster

extension Sentinel2Band: ExpressibleByArgument {
    /// Any of the usual spellings of a band.
    public init?(argument: String) { self.init(name: argument) }
}

extension ResamplingKernel: ExpressibleByArgument {}

extension TileCompression: ExpressibleByArgument {}

extension AlignmentFeature: ExpressibleByArgument {}
extension AlignmentDevice: ExpressibleByArgument {}

/// Which tiles are cut, of which bands; what is not given is as it was.
struct TileOptions: ParsableArguments {
    @Option(help: "Side of a tile in pixels. Default: 1096.")
    var tileSize: Int?

    @Option(help: "Pixels from tile to tile, less where tiles overlap. Default: the tile's side.")
    var tileStride: Int?

    @Option(help: "Bands, such as B02,B03,B04,B08. Default: all of the region's first scene.")
    var bands: String?

    @Option(
        help:
            "Right and lower edge: pad with no data, or drop what does not fill a tile. Default: pad."
    )
    var edge: String?

    @Option(
        help: "Least share of a padded tile that lies in the region; 0 cuts all. Default: 0.1.")
    var smallestShare: Double?

    @Option(help: "Kernel for a moved or reprojected date. Default: lanczos.")
    var resampling: ResamplingKernel?

    @Option(help: "How rasters are packed: zstd, or deflate, which all know. Default: zstd.")
    var compression: TileCompression?

    @Flag(inversion: .prefixedNo, help: "Write smaller copies into the rasters. Default: none.")
    var overviews: Bool?

    @Option(help: "Bands of the quick-looks: three, or one. Default: B04,B03,B02.")
    var quicklookBands: String?

    @Option(
        help: "Largest share of a tile without data, 0 to 1; others are not written. Default: 1.")
    var largestNoData: Double?

    @Option(
        help: "Largest share of a tile under cloud or shadow; others are not written. Default: 1.")
    var largestCloud: Double?

    func validate() throws {
        guard TileGrid.EdgeRule(rawValue: edge ?? "pad") != nil else {
            throw ValidationError("--edge is pad or drop, not \(edge ?? "").")
        }
        for (share, option) in [
            (smallestShare, "--smallest-share"), (largestNoData, "--largest-no-data"),
            (largestCloud, "--largest-cloud"),
        ] {
            guard (0...1).contains(share ?? 1) else {
                throw ValidationError("\(option) is a share, 0 to 1.")
            }
        }
        if let list = try Self.parsed(quicklookBands, "--quicklook-bands"), list.count != 3,
            list.count != 1
        {
            throw ValidationError("--quicklook-bands takes three bands, or one.")
        }
        _ = try Self.parsed(bands, "--bands")
    }

    func apply(to settings: inout PrepSettings) throws {
        settings.tileSize = tileSize ?? settings.tileSize
        settings.tileStride = tileStride ?? settings.tileStride
        settings.edge = edge.flatMap(TileGrid.EdgeRule.init(rawValue:)) ?? settings.edge
        settings.smallestTileShare = smallestShare ?? settings.smallestTileShare
        settings.kernel = resampling ?? settings.kernel
        settings.compression = compression ?? settings.compression
        settings.writesOverviews = overviews ?? settings.writesOverviews
        settings.bands = try Self.parsed(bands, "--bands") ?? settings.bands
        settings.quicklookBands =
            try Self.parsed(quicklookBands, "--quicklook-bands") ?? settings.quicklookBands
        settings.largestNoDataShare = largestNoData ?? settings.largestNoDataShare
        settings.largestCloudShare = largestCloud ?? settings.largestCloudShare
    }

    static func parsed(_ list: String?, _ option: String) throws -> [Sentinel2Band]? {
        guard let list else { return nil }
        let bands = try list.split(separator: ",").map { name in
            guard let band = Sentinel2Band(name: String(name)) else {
                throw ValidationError("\(option): \"\(name)\" is no band of Sentinel-2.")
            }
            return band
        }
        guard !bands.isEmpty, Set(bands).count == bands.count else {
            throw ValidationError("\(option): name each band once.")
        }
        return bands
    }
}

/// How dates are aligned; what is not given is as it was.
struct AlignmentOptions: ParsableArguments {
    @Option(
        help: """
            Date that others are aligned to; mosaic: the clearest date, its gaps filled with others; consensus: what all \
            pairs of dates agree on. Default: the first date with most clear pixels.
            """)
    var reference: String?

    @Option(help: "Bands on which shifts are found together, of one resolution. Default: B08.")
    var alignmentBands: String?

    @Option(
        help: """
            What windows are told by: brightness, or structure (directions of edges, for dates of different seasons). \
            Default: brightness.
            """)
    var alignmentFeature: AlignmentFeature?

    @Option(
        help: """
            Largest shift believed, in pixels; half a window is searched at most (63 in images of less than 2048). \
            Default: 32.
            """)
    var largestShift: Int?

    @Option(
        help: """
            Side in pixels of the windows that are compared: 32, 64, 128, 256 or 512. Default: 256, in images of less \
            than 2048 128, of less than 192 64.
            """)
    var alignmentWindow: Int?

    @Option(help: "Least agreement of a window's phases, 0 to 1; noise has 0.05. Default: 0.12.")
    var leastCoherence: Double?

    @Option(help: "Least share of a window that both dates show without cloud. Default: 0.4.")
    var smallestUsable: Double?

    @Option(help: "Where windows are transformed: cpu, or cuda (a GPU). Default: cpu.")
    var device: AlignmentDevice?

    func validate() throws {
        guard alignmentWindow.map({ ShiftSearch.windowSides.contains($0) }) ?? true else {
            throw ValidationError("--alignment-window is 32, 64, 128, 256 or 512 pixels.")
        }
        guard (0...1).contains(leastCoherence ?? 0) else {
            throw ValidationError("--least-coherence is 0 to 1.")
        }
        guard smallestUsable.map({ $0 > 0 && $0 <= 1 }) ?? true else {
            throw ValidationError("--smallest-usable is above 0 and at most 1.")
        }
        guard (1...128).contains(largestShift ?? 1) else {
            throw ValidationError("--largest-shift is 1 to 128 pixels.")
        }
        _ = try TileOptions.parsed(alignmentBands, "--alignment-bands")
    }

    func apply(to settings: inout PrepSettings) throws {
        settings.reference = reference ?? settings.reference
        settings.alignmentBands =
            try TileOptions.parsed(alignmentBands, "--alignment-bands") ?? settings.alignmentBands
        settings.search.feature = alignmentFeature ?? settings.search.feature
        settings.search.largestShift = largestShift ?? settings.search.largestShift
        settings.search.windowSide = alignmentWindow ?? settings.search.windowSide
        settings.search.leastCoherence = leastCoherence ?? settings.search.leastCoherence
        settings.search.smallestUsableShare = smallestUsable ?? settings.search.smallestUsableShare
        if let device { settings.search.device = device == .cpu ? nil : device }
    }
}
