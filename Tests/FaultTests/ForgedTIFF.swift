import Manifests

/// A classic little-endian TIFF made field by field, so that it can lie.
struct ForgedTIFF {
    enum Kind: Int {
        case short = 3
        case long = 4
        var bytes: Int { self == .short ? 2 : 4 }
    }

    /// Values by tag; one strip unless changed.
    var fields: [Int: (kind: Kind, values: [Int])]
    var pixels: [UInt8]

    init(
        width: Int, height: Int, bands: Int = 1, bits: Int = 16, format: Int = 1,
        photometric: Int = 1, pixels: [UInt8] = []
    ) {
        self.pixels = pixels
        fields = [
            256: (.long, [width]), 257: (.long, [height]),
            258: (.short, Array(repeating: bits, count: bands)), 259: (.short, [1]),
            262: (.short, [photometric]), 273: (.long, [0]), 277: (.short, [bands]),
            278: (.long, [height]), 279: (.long, [pixels.count]),
            339: (.short, Array(repeating: format, count: bands)),
        ]
        if bands > 1 { fields[338] = (.short, Array(repeating: 0, count: bands - 1)) }
    }

    var bytes: [UInt8] {
        let start = 8 + 2 + 12 * fields.count + 4
        let arrays = fields.values.filter { $0.kind.bytes * $0.values.count > 4 }
        let pixelStart = start + arrays.reduce(0) { $0 + $1.kind.bytes * $1.values.count }
        var (directory, tail): ([UInt8], [UInt8]) = (Self.number(fields.count, 2), [])
        for (tag, field) in fields.sorted(by: { $0.key < $1.key }) {
            let values = tag == 273 ? [pixelStart] : field.values
            let data = values.flatMap { Self.number($0, field.kind.bytes) }
            directory += Self.number(tag, 2) + Self.number(field.kind.rawValue, 2)
            directory += Self.number(values.count, 4)
            if data.count > 4 {
                directory += Self.number(start + tail.count, 4)
                tail += data
            } else {
                directory += data + [UInt8](repeating: 0, count: 4 - data.count)
            }
        }
        return [0x49, 0x49, 42, 0] + Self.number(8, 4) + directory + Self.number(0, 4) + tail
            + pixels
    }

    static func number(_ value: Int, _ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }

    /// Changes the bytes of a tag's values in a file; false if it has no such tag.
    static func patch(_ path: String, tag: Int, _ change: (inout [UInt8]) -> Void) throws -> Bool {
        var bytes = try WholeFile.read(path)
        func value(_ at: Int, _ count: Int) -> Int {
            bytes[at..<at + count].reversed().reduce(0) { $0 << 8 | Int($1) }
        }
        let start = value(4, 4)
        for entry in 0..<value(start, 2) {
            let at = start + 2 + 12 * entry
            guard value(at, 2) == tag else { continue }
            let sizes = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8]
            let count = sizes[value(at + 2, 2)] * value(at + 4, 4)
            let from = count > 4 ? value(at + 8, 4) : at + 8
            var part = Array(bytes[from..<from + count])
            change(&part)
            bytes.replaceSubrange(from..<from + count, with: part)
            try Fixture.overwrite(path, bytes)
            return true
        }
        return false
    }
}
