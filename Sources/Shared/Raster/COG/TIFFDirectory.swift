/// The first directory of a classic little-endian TIFF, taken over from one file into another.
struct TIFFDirectory {
    fileprivate struct Entry {
        let tag, type: UInt16
        let count: Int
        let bytes: [UInt8]

        /// Bytes that it takes behind the directory, at an even place.
        var outside: Int { bytes.count > 4 ? (bytes.count + 1) & ~1 : 0 }
    }

    /// Tags of where tiles lie and how long they are: not taken over.
    private static let (offsets, counts) = (UInt16(324), UInt16(325))
    /// What a COG says of its layout, as GDAL's driver writes it (GDAL, "COG driver", structural metadata).
    private static let layout = [
        "LAYOUT=IFDS_BEFORE_DATA", "BLOCK_ORDER=ROW_MAJOR", "BLOCK_LEADER=SIZE_AS_UINT4",
        "BLOCK_TRAILER=LAST_4_BYTES_REPEATED", "KNOWN_INCOMPATIBLE_EDITION=NO", " ",
    ].joined(separator: "\n")

    private let entries: [Entry]

    /// Reads all fields of a file's first directory but those of its tiles.
    ///
    /// - Throws: `RasterError` (`io`) if the file is not what it should be.
    init(of file: [UInt8]) throws(RasterError) {
        let entries: [Entry]? = file.withUnsafeBytes { all in
            let bytes = TIFFBytes(all: all, isBigEndian: false)
            guard bytes.load(UInt32.self, at: 0) == 0x002A_4949,
                let start = bytes.integer(bytes: 4, at: 4)
            else { return nil }
            var found: [Entry] = []
            do throws(TIFFFault) {
                _ = try bytes.forEachField(at: start, isBig: false) { tag, field in
                    guard tag != Self.offsets, tag != Self.counts else { return }
                    let length = field.count * TIFFField.size(of: field.type)
                    found.append(
                        Entry(
                            tag: tag, type: field.type, count: field.count,
                            bytes: Array(all[field.offset..<field.offset + length])))
                }
            } catch { return nil }
            return found
        }
        guard let entries else {
            throw RasterError(.io, "GDAL described the pixels in another form")
        }
        self.entries = entries
    }

    /// The whole file: header, layout, directory, what does not fit into it, then the blocks, each behind its length and before
    /// its last four bytes.
    func file(withBlocks blocks: [[UInt8]]) -> [UInt8] {
        let layout = Self.layout
        let ghost =
            "GDAL_STRUCTURAL_METADATA_SIZE=\(Self.sixDigits(layout.utf8.count)) bytes\n\(layout)"
        let start = (8 + ghost.utf8.count + 1) & ~1
        let behind = start + 2 + 12 * (entries.count + 2) + 4
        let tables = blocks.count == 1 ? 0 : 8 * blocks.count
        var place = behind + entries.reduce(0) { $0 + $1.outside } + tables
        let places = blocks.map { block in
            defer { place += 4 + block.count + 4 }
            return place + 4
        }

        var file: [UInt8] = []
        file.reserveCapacity(place)
        file += [0x49, 0x49, 42, 0]
        file.append(number: UInt32(start))
        file += ghost.utf8
        while file.count < start { file.append(0) }
        append(
            (entries + [
                Entry(tag: Self.offsets, numbers: places),
                Entry(tag: Self.counts, numbers: blocks.map(\.count)),
            ]).sorted { $0.tag < $1.tag }, to: &file, behind: behind)
        for block in blocks {
            file.append(number: UInt32(block.count))
            file += block
            file += block[max(block.count - 4, 0)...]
        }
        return file
    }

    /// Appends a directory and, behind it, the values of more than four bytes.
    private func append(_ entries: [Entry], to file: inout [UInt8], behind: Int) {
        file.append(number: UInt16(entries.count))
        var place = behind
        for entry in entries {
            file.append(number: entry.tag)
            file.append(number: entry.type)
            file.append(number: UInt32(entry.count))
            if entry.outside > 0 {
                file.append(number: UInt32(place))
                place += entry.outside
            } else {
                file += entry.bytes + [UInt8](repeating: 0, count: 4 - entry.bytes.count)
            }
        }
        file.append(number: UInt32(0))
        for entry in entries where entry.outside > 0 {
            file += entry.bytes
            if entry.bytes.count % 2 == 1 { file.append(0) }
        }
    }

    private static func sixDigits(_ number: Int) -> String {
        let digits = "\(number)"
        return String(repeating: "0", count: max(6 - digits.count, 0)) + digits
    }
}

extension [UInt8] {
    /// Appends a number, its lowest byte first.
    fileprivate mutating func append<Number: FixedWidthInteger>(number: Number) {
        Swift.withUnsafeBytes(of: number.littleEndian) { append(contentsOf: $0) }
    }
}

extension TIFFDirectory.Entry {
    /// A field of 32-bit numbers.
    fileprivate init(tag: UInt16, numbers: [Int]) {
        var bytes: [UInt8] = []
        for number in numbers { bytes.append(number: UInt32(number)) }
        self.init(tag: tag, type: 4, count: numbers.count, bytes: bytes)
    }
}
