public import Geo
import Pictures

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
    /// - Throws: `RasterError`: `invalid` for other channels, `outOfResources` where there is no memory to pack it.
    public static func png(_ channels: [[UInt8]], _ size: PixelSize) throws(RasterError) -> [UInt8]
    {
        guard [1, 3].contains(channels.count), channels.allSatisfy({ $0.count == size.count })
        else {
            throw RasterError(.invalid, "\(channels.count) channels cannot be a picture of \(size)")
        }
        guard
            let file = PNGFile.bytes(
                rows: differences(channels, size), width: size.width, height: size.height,
                channels.count == 1 ? .grey : .rgb, .quick)
        else { throw RasterError(.outOfResources, "no memory for a picture of \(size)") }
        return file
    }

    /// Rows as differences to the row above, the number of that filter first, channels beside one another.
    private static func differences(_ channels: [[UInt8]], _ size: PixelSize) -> [UInt8] {
        let (width, step, up) = (size.width, channels.count, UInt8(2))
        let row = 1 + width * step
        return [UInt8](unsafeUninitializedCapacity: row * size.height) { result, count in
            for line in 0..<size.height { result[line * row] = up }
            for (place, channel) in channels.enumerated() {
                channel.withUnsafeBufferPointer { channel in
                    for line in 0..<size.height {
                        var to = line * row + 1 + place
                        for pixel in line * width..<(line + 1) * width {
                            let above = line == 0 ? 0 : channel[pixel - width]
                            result[to] = channel[pixel] &- above
                            to += step
                        }
                    }
                }
            }
            count = row * size.height
        }
    }
}
