public import Geo

/// Small pictures for people, as PNG; pixels without data are black, and a constant image is a neutral grey.
public enum QuickLook {
    /// Numbers of 16 bits as shades 1…255, from one value to another, those beyond as the nearer one; 0, no data, stays 0.
    public static func shades(
        _ pixels: ArraySlice<UInt16>, from low: UInt16, to high: UInt16
    ) -> [UInt8] {
        // There are few numbers of 16 bits, and many pixels.
        var table = (0..<1 << 16).map { shade(Double($0), Double(low), Double(high)) }
        table[0] = 0
        return pixels.map { table[Int($0)] }
    }

    private static func shade(_ value: Double, _ low: Double, _ high: Double) -> UInt8 {
        guard high > low else { return 128 }
        return UInt8(min(max(1 + (value - low) / (high - low) * 254, 1), 255))
    }

    /// A picture of shades, each channel of the picture's size and row by row: one is grey, three are red, green and blue.
    /// - Throws: `RasterError` (`invalid`) for other channels, or if there is no memory to pack it.
    public static func png(_ channels: [[UInt8]], _ size: PixelSize) throws(RasterError) -> [UInt8]
    {
        try PNGEncoder.encode(channels, size: size)
    }
}
