public import ArgumentParser
import DataPrep
public import Geo
public import Raster

extension Sentinel2Band: ExpressibleByArgument {
    /// Any of the usual spellings of a band.
    public init?(argument: String) { self.init(name: argument) }
}

extension ResamplingKernel: ExpressibleByArgument {}

/// Which tiles are cut, of which bands.
struct TileOptions: ParsableArguments {
    @Option(help: "Side of a tile in pixels.")
    var tileSize = 1096

    @Option(help: "Bands, such as B02,B03,B04,B08. Default: all of the region's first scene.")
    var bands: String?

    @Option(help: "Right and lower edge: pad with no data, or drop what does not fill a tile.")
    var edge = "pad"

    @Option(help: "Kernel for a moved or reprojected date.")
    var resampling = ResamplingKernel.lanczos

    @Option(help: "Bands of the quick-looks: three, or one. Default: B04,B03,B02.")
    var quicklookBands: String?

    func validate() throws {
        guard TileGrid.EdgeRule(rawValue: edge) != nil else {
            throw ValidationError("--edge is pad or drop, not \(edge).")
        }
        if let list = try parsed(quicklookBands, "--quicklook-bands"), list.count != 3,
            list.count != 1
        {
            throw ValidationError("--quicklook-bands takes three bands, or one.")
        }
        _ = try parsed(bands, "--bands")
    }

    func apply(to settings: inout PrepSettings) throws {
        settings.tileSize = tileSize
        settings.edge = TileGrid.EdgeRule(rawValue: edge) ?? .pad
        settings.kernel = resampling
        settings.bands = try parsed(bands, "--bands")
        settings.quicklookBands = try parsed(quicklookBands, "--quicklook-bands")
    }

    private func parsed(_ list: String?, _ option: String) throws -> [Sentinel2Band]? {
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

/// How dates are aligned.
struct AlignmentOptions: ParsableArguments {
    @Option(help: "Date that others are aligned to. Default: the first with most clear pixels.")
    var reference: String?

    @Option(help: "Band on which shifts are found.")
    var alignmentBand = Sentinel2Band.b08

    @Option(help: "Largest shift believed, in pixels.")
    var largestShift = 32

    func validate() throws {
        guard (1...128).contains(largestShift) else {
            throw ValidationError("--largest-shift is 1 to 128 pixels.")
        }
    }

    func apply(to settings: inout PrepSettings) {
        settings.reference = reference
        settings.alignmentBand = alignmentBand
        settings.search.largestShift = largestShift
    }
}
