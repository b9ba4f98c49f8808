import Manifests

/// A key of an object, known by 64 bits of its text (FNV-1a).
struct JSONKey: Hashable {
    fileprivate(set) var hash: UInt64 = 0xcbf2_9ce4_8422_2325

    init() {}

    init(_ text: String) {
        for byte in text.utf8 { add(byte) }
    }

    fileprivate mutating func add(_ byte: UInt8) {
        hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3
    }
}

/// Walks over a JSON document (RFC 8259) without building values, as strict as `JSONValue.parse`.
///
/// No duplicate keys, no control characters in text, whole numbers of 64 bits, others finite, a bounded depth. A footprint file is
/// mostly attributes that nobody asks for, and coordinates by the thousand: both would be dictionaries and boxes.
/// The bytes must be UTF-8, and outlive the cursor.
struct JSONCursor {
    /// Lists and objects one inside another.
    static let deepest = 128

    let bytes: UnsafeBufferPointer<UInt8>
    var index = 0
    private var depth = 0
    private var keys: [JSONKey] = []

    init(_ bytes: UnsafeBufferPointer<UInt8>) {
        self.bytes = bytes
    }

    /// Line and column (in bytes) of the next byte, from 1.
    var place: (line: Int, column: Int) {
        let read = bytes[..<min(index, bytes.count)]
        let lines = read.reduce(1) { $0 + ($1 == UInt8(ascii: "\n") ? 1 : 0) }
        let start = read.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        return (lines, read.count - start + 1)
    }

    var next: UInt8? { index < bytes.count ? bytes[index] : nil }

    mutating func skipSpace() {
        while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
            index += 1
        }
    }

    /// The next byte that is no space, not taken.
    mutating func peek() -> UInt8? {
        skipSpace()
        return next
    }

    mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard next == UInt8(ascii: character) else { return false }
        index += 1
        return true
    }

    mutating func expect(_ character: Unicode.Scalar) throws(JSONFault) {
        guard take(character) else {
            throw JSONFault(
                reason: next == nil ? "it ends too early" : "expected \(String(character))")
        }
    }

    /// Nothing but space may follow.
    mutating func end() throws(JSONFault) {
        guard peek() == nil else {
            throw JSONFault(reason: "something follows the document's end")
        }
    }

    /// Takes `null` if it is next.
    mutating func takeNull() throws(JSONFault) -> Bool {
        guard peek() == UInt8(ascii: "n") else { return false }
        try word("null")
        return true
    }

    // MARK: Lists and objects

    /// Calls `body` at each value of an object; it must take the value.
    mutating func object(
        _ body: (inout JSONCursor, JSONKey) throws(JSONFault) -> Void
    ) throws(JSONFault) {
        try enter("{")
        let first = keys.count
        var many: Set<JSONKey> = []
        skipSpace()
        if !take("}") {
            repeat {
                skipSpace()
                try addKey(since: first, to: &many)
                let key = keys[keys.count - 1]
                skipSpace()
                try expect(":")
                skipSpace()
                try body(&self, key)
                skipSpace()
            } while take(",")
            try expect("}")
        }
        keys.removeLast(keys.count - first)
        depth -= 1
    }

    /// Calls `body` at each element of a list; it must take the element.
    mutating func array(
        _ body: (inout JSONCursor) throws(JSONFault) -> Void
    ) throws(JSONFault) {
        try enter("[")
        skipSpace()
        if !take("]") {
            repeat {
                skipSpace()
                try body(&self)
                skipSpace()
            } while take(",")
            try expect("]")
        }
        depth -= 1
    }

    private mutating func enter(_ character: Unicode.Scalar) throws(JSONFault) {
        try expect(character)
        depth += 1
        guard depth <= Self.deepest else {
            throw JSONFault(reason: "nested deeper than \(Self.deepest)")
        }
    }

    /// Few keys are compared one by one; many are kept in a set besides.
    private mutating func addKey(since first: Int, to many: inout Set<JSONKey>) throws(JSONFault) {
        var key = JSONKey()
        let start = index
        try text { key.add($0) }
        let isSeen =
            keys.count - first < 32 ? keys[first...].contains(key) : many.contains(key)
        guard !isSeen else {
            let shown = String(decoding: bytes[start..<index].prefix(60), as: UTF8.self)
            throw JSONFault(reason: "the key \(shown) stands twice in one object")
        }
        keys.append(key)
        if keys.count - first == 32 { many = Set(keys[first...]) }
        if keys.count - first > 32 { many.insert(key) }
    }

    // MARK: Values

    /// Checks a value and goes on behind it.
    mutating func skip() throws(JSONFault) {
        switch peek() {
        case UInt8(ascii: "{"): try object { cursor, _ throws(JSONFault) in try cursor.skip() }
        case UInt8(ascii: "["): try array { cursor throws(JSONFault) in try cursor.skip() }
        case UInt8(ascii: "\""): try text { _ in }
        case UInt8(ascii: "t"): try word("true")
        case UInt8(ascii: "f"): try word("false")
        case UInt8(ascii: "n"): try word("null")
        case nil: throw JSONFault(reason: "it ends too early")
        default: try skipNumber()
        }
    }

    private mutating func word(_ word: StaticString) throws(JSONFault) {
        let letters = UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount)
        guard bytes[index...].starts(with: letters) else {
            throw JSONFault(reason: "expected \(word)")
        }
        index += letters.count
    }

    /// Text in quotation marks.
    mutating func string() throws(JSONFault) -> String {
        var decoded: [UInt8] = []
        try text { decoded.append($0) }
        return String(decoding: decoded, as: UTF8.self)
    }

    private mutating func text(_ each: (UInt8) -> Void) throws(JSONFault) {
        try expect("\"")
        while let byte = next {
            index += 1
            switch byte {
            case UInt8(ascii: "\""): return
            case UInt8(ascii: "\\"):
                for unit in String(try JSONEscape.read(bytes, &index)).utf8 { each(unit) }
            case 0..<0x20: throw JSONFault(reason: "a control character inside of text")
            default: each(byte)
            }
        }
        throw JSONFault(reason: "text without an end")
    }
}
