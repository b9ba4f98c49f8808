/// The first directory of a classic little-endian TIFF, taken over from one file into another, with a mask if wanted.
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
    /// What follows where each of a mask's blocks lies behind that of the image.
    private static let maskLayout = "MASK_INTERLEAVED_WITH_IMAGERY=YES\n"

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

    /// The directory of a mask of this image: one bit a pixel, in blocks of the same size, packed by DEFLATE.
    ///
    /// TIFF 6.0, `NewSubfileType` and `PhotometricInterpretation` (4, transparency mask); GDAL's internal masks are the same.
    var mask: TIFFDirectory {
        let shapes = entries.filter { [256, 257, 322, 323].contains($0.tag) }
        // Bits, compression, meaning, samples, planes and kind of numbers.
        let facts: [(tag: UInt16, number: Int)] = [
            (258, 1), (259, 8), (262, 4), (277, 1), (284, 1), (339, 1),
        ]
        return TIFFDirectory(
            entries: [Entry(tag: 254, numbers: [4])] + shapes
                + facts.map { Entry(tag: $0.tag, short: $0.number) })
    }

    private init(entries: [Entry]) { self.entries = entries }

    /// Bytes of the directory with what does not fit into it, and with the places and lengths of its blocks.
    private func size(blocks: Int) -> Int {
        head + entries.reduce(0) { $0 + $1.outside } + (blocks == 1 ? 0 : 8 * blocks)
    }

    /// Bytes of the directory itself: two more fields tell of the blocks.
    private var head: Int { 2 + 12 * (entries.count + 2) + 4 }

    /// The whole file: header, layout, directories, each with what does not fit into it, then the blocks, each behind its length
    /// and before its last four bytes; a mask's block is behind the image's.
    func file(withBlocks blocks: [[UInt8]], maskBlocks: [[UInt8]]? = nil) -> [UInt8] {
        let layout = Self.layout + (maskBlocks == nil ? "" : Self.maskLayout)
        let ghost =
            "GDAL_STRUCTURAL_METADATA_SIZE=\(Self.sixDigits(layout.utf8.count)) bytes\n\(layout)"
        let images = [(self, blocks)] + (maskBlocks.map { [(mask, $0)] } ?? [])
        var start = (8 + ghost.utf8.count + 1) & ~1
        var place = images.reduce(start) { $0 + $1.0.size(blocks: blocks.count) }
        var places = images.map { _ in [Int]() }
        for index in blocks.indices {
            for (number, image) in images.enumerated() {
                places[number].append(place + 4)
                place += 4 + image.1[index].count + 4
            }
        }

        var file: [UInt8] = []
        file.reserveCapacity(place)
        file += [0x49, 0x49, 42, 0]
        file.append(number: UInt32(start))
        file += ghost.utf8
        while file.count < start { file.append(0) }
        for (number, image) in images.enumerated() {
            let next = start + image.0.size(blocks: blocks.count)
            image.0.append(
                to: &file, at: start, next: number + 1 < images.count ? next : 0,
                places: places[number], counts: image.1.map(\.count))
            start = next
        }
        for index in blocks.indices {
            for (_, blocks) in images { Self.append(blocks[index], to: &file) }
        }
        return file
    }

    private static func append(_ block: [UInt8], to file: inout [UInt8]) {
        file.append(number: UInt32(block.count))
        file += block
        file += block[max(block.count - 4, 0)...]
    }

    /// Appends the directory and, behind it, the values of more than four bytes.
    private func append(
        to file: inout [UInt8], at start: Int, next: Int, places: [Int], counts: [Int]
    ) {
        let blocks = [
            Entry(tag: Self.offsets, numbers: places), Entry(tag: Self.counts, numbers: counts),
        ]
        let entries = (entries + blocks).sorted { $0.tag < $1.tag }
        file.append(number: UInt16(entries.count))
        var place = start + head
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
        file.append(number: UInt32(next))
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

    /// A field of one 16-bit number.
    fileprivate init(tag: UInt16, short number: Int) {
        var bytes: [UInt8] = []
        bytes.append(number: UInt16(number))
        self.init(tag: tag, type: 3, count: 1, bytes: bytes)
    }
}
