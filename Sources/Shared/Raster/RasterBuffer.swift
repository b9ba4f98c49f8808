public import Geo

/// Pixels in memory, of shape (bands, height, width) and in that order; bands count from 0.
public struct RasterBuffer<Pixel: RasterPixel>: Hashable, Sendable {
    /// Extent of every band.
    public let size: PixelSize
    /// Number of bands.
    public let bands: Int
    /// All pixels: band by band, row by row.
    public var pixels: [Pixel]

    /// Takes pixels.
    /// - Throws: `RasterError` (`invalid`) if their number is not bands × height × width.
    public init(size: PixelSize, bands: Int = 1, pixels: [Pixel]) throws {
        guard bands > 0, pixels.count == bands * size.count else {
            throw RasterError(
                .invalid, "\(pixels.count) pixels cannot be \(bands) bands of \(size)")
        }
        self.size = size
        self.bands = bands
        self.pixels = pixels
    }

    /// Fills all bands with one value.
    @_specialize(where Pixel == UInt16)
    @_specialize(where Pixel == UInt8)
    @_specialize(where Pixel == Float)
    public init(size: PixelSize, bands: Int = 1, filledWith value: Pixel) {
        precondition(bands > 0, "a raster needs a band")
        self.size = size
        self.bands = bands
        pixels = [Pixel](repeating: value, count: bands * size.count)
    }

    /// One pixel.
    public subscript(band: Int, row: Int, column: Int) -> Pixel {
        get { pixels[index(band, row, column)] }
        set { pixels[index(band, row, column)] = newValue }
    }

    private func index(_ band: Int, _ row: Int, _ column: Int) -> Int {
        precondition(
            (0..<bands).contains(band) && (0..<size.height).contains(row)
                && (0..<size.width).contains(column),
            "no pixel (band \(band), row \(row), column \(column)) in \(bands) bands of \(size)")
        return (band * size.height + row) * size.width + column
    }

    /// The pixels of one band, row by row.
    public func band(_ band: Int) -> ArraySlice<Pixel> {
        pixels[band * size.count..<(band + 1) * size.count]
    }

    /// One band as a raster of its own.
    public func only(band: Int) -> RasterBuffer {
        RasterBuffer(unchecked: size, 1, Array(self.band(band)))
    }

    /// Bands of equal size, one after another.
    /// - Throws: `RasterError` (`invalid`) if there are none or their sizes differ.
    public init(stacking parts: [RasterBuffer]) throws {
        guard let first = parts.first, parts.allSatisfy({ $0.size == first.size }) else {
            let sizes = parts.map(\.size.description).joined(separator: ", ")
            throw RasterError(.invalid, "cannot stack bands of the sizes [\(sizes)]")
        }
        var pixels: [Pixel] = []
        pixels.reserveCapacity(parts.reduce(0) { $0 + $1.pixels.count })
        for part in parts { pixels += part.pixels }
        self.init(unchecked: first.size, parts.reduce(0) { $0 + $1.bands }, pixels)
    }

    /// Bands that a function writes, each to a place of its size, every pixel of it.
    package init(
        size: PixelSize, bands: Int,
        writing write: (_ band: Int, _ place: UnsafeMutableBufferPointer<Pixel>) throws -> Void
    ) rethrows {
        precondition(bands > 0, "a raster needs a band")
        let count = size.count
        let pixels = try [Pixel](unsafeUninitializedCapacity: bands * count) { all, written in
            for band in 0..<bands {
                let place = all[band * count..<(band + 1) * count]
                try write(band, UnsafeMutableBufferPointer(rebasing: place))
            }
            written = bands * count
        }
        self.init(unchecked: size, bands, pixels)
    }

    /// The pixels of a window, which must lie inside.
    /// - Throws: `RasterError` (`invalid`) if it does not.
    @_specialize(where Pixel == UInt16)
    @_specialize(where Pixel == UInt8)
    @_specialize(where Pixel == Float)
    public func cropped(to window: PixelWindow) throws -> RasterBuffer {
        guard size.window.contains(window) else {
            throw RasterError(.invalid, "the window \(window) is not inside of \(size)")
        }
        var cropped: [Pixel] = []
        cropped.reserveCapacity(bands * window.size.count)
        for band in 0..<bands {
            for row in window.rows {
                let start = (band * size.height + row) * size.width
                cropped +=
                    pixels[start + window.columns.lowerBound..<start + window.columns.upperBound]
            }
        }
        return RasterBuffer(unchecked: window.size, bands, cropped)
    }

    /// Whether each pixel has a value in all bands or in none.
    @_specialize(where Pixel == UInt16)
    public func lacksTogether(_ value: Pixel) -> Bool {
        let (bands, count, block) = (bands, size.count, 4096)
        return pixels.withUnsafeBufferPointer { pixels in
            for band in 1..<max(bands, 1) {
                let start = band * count
                // Within a block without a branch, so that many pixels go at once.
                for first in stride(from: 0, to: count, by: block) {
                    var differs: UInt8 = 0
                    for index in first..<min(first + block, count) {
                        let isOther = pixels[start + index] == value
                        differs |= (pixels[index] == value) != isOther ? 1 : 0
                    }
                    if differs != 0 { return false }
                }
            }
            return true
        }
    }

    /// Every pixel passed through a function.
    public func map<Other: RasterPixel>(_ change: (Pixel) -> Other) -> RasterBuffer<Other> {
        RasterBuffer<Other>(unchecked: size, bands, pixels.map(change))
    }

    init(unchecked size: PixelSize, _ bands: Int, _ pixels: [Pixel]) {
        self.size = size
        self.bands = bands
        self.pixels = pixels
    }
}
