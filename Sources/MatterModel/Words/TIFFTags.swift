/// The first directory of a little-endian TIFF, as far as a class map needs it.
struct TIFFTags {
    /// Part of the pixels, and where its bytes lie.
    struct Block {
        let row, column, width, height, offset, bytes: Int
    }

    private let file: [UInt8]
    /// Type, count and offset of each tag's values.
    private var entries: [Int: (type: Int, count: Int, at: Int)] = [:]

    /// Reads the directory; nil if this is no such TIFF.
    init?(_ file: [UInt8]) {
        self.file = file
        guard file.count >= 8, file.starts(with: [0x49, 0x49, 42, 0]), let start = number(4, 4),
            let count = number(start, 2)
        else { return nil }
        for index in 0..<count {
            let at = start + 2 + 12 * index
            guard let tag = number(at, 2), let type = number(at + 2, 2),
                let count = number(at + 4, 4),
                let far = number(at + 8, 4)
            else { return nil }
            let bytes = count * (Self.sizes[type] ?? 1)
            entries[tag] = (type, count, bytes <= 4 ? at + 8 : far)
        }
    }

    private static let sizes = [1: 1, 3: 2, 4: 4, 12: 8]

    private func number(_ at: Int, _ bytes: Int) -> Int? {
        guard at >= 0, at + bytes <= file.count else { return nil }
        return (0..<bytes).reduce(0) { $0 | Int(file[at + $1]) << (8 * $1) }
    }

    /// The whole numbers of a tag.
    subscript(tag: Int) -> [Int]? {
        guard let entry = entries[tag], let size = Self.sizes[entry.type], size <= 4,
            entry.count <= file.count
        else { return nil }
        let values = (0..<entry.count).compactMap { number(entry.at + $0 * size, size) }
        return values.count == entry.count ? values : nil
    }

    /// The real numbers of a tag.
    func doubles(_ tag: Int) -> [Double]? {
        guard let entry = entries[tag], entry.type == 12, entry.count <= 64 else { return nil }
        let bits = (0..<entry.count).compactMap { number(entry.at + $0 * 8, 8) }
        return bits.count == entry.count
            ? bits.map { Double(bitPattern: UInt64(bitPattern: Int64($0))) } : nil
    }

    /// The EPSG code of the projection; nil where the file gives none.
    var projectedCRS: Int? {
        let keys = self[34735] ?? []
        // Four numbers a key, and four before them: key, place (0: here), count, value.
        return stride(from: 4, to: keys.count - 3, by: 4).first { keys[$0] == 3072 }
            .flatMap { keys[$0 + 1] == 0 && keys[$0 + 3] < 32767 ? keys[$0 + 3] : nil }
    }

    /// The tiles, or else the strips.
    func blocks(width: Int, height: Int) -> [Block]? {
        let isTiled = self[322] != nil
        let columns = self[322]?.first ?? width
        let rows = self[323]?.first ?? self[278]?.first ?? height
        guard let offsets = self[isTiled ? 324 : 273], let sizes = self[isTiled ? 325 : 279],
            columns > 0, rows > 0, !isTiled || max(columns, rows) <= 1 << 14
        else { return nil }
        let across = (width + columns - 1) / columns
        let count = across * ((height + rows - 1) / rows)
        guard offsets.count == count, sizes.count == count else { return nil }
        return (0..<count).map { index in
            let row = index / across * rows
            let lines = isTiled ? rows : min(rows, height - row)
            return Block(
                row: row, column: index % across * columns, width: columns, height: lines,
                offset: offsets[index], bytes: sizes[index])
        }
    }
}
