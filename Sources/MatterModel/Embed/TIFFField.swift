/// One entry of a BigTIFF's directory.
struct TIFFField {
    private let tag, type, count: Int
    private let content: [UInt8]

    /// Numbers of 16 bits.
    static func shorts(_ tag: Int, _ values: [Int]) -> TIFFField {
        field(tag, 3, values.count) { writer in
            for value in values { writer.append(value, as: UInt16.self) }
        }
    }

    /// Numbers of 64 bits.
    static func longs(_ tag: Int, _ values: [Int]) -> TIFFField {
        field(tag, 16, values.count) { writer in
            for value in values { writer.append(value, as: UInt64.self) }
        }
    }

    /// Real numbers of 64 bits.
    static func doubles(_ tag: Int, _ values: [Double]) -> TIFFField {
        field(tag, 12, values.count) { writer in
            for value in values {
                writer.append(Int(bitPattern: UInt(value.bitPattern)), as: UInt64.self)
            }
        }
    }

    /// Text, which is ended by a zero.
    static func text(_ tag: Int, _ text: String) -> TIFFField {
        field(tag, 2, text.utf8.count + 1) { $0.bytes = Array(text.utf8) + [0] }
    }

    private static func field(
        _ tag: Int, _ type: Int, _ count: Int, _ fill: (inout TIFFWriter) -> Void
    ) -> TIFFField {
        var writer = TIFFWriter()
        fill(&writer)
        return TIFFField(tag: tag, type: type, count: count, content: writer.bytes)
    }

    /// A directory at a place of the file, followed by what does not fit into its entries; `fields` are sorted by tag.
    static func directory(_ fields: [TIFFField], at start: Int, next: Int) -> [UInt8] {
        var directory = TIFFWriter()
        var behind: [UInt8] = []
        let end = start + 8 + 20 * fields.count + 8
        directory.append(fields.count, as: UInt64.self)
        for field in fields {
            directory.append(field.tag, as: UInt16.self)
            directory.append(field.type, as: UInt16.self)
            directory.append(field.count, as: UInt64.self)
            let padding = (8 - field.content.count % 8) % 8
            let content = field.content + [UInt8](repeating: 0, count: padding)
            if field.content.count <= 8 {
                directory.bytes += content
            } else {
                directory.append(end + behind.count, as: UInt64.self)
                behind += content
            }
        }
        directory.append(next, as: UInt64.self)
        return directory.bytes + behind
    }
}

/// Bytes with the lowest first.
struct TIFFWriter {
    var bytes: [UInt8] = []

    mutating func append<Number: FixedWidthInteger>(_ value: Int, as type: Number.Type) {
        withUnsafeBytes(of: Number(truncatingIfNeeded: value).littleEndian) { bytes += $0 }
    }
}
