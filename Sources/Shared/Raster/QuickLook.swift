import Geo

/// Small pictures for people, as PNG; pixels without data are black, and a constant image is a neutral grey.
public enum QuickLook {
    /// How values become 0…255.
    public enum Stretch: Hashable, Sendable {
        /// From one percentile (0…100) of the valid values to another, for each band by itself.
        case percentiles(Double, Double)
        /// From one value to another, the same for all bands.
        case range(Double, Double)
    }

    /// A colour of 8 bits a channel.
    public struct Colour: Hashable, Sendable {
        /// Red, green and blue, 0…255.
        public var red, green, blue: UInt8

        /// Makes a colour.
        public init(red: UInt8, green: UInt8, blue: UInt8) {
            (self.red, self.green, self.blue) = (red, green, blue)
        }
    }

    /// A colour picture of three bands of a raster, counted from 0.
    /// - Throws: `RasterError` if encoding fails.
    public static func rgbPNG<Pixel: RasterPixel>(
        _ image: RasterBuffer<Pixel>, red: Int, green: Int, blue: Int,
        stretch: Stretch = .percentiles(2, 98), nodata: Pixel? = nil
    ) throws -> [UInt8] {
        let bands = [red, green, blue].map { stretched(image.band($0), stretch, nodata) }
        return try RasterWriter.encode(
            RasterBuffer(size: image.size, bands: 3, pixels: bands.flatMap(\.self)), as: .png)
    }

    /// A colour picture of three rasters of one band each.
    /// - Throws: `RasterError` if their sizes differ or encoding fails.
    public static func rgbPNG<Pixel: RasterPixel>(
        red: RasterBuffer<Pixel>, green: RasterBuffer<Pixel>, blue: RasterBuffer<Pixel>,
        stretch: Stretch = .percentiles(2, 98), nodata: Pixel? = nil
    ) throws -> [UInt8] {
        let parts = [red, green, blue].map { $0.only(band: 0) }
        return try rgbPNG(
            RasterBuffer(stacking: parts), red: 0, green: 1, blue: 2, stretch: stretch,
            nodata: nodata)
    }

    /// A grey picture of one band.
    /// - Throws: `RasterError` if encoding fails.
    public static func grayPNG<Pixel: RasterPixel>(
        _ image: RasterBuffer<Pixel>, band: Int = 0, stretch: Stretch = .percentiles(2, 98),
        nodata: Pixel? = nil
    ) throws -> [UInt8] {
        let pixels = stretched(image.band(band), stretch, nodata)
        return try RasterWriter.encode(RasterBuffer(size: image.size, pixels: pixels), as: .png)
    }

    /// A mask in white on black; everything but 0 is white.
    /// - Throws: `RasterError` if encoding fails.
    public static func maskPNG(_ mask: RasterBuffer<UInt8>) throws -> [UInt8] {
        try RasterWriter.encode(mask.only(band: 0).map { $0 == 0 ? UInt8(0) : 255 }, as: .png)
    }

    /// A grey picture of one band with a mask laid over it in one colour, half transparent.
    /// - Throws: `RasterError` if the sizes differ or encoding fails.
    public static func overlayPNG<Pixel: RasterPixel>(
        _ mask: RasterBuffer<UInt8>, on image: RasterBuffer<Pixel>, band: Int = 0,
        colour: Colour = Colour(red: 255, green: 64, blue: 32),
        stretch: Stretch = .percentiles(2, 98), nodata: Pixel? = nil
    ) throws -> [UInt8] {
        guard mask.size == image.size else {
            throw RasterError(.invalid, "a mask of \(mask.size) over an image of \(image.size)")
        }
        let gray = stretched(image.band(band), stretch, nodata)
        let channels = [colour.red, colour.green, colour.blue].map { channel in
            zip(gray, mask.band(0)).map { value, isMasked in
                isMasked == 0 ? value : UInt8((Int(value) + Int(channel)) / 2)
            }
        }
        return try RasterWriter.encode(
            RasterBuffer(size: image.size, bands: 3, pixels: channels.flatMap(\.self)), as: .png)
    }

    /// Classes in colours; classes beyond the palette's end are black.
    /// - Throws: `RasterError` if encoding fails.
    public static func palettePNG(
        _ classes: RasterBuffer<UInt8>, palette: [Colour]
    ) throws -> [UInt8] {
        let channels: [KeyPath<Colour, UInt8>] = [\.red, \.green, \.blue]
        let pixels = channels.flatMap { channel in
            let table = (0..<256).map {
                palette.indices.contains($0) ? palette[$0][keyPath: channel] : 0
            }
            return classes.band(0).map { table[Int($0)] }
        }
        return try RasterWriter.encode(
            RasterBuffer(size: classes.size, bands: 3, pixels: pixels), as: .png)
    }

    @_specialize(where Pixel == UInt16)
    @_specialize(where Pixel == UInt8)
    @_specialize(where Pixel == Float)
    private static func stretched<Pixel: RasterPixel>(
        _ pixels: ArraySlice<Pixel>, _ stretch: Stretch, _ nodata: Pixel?
    ) -> [UInt8] {
        if let pixels = pixels as? ArraySlice<UInt16> {
            return stretched(counting: pixels, stretch, nodata as? UInt16)
        }
        func isValid(_ pixel: Pixel) -> Bool { pixel != nodata && pixel.double.isFinite }
        let (low, high) =
            switch stretch {
            case .range(let low, let high): (low, high)
            case .percentiles(let low, let high):
                percentiles(pixels.filter(isValid), low, high)
            }
        return pixels.map { isValid($0) ? shade($0.double, low, high) : 0 }
    }

    /// Valid pixels keep off 0, which means "no data".
    private static func shade(_ value: Double, _ low: Double, _ high: Double) -> UInt8 {
        guard high > low else { return 128 }
        return UInt8(min(max(1 + (value - low) / (high - low) * 254, 1), 255))
    }

    /// The same by a table: there are few numbers of 16 bits, and many pixels.
    private static func stretched(
        counting pixels: ArraySlice<UInt16>, _ stretch: Stretch, _ nodata: UInt16?
    ) -> [UInt8] {
        let (low, high): (Double, Double)
        switch stretch {
        case .range(let first, let last): (low, high) = (first, last)
        case .percentiles(let first, let last):
            var counts = [Int](repeating: 0, count: 1 << 16)
            for pixel in pixels { counts[Int(pixel)] += 1 }
            if let nodata { counts[Int(nodata)] = 0 }
            (low, high) = percentiles(counts: counts, first, last)
        }
        var table = (0..<1 << 16).map { shade(Double($0), low, high) }
        if let nodata { table[Int(nodata)] = 0 }
        return pixels.map { table[Int($0)] }
    }

    private static func percentiles(
        counts: [Int], _ low: Double, _ high: Double
    ) -> (Double, Double) {
        let total = counts.reduce(0, +)
        guard total > 0 else { return (0, 0) }
        func value(_ percent: Double) -> Double {
            let rank = Int((min(max(percent, 0), 100) / 100 * Double(total - 1)).rounded())
            var passed = 0
            let place = counts.firstIndex { count in
                passed += count
                return passed > rank
            }
            return Double(place ?? 0)
        }
        return (value(low), value(high))
    }

    @_specialize(where Pixel == UInt16)
    @_specialize(where Pixel == UInt8)
    @_specialize(where Pixel == Float)
    private static func percentiles<Pixel: RasterPixel>(
        _ pixels: [Pixel], _ low: Double, _ high: Double
    ) -> (Double, Double) {
        guard !pixels.isEmpty else { return (0, 0) }
        let sorted = pixels.sorted()
        func value(_ percent: Double) -> Double {
            let place = min(max(percent, 0), 100) / 100 * Double(sorted.count - 1)
            return sorted[Int(place.rounded())].double
        }
        return (value(low), value(high))
    }
}
