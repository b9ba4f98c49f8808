import CCompression
import Geo

/// Writes pictures of 8 bits a channel as PNG, fast: pictures for people are written by the thousand.
///
/// Each row as its differences to the row above, packed by runs and Huffman's code alone (`Z_RLE`): of pictures of land a search for
/// repetitions takes most of the time and finds next to nothing.
enum PNGEncoder {
    private static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
    /// PNG's types of colour, by how many channels they have.
    private static let colourTypes = [1: UInt8(0), 3: 2]
    /// PNG's number of the filter "up".
    private static let up = UInt8(2)

    /// One channel is grey, three are red, green and blue; each holds a picture's pixels row by row.
    ///
    /// - Throws: `RasterError`: `invalid` for other channels, `outOfResources`.
    static func encode(_ channels: [[UInt8]], size: PixelSize) throws(RasterError) -> [UInt8] {
        guard let type = colourTypes[channels.count],
            channels.allSatisfy({ $0.count == size.count }), size.count < 1 << 30
        else {
            throw RasterError(.invalid, "\(channels.count) channels cannot be a picture of \(size)")
        }
        let header = number(size.width) + number(size.height) + [8, type, 0, 0, 0]
        let packed = try packed(differences(channels, size))
        return signature + chunk("IHDR", header) + chunk("IDAT", packed) + chunk("IEND", [])
    }

    /// Rows with their filter's number first, channels interleaved.
    private static func differences(_ channels: [[UInt8]], _ size: PixelSize) -> [UInt8] {
        let (width, step) = (size.width, channels.count)
        let row = 1 + width * step
        return [UInt8](unsafeUninitializedCapacity: row * size.height) { result, count in
            for index in 0..<size.height { result[index * row] = up }
            for (place, channel) in channels.enumerated() {
                channel.withUnsafeBufferPointer { channel in
                    for line in 0..<size.height {
                        var to = line * row + 1 + place
                        let from = line * width
                        for column in from..<from + width {
                            let above = line == 0 ? 0 : channel[column - width]
                            result[to] = channel[column] &- above
                            to += step
                        }
                    }
                }
            }
            count = row * size.height
        }
    }

    private static func packed(_ content: [UInt8]) throws(RasterError) -> [UInt8] {
        var stream = z_stream()
        guard matter_deflate_init_for_pictures(&stream) == Z_OK else { throw noMemory(content) }
        defer { deflateEnd(&stream) }
        var isPacked = false
        let most = Int(deflateBound(&stream, uLong(content.count)))
        let packed = [UInt8](unsafeUninitializedCapacity: most) { buffer, count in
            content.withUnsafeBufferPointer { content in
                guard let from = content.baseAddress else { return }
                stream.next_in = UnsafeMutablePointer(mutating: from)
                stream.avail_in = UInt32(content.count)
                stream.next_out = buffer.baseAddress
                stream.avail_out = UInt32(most)
                isPacked = deflate(&stream, Z_FINISH) == Z_STREAM_END
                count = Int(stream.total_out)
            }
        }
        guard isPacked else { throw noMemory(content) }
        return packed
    }

    private static func noMemory(_ content: [UInt8]) -> RasterError {
        RasterError(.outOfResources, "cannot pack a picture of \(content.count) bytes")
    }

    private static func number(_ value: Int) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
    }

    private static func chunk(_ name: String, _ content: [UInt8]) -> [UInt8] {
        let body = Array(name.utf8) + content
        let sum = body.withUnsafeBufferPointer { crc32(0, $0.baseAddress, UInt32($0.count)) }
        return number(content.count) + body + number(Int(sum))
    }
}
