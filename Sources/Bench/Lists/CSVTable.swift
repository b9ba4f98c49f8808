/// Records of fields separated by commas, after RFC 4180.
struct CSVTable {
    private let bytes: [UInt8]
    private let path: String
    private var place = 0
    private var nextLine = 1
    /// The line where the last record begins, from 1.
    private(set) var line = 0

    init(_ bytes: [UInt8], path: String) {
        self.bytes = bytes
        self.path = path
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { place = 3 }
    }

    /// The fields of the next record; nil at the end.
    ///
    /// Empty lines are skipped.
    /// - Throws: `BenchError`, 65, for a quotation mark without its partner.
    mutating func next() throws -> [[UInt8]]? {
        while place < bytes.count {
            line = nextLine
            let fields = try record()
            if fields.count > 1 || fields.first?.isEmpty == false { return fields }
        }
        return nil
    }

    private mutating func record() throws -> [[UInt8]] {
        var fields: [[UInt8]] = [[]]
        var isQuoted = false
        while place < bytes.count {
            let byte = bytes[place]
            place += 1
            if byte == UInt8(ascii: "\n") { nextLine += 1 }
            switch byte {
            case UInt8(ascii: "\"") where isQuoted && place < bytes.count && bytes[place] == byte:
                fields[fields.count - 1].append(byte)
                place += 1
            case UInt8(ascii: "\""): isQuoted.toggle()
            case UInt8(ascii: ",") where !isQuoted: fields.append([])
            case UInt8(ascii: "\n") where !isQuoted: return fields
            case UInt8(ascii: "\r") where !isQuoted: break
            default: fields[fields.count - 1].append(byte)
            }
        }
        guard !isQuoted else {
            throw BenchError(
                .invalid,
                "\(path): line \(line): a quotation mark without its partner; get it again")
        }
        return fields
    }

    /// The texts of a list as Python or NumPy writes one: "['Arable land', 'Pastures']".
    static func texts(inList field: [UInt8]) -> [[UInt8]] {
        var texts: [[UInt8]] = []
        var mark: UInt8?
        for byte in field {
            if let open = mark {
                if byte == open { mark = nil } else { texts[texts.count - 1].append(byte) }
            } else if byte == UInt8(ascii: "'") || byte == UInt8(ascii: "\"") {
                mark = byte
                texts.append([])
            }
        }
        return texts
    }
}
