/// How large a JSON document may be before it is refused.
public struct JSONLimits: Hashable, Sendable {
    /// Most bytes.
    public var bytes: Int
    /// Most lists and objects one inside another.
    public var depth: Int
    /// Most values.
    public var values: Int

    /// Makes limits; the standard ones are meant for files from strangers.
    public init(bytes: Int = 1 << 28, depth: Int = 128, values: Int = 10_000_000) {
        self.bytes = bytes
        self.depth = depth
        self.values = values
    }
}

extension JSONValue {
    /// Reads one document as RFC 8259 has it, and no more: UTF-8, no duplicate keys, no byte order mark.
    /// - Throws: `ManifestError` (`invalid`) with line and column, both from 1.
    public static func parse(
        _ bytes: [UInt8], path: String = "", limits: JSONLimits = JSONLimits()
    ) throws(ManifestError) -> JSONValue {
        guard bytes.count <= limits.bytes else {
            throw ManifestError(
                .invalid, path: path,
                "JSON of \(bytes.count) bytes; at most \(limits.bytes) are read")
        }
        var parser = JSONParser(bytes: bytes, limits: limits)
        do {
            return try parser.document()
        } catch {
            let (line, column) = parser.place
            throw ManifestError(
                .invalid, path: path, "line \(line):\(column): not valid JSON: \(error.reason)")
        }
    }

    /// Reads one document from text, as `parse(_:path:limits:)` of bytes does.
    /// - Throws: `ManifestError` as there.
    public static func parse(_ text: String) throws(ManifestError) -> JSONValue {
        try parse(Array(text.utf8))
    }

    /// Reads one document from a file.
    /// - Throws: `ManifestError`: `missing`, `notPermitted`, `io`, or `invalid` with line and column.
    public static func parse(
        file path: String, limits: JSONLimits = JSONLimits()
    ) throws -> JSONValue {
        try parse(WholeFile.read(path, limit: limits.bytes), path: path, limits: limits)
    }
}

/// Why a document is refused; where, the parser knows.
package struct JSONFault: Error {
    /// The reason in a few words.
    package let reason: String

    /// A fault.
    package init(reason: String) {
        self.reason = reason
    }
}

/// A recursive descent over bytes.
struct JSONParser {
    let bytes: [UInt8]
    let limits: JSONLimits
    var index = 0
    private var depth = 0
    private var values = 0

    init(bytes: [UInt8], limits: JSONLimits) {
        self.bytes = bytes
        self.limits = limits
    }

    /// Line and column (in bytes) of the next byte, from 1.
    var place: (line: Int, column: Int) {
        let read = bytes[..<min(index, bytes.count)]
        let lines = read.reduce(1) { $0 + ($1 == UInt8(ascii: "\n") ? 1 : 0) }
        let start = read.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        return (lines, read.count - start + 1)
    }

    mutating func document() throws(JSONFault) -> JSONValue {
        skipSpace()
        let value = try value()
        skipSpace()
        guard index == bytes.count else {
            throw JSONFault(reason: "something follows the document's end")
        }
        return value
    }

    var next: UInt8? { index < bytes.count ? bytes[index] : nil }

    private mutating func skipSpace() {
        while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
            index += 1
        }
    }

    private mutating func value() throws(JSONFault) -> JSONValue {
        values += 1
        guard values <= limits.values else {
            throw JSONFault(reason: "more than \(limits.values) values")
        }
        switch next {
        case UInt8(ascii: "{"): return try nested(Self.object)
        case UInt8(ascii: "["): return try nested(Self.array)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        case nil: throw JSONFault(reason: "it ends too early")
        default: return try number()
        }
    }

    private mutating func nested(
        _ body: (inout JSONParser) throws(JSONFault) -> JSONValue
    ) throws(JSONFault) -> JSONValue {
        depth += 1
        guard depth <= limits.depth else {
            throw JSONFault(reason: "nested deeper than \(limits.depth)")
        }
        index += 1
        let value = try body(&self)
        depth -= 1
        return value
    }

    private static func object(_ parser: inout JSONParser) throws(JSONFault) -> JSONValue {
        var members: [String: JSONValue] = [:]
        parser.skipSpace()
        if parser.take("}") { return .object(members) }
        repeat {
            parser.skipSpace()
            let key = try parser.string()
            guard members[key] == nil else {
                throw JSONFault(reason: "the key \"\(key)\" stands twice in one object")
            }
            parser.skipSpace()
            try parser.expect(":")
            parser.skipSpace()
            members[key] = try parser.value()
            parser.skipSpace()
        } while parser.take(",")
        try parser.expect("}")
        return .object(members)
    }

    private static func array(_ parser: inout JSONParser) throws(JSONFault) -> JSONValue {
        var elements: [JSONValue] = []
        parser.skipSpace()
        if parser.take("]") { return .array(elements) }
        repeat {
            parser.skipSpace()
            elements.append(try parser.value())
            parser.skipSpace()
        } while parser.take(",")
        try parser.expect("]")
        return .array(elements)
    }

    private mutating func word(
        _ word: StaticString, _ value: JSONValue
    ) throws(JSONFault) -> JSONValue {
        let letters = UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount)
        guard bytes[index...].starts(with: letters) else {
            throw JSONFault(reason: "expected \(word)")
        }
        index += letters.count
        return value
    }

    mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard next == UInt8(ascii: character) else { return false }
        index += 1
        return true
    }

    mutating func expect(_ character: Unicode.Scalar) throws(JSONFault) {
        guard take(character) else {
            throw JSONFault(reason: "expected \(String(character))")
        }
    }
}
