import Manifests
import Geo

/// Reads polygons written as well-known text: `POLYGON ((0 0, 1 0, 1 1, 0 0))`, with or without heights.
struct WellKnownText {
    private let bytes: ArraySlice<UInt8>
    private var index: Int

    private init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        index = bytes.startIndex
    }

    /// Polygons of a `POLYGON` or `MULTIPOLYGON`; none for an empty one.
    ///
    /// - Throws: `JSONFault` with the reason.
    static func polygons(_ bytes: ArraySlice<UInt8>) throws(JSONFault) -> [[[Position]]] {
        var text = WellKnownText(bytes)
        let polygons = try text.geometry()
        text.skipSpace()
        guard text.index == bytes.endIndex else {
            throw JSONFault(reason: "something follows the geometry's end")
        }
        return polygons
    }

    private mutating func geometry() throws(JSONFault) -> [[[Position]]] {
        let type = word()
        var mark = word()
        if ["Z", "M", "ZM"].contains(mark) { mark = word() }
        guard type == "POLYGON" || type == "MULTIPOLYGON" else {
            throw JSONFault(reason: "a geometry of type \"\(type.prefix(20))\" is no polygon")
        }
        if mark == "EMPTY" { return [] }
        var polygons: [[[Position]]] = []
        if type == "POLYGON" {
            polygons.append(try polygon())
        } else {
            try list { text throws(JSONFault) in polygons.append(try text.polygon()) }
        }
        return polygons
    }

    private mutating func polygon() throws(JSONFault) -> [[Position]] {
        var rings: [[Position]] = []
        try list { text throws(JSONFault) in
            var ring: [Position] = []
            try text.list { text throws(JSONFault) in ring.append(try text.position()) }
            rings.append(ring)
        }
        return rings
    }

    private mutating func list(
        _ element: (inout WellKnownText) throws(JSONFault) -> Void
    ) throws(JSONFault) {
        try expect("(")
        repeat { try element(&self) } while take(",")
        try expect(")")
    }

    private mutating func position() throws(JSONFault) -> Position {
        var numbers: [Double] = []
        while let value = try number(), numbers.count < 5 { numbers.append(value) }
        guard (2...4).contains(numbers.count) else {
            throw JSONFault(reason: "a position of \(numbers.count) numbers")
        }
        return Position(x: numbers[0], y: numbers[1])
    }

    private mutating func number() throws(JSONFault) -> Double? {
        skipSpace()
        guard let byte = next, byte != UInt8(ascii: ","), byte != UInt8(ascii: ")") else {
            return nil
        }
        return try bytes[index...].withUnsafeBufferPointer { rest throws(JSONFault) in
            var cursor = JSONCursor(rest)
            let value = try cursor.number()
            index += cursor.index
            return value
        }
    }

    // MARK: Words

    private var next: UInt8? { index < bytes.endIndex ? bytes[index] : nil }

    private mutating func skipSpace() {
        while let byte = next, byte == 0x20 || byte == 0x09 { index += 1 }
    }

    /// The letters that come next, in capitals; empty where there are none.
    private mutating func word() -> String {
        skipSpace()
        let start = index
        while let byte = next, byte | 0x20 >= UInt8(ascii: "a"), byte | 0x20 <= UInt8(ascii: "z") {
            index += 1
        }
        return String(decoding: bytes[start..<index], as: UTF8.self).uppercased()
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        skipSpace()
        guard next == UInt8(ascii: character) else { return false }
        index += 1
        return true
    }

    private mutating func expect(_ character: Unicode.Scalar) throws(JSONFault) {
        guard take(character) else {
            throw JSONFault(
                reason: next == nil ? "it ends too early" : "expected \(String(character))")
        }
    }
}
