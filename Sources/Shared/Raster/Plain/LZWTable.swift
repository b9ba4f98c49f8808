/// Unpacks blocks of TIFF's LZW: codes of 9 to 12 bits, the highest bit first, one code earlier than GIF's.
///
/// After TIFF 6.0, section 13.
struct LZWTable: ~Copyable {
    private static let clear = 256
    private static let end = 257
    private let entries = UnsafeMutablePointer<Entry>.allocate(capacity: 4096)

    /// The string of a code: that of another code, and one byte more.
    private struct Entry {
        var prefix: UInt16
        var length: UInt16
        var first: UInt8
        var last: UInt8
    }

    init() {
        for code in 0..<4096 {
            let byte = UInt8(truncatingIfNeeded: code)
            entries[code] = Entry(prefix: 0, length: 1, first: byte, last: byte)
        }
    }

    deinit { entries.deallocate() }

    /// Whether a block is in the form of before TIFF 5, which has its bits the other way round.
    static func isOldForm(_ packed: UnsafeRawBufferPointer) -> Bool {
        packed.count >= 2 && packed[0] == 0 && packed[1] & 1 == 1
    }

    /// Whether the codes gave all the bytes that a block has.
    borrowing func unpack(
        _ packed: UnsafeRawBufferPointer, into block: UnsafeMutableRawBufferPointer
    ) -> Bool {
        var codes = Codes(packed)
        var (written, next, previous) = (0, 258, -1)
        while written < block.count {
            guard let code = codes.next(), code != Self.end else { return false }
            if code == Self.clear {
                (next, previous, codes.width) = (258, -1, 9)
                continue
            }
            guard code < next, code < 256 || previous >= 0 else {
                // The one code that may be used before it is known: the previous string and its first byte.
                guard code == next, previous >= 0, next < 4096 else { return false }
                append(previous, entries[previous].first, at: next)
                written = put(code, at: written, in: block)
                (next, previous) = (next + 1, code)
                codes.widen(for: next)
                continue
            }
            if previous >= 0, next < 4096 {
                append(previous, entries[code].first, at: next)
                next += 1
                codes.widen(for: next)
            }
            written = put(code, at: written, in: block)
            previous = code
        }
        return true
    }

    private borrowing func append(_ prefix: Int, _ last: UInt8, at code: Int) {
        entries[code] = Entry(
            prefix: UInt16(prefix), length: entries[prefix].length + 1,
            first: entries[prefix].first, last: last)
    }

    /// Writes a string from its end; what is beyond the block's end is left out.
    private borrowing func put(
        _ code: Int, at start: Int, in block: UnsafeMutableRawBufferPointer
    ) -> Int {
        let end = start + Int(entries[code].length)
        var (place, code) = (end - 1, code)
        while true {
            if place < block.count { block[place] = entries[code].last }
            if place == start { return min(end, block.count) }
            code = Int(entries[code].prefix)
            place -= 1
        }
    }

    /// The codes of a block, one after another.
    private struct Codes {
        private let packed: UnsafeRawBufferPointer
        private var place = 0
        private var bits: UInt32 = 0
        private var count = 0
        var width = 9

        init(_ packed: UnsafeRawBufferPointer) { self.packed = packed }

        mutating func next() -> Int? {
            while count < width {
                guard place < packed.count else { return nil }
                bits = bits << 8 | UInt32(packed[place])
                place += 1
                count += 8
            }
            count -= width
            return Int(bits >> UInt32(count)) & (1 << width - 1)
        }

        mutating func widen(for next: Int) {
            if next >= 1 << width - 1, width < 12 { width += 1 }
        }
    }
}
