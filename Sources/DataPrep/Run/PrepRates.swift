import Geo
import Manifests
import Raster

/// What a run costs on this machine, measured in a fraction of a second on a piece of the first scene itself: what it takes to
/// decode, to resample, to encode and to align depends on the files as much as on the processor.
struct PrepRates {
    /// Processor time of a pixel of one band: decoding, resampling, encoding, digests.
    var secondsABandPixel = 0.0
    /// Processor time of a pixel of a tile of a date: alignment and quick-look.
    var secondsAPixel = 0.0
    /// Share of a raster's bytes that compression leaves.
    var compressed = 0.0
    /// Bytes a pixel of a quick-look.
    var quicklook = 0.0

    /// In words.
    static let basis = "measured here, now, on a piece of each region's first scene"

    /// Decodes a piece of a band and puts it through all steps; writes nothing.
    ///
    /// The piece is whole in the blocks of Sentinel-2 files, 1024 pixels a side.
    init(_ files: SceneFiles, _ source: BandSource, settings: PrepSettings) throws {
        let whole = try files.grid(of: source)
        let window = try Self.middle(of: whole.size)
        let area = try whole.cropped(to: window)
        let pixels = Double(window.size.count)
        // What is found once a band is no cost of a pixel.
        _ = try files.defects.runs(of: source, in: files)
        let clock = ContinuousClock()
        func seconds<Result>(_ body: () throws -> Result) rethrows -> (Result, Double) {
            let start = clock.now
            let result = try body()
            return (result, (clock.now - start) / .seconds(1))
        }
        let (image, decoding) = try seconds { try files.read(source, window) }
        let warp = try Warp(
            from: area, onto: area, shift: ConstantShift(columns: 0.5, rows: 0.25))
        let (moved, resampling) = try seconds {
            try warp.resample(image, nodata: 0, kernel: settings.kernel).image
        }
        let (bytes, encoding) = try seconds {
            let bytes = try RasterWriter.encode(
                moved, grid: area, as: settings.rasterFormat, nodata: 0)
            _ = SHA256Digest(of: bytes)
            return bytes
        }
        secondsABandPixel = (decoding + resampling + encoding) / pixels
        compressed = Double(bytes.count) / (2 * pixels)
        let (picture, drawing) = try seconds {
            let isValid = [UInt8](repeating: 1, count: image.pixels.count)
            let shades = EncodedTile.shades(image.pixels[...], isValid)
            return try QuickLook.png([shades], image.size)
        }
        quicklook = 3 * Double(picture.count) / pixels
        secondsAPixel = 3 * drawing / pixels
        guard settings.aligns else { return }
        // Once to find the shift and once more to see what is left.
        let frame = AlignmentImage(
            width: window.size.width, height: window.size.height, pixels: image.pixels)
        let (_, surveying) = try seconds {
            try ShiftEstimator(settings.search).survey(reference: frame, moving: frame)
        }
        secondsAPixel += 2 * surveying / pixels
    }

    /// A block of 1024 pixels a side in the middle, where data are most likely; all of a smaller image.
    private static func middle(of size: PixelSize) throws -> PixelWindow {
        func begin(_ length: Int) -> Int { length / 2 / 1024 * 1024 }
        let (column, row) = (begin(size.width), begin(size.height))
        return try PixelWindow(
            column: column, row: row, width: min(1024, size.width - column),
            height: min(1024, size.height - row))
    }
}
