/// Yes or no for each pixel of a tile, eight pixels a byte.
struct PixelMask: Hashable, Sendable {
    private var bits: [UInt8]

    /// Makes a mask of the pixels at which something holds.
    init(count: Int, where holds: (Int) -> Bool) {
        bits = [UInt8](repeating: 0, count: (count + 7) / 8)
        for pixel in 0..<count where holds(pixel) { bits[pixel / 8] |= 1 << (pixel % 8) }
    }

    /// Whether a pixel is in the mask, by its number in reading order.
    subscript(pixel: Int) -> Bool { bits[pixel / 8] & 1 << (pixel % 8) != 0 }
}
