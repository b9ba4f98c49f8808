package import Geo
import Manifests

/// A mask of two values as the lengths of its runs, zeros first: a chip's takes some kilobytes instead of half a megabyte.
package struct RunLengthMask: Hashable, Sendable {
    package let size: PixelSize
    private let runs: [UInt32]

    /// Packs a mask of 0 and 1.
    package init(_ mask: UnsafeBufferPointer<UInt8>, size: PixelSize) {
        precondition(mask.count == size.count && size.count <= UInt32.max, "no mask of \(size)")
        var runs: [UInt32] = []
        let bytes = UnsafeRawBufferPointer(mask)
        var (value, start, index): (UInt8, Int, Int) = (0, 0, 0)
        while index < mask.count {
            // Eight pixels at a time: most of a chip is one long run.
            let eight = value == 0 ? 0 : 0x0101_0101_0101_0101 as UInt64
            while index + 8 <= mask.count,
                bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self) == eight
            {
                index += 8
            }
            while index < mask.count, mask[index] == value { index += 1 }
            runs.append(UInt32(index - start))
            (start, value) = (index, value ^ 1)
        }
        self.size = size
        self.runs = runs
    }

    /// Writes the pixels into a buffer of height × width bytes.
    package func unpack(into mask: UnsafeMutableBufferPointer<UInt8>) {
        precondition(mask.count == size.count, "\(mask.count) bytes for a mask of \(size)")
        var (start, value): (Int, UInt8) = (0, 0)
        for run in runs {
            mask[start..<start + Int(run)].update(repeating: value)
            start += Int(run)
            value ^= 1
        }
    }

    /// Writes a value into the pixels of a buffer that are 1 in the mask.
    func write(_ value: UInt8, into pixels: UnsafeMutableBufferPointer<UInt8>) {
        precondition(pixels.count == size.count, "\(pixels.count) bytes for a mask of \(size)")
        var start = 0
        for (place, run) in runs.enumerated() {
            if place % 2 == 1 { pixels[start..<start + Int(run)].update(repeating: value) }
            start += Int(run)
        }
    }

    // MARK: On disk

    private static let magic = Array("MTMASK1\n".utf8)

    /// Magic, width, height, runs (32 bits each, little-endian), and the SHA-256 of all that.
    package var serialized: [UInt8] {
        let numbers = [UInt32(size.width), UInt32(size.height)] + runs
        let body =
            Self.magic
            + numbers.flatMap { number in
                (0..<4).map { UInt8(truncatingIfNeeded: number >> ($0 * 8)) }
            }
        return body + Array(SHA256Digest(of: body).hex.utf8)
    }

    /// Reads what `serialized` wrote; nil for anything else.
    package init?(serialized bytes: [UInt8]) {
        let head = Self.magic.count
        guard bytes.count >= head + 8 + 64, bytes.starts(with: Self.magic) else { return nil }
        let body = bytes.dropLast(64)
        guard (body.count - head) % 4 == 0,
            Array(SHA256Digest(of: Array(body)).hex.utf8) == Array(bytes.suffix(64))
        else { return nil }
        let numbers = stride(from: head, to: body.count, by: 4).map { start in
            (0..<4).reduce(UInt32(0)) { $0 | UInt32(body[start + $1]) << (UInt32($1) * 8) }
        }
        guard let size = try? PixelSize(width: Int(numbers[0]), height: Int(numbers[1])) else {
            return nil
        }
        let runs = Array(numbers.dropFirst(2))
        guard runs.reduce(0, { $0 + Int($1) }) == size.count else { return nil }
        self.size = size
        self.runs = runs
    }
}
