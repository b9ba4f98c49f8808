import CCompression

/// The bytes of a PNG file of 8 bits a channel; the same rows give the same bytes.
public enum PNGFile {
    /// What a pixel's channels are; the raw value is PNG's type of colour.
    public enum Colours: UInt8, Sendable {
        /// One channel.
        case grey = 0
        /// Red, green and blue.
        case rgb = 2
    }

    /// How rows are packed.
    public enum Packing: Sendable {
        /// As small as zlib makes them by default.
        case small
        /// By runs and Huffman's code alone: of pictures of land a search for repetitions takes most of the time and finds little.
        case quick
    }

    /// Packs rows: of each the number of its filter (0 none, 2 differences to the row above), then its pixels, channels beside one another.
    ///
    /// - Returns: nil where there is no memory.
    public static func bytes(
        rows: [UInt8], width: Int, height: Int, _ colours: Colours, _ packing: Packing
    ) -> [UInt8]? {
        guard let packed = deflated(rows, packing) else { return nil }
        let header = number(width) + number(height) + [8, colours.rawValue, 0, 0, 0]
        return [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A] + chunk("IHDR", header)
            + chunk("IDAT", packed) + chunk("IEND", [])
    }

    private static func number(_ value: Int) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
    }

    private static func chunk(_ name: String, _ content: [UInt8]) -> [UInt8] {
        let body = Array(name.utf8) + content
        let sum = body.withUnsafeBufferPointer { crc32(0, $0.baseAddress, UInt32($0.count)) }
        return number(content.count) + body + number(Int(sum))
    }

    private static func deflated(_ content: [UInt8], _ packing: Packing) -> [UInt8]? {
        guard let count = UInt32(exactly: content.count) else { return nil }
        var stream = z_stream()
        let (level, strategy) =
            packing == .quick ? (Z_BEST_SPEED, Z_RLE) : (6, Z_DEFAULT_STRATEGY)
        guard matter_deflate_init(&stream, level, strategy) == Z_OK else { return nil }
        defer { deflateEnd(&stream) }
        let most = deflateBound(&stream, uLong(count))
        guard let room = UInt32(exactly: most) else { return nil }
        var isPacked = false
        let packed = [UInt8](unsafeUninitializedCapacity: Int(most)) { buffer, written in
            content.withUnsafeBufferPointer { content in
                stream.next_in = UnsafeMutablePointer(mutating: content.baseAddress)
                stream.avail_in = count
                stream.next_out = buffer.baseAddress
                stream.avail_out = room
                isPacked = deflate(&stream, Z_FINISH) == Z_STREAM_END
                written = Int(stream.total_out)
            }
        }
        return isPacked ? packed : nil
    }
}
