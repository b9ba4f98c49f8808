/// What stands for a character behind a backslash in JSON's text (RFC 8259, chapter 7).
package enum JSONEscape {
    /// Reads the escape behind a backslash; a surrogate pair is one character.
    ///
    /// - Parameters:
    ///   - bytes: the document.
    ///   - index: the place behind the backslash; afterwards that behind the escape.
    /// - Returns: the character.
    /// - Throws: `JSONFault` for an unknown escape, half of a surrogate pair, or an early end.
    package static func read<Bytes: RandomAccessCollection<UInt8>>(
        _ bytes: Bytes, _ index: inout Int
    ) throws(JSONFault) -> Unicode.Scalar where Bytes.Index == Int {
        guard index < bytes.endIndex else { throw JSONFault(reason: "text without an end") }
        let letter = bytes[index]
        index += 1
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"):
            return Unicode.Scalar(letter)
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): return try scalar(bytes, &index)
        default: throw JSONFault(reason: "an unknown escape")
        }
    }

    private static func scalar<Bytes: RandomAccessCollection<UInt8>>(
        _ bytes: Bytes, _ index: inout Int
    ) throws(JSONFault) -> Unicode.Scalar where Bytes.Index == Int {
        let first = try codeUnit(bytes, &index)
        var value = UInt32(first)
        if (0xD800..<0xDC00).contains(first) {
            for character in ["\\", "u"] as [Unicode.Scalar] {
                guard index < bytes.endIndex, bytes[index] == UInt8(ascii: character) else {
                    throw JSONFault(reason: "expected \(String(character))")
                }
                index += 1
            }
            let second = try codeUnit(bytes, &index)
            guard (0xDC00..<0xE000).contains(second) else {
                throw JSONFault(reason: "half of a surrogate pair")
            }
            value = 0x10000 + (UInt32(first) - 0xD800) << 10 + (UInt32(second) - 0xDC00)
        }
        guard let scalar = Unicode.Scalar(value) else {
            throw JSONFault(reason: "half of a surrogate pair")
        }
        return scalar
    }

    private static func codeUnit<Bytes: RandomAccessCollection<UInt8>>(
        _ bytes: Bytes, _ index: inout Int
    ) throws(JSONFault) -> UInt16 where Bytes.Index == Int {
        var value: UInt16 = 0
        for _ in 0..<4 {
            guard index < bytes.endIndex,
                let digit = Character(Unicode.Scalar(bytes[index])).hexDigitValue
            else {
                throw JSONFault(reason: "\\u needs four hexadecimal digits")
            }
            value = value << 4 | UInt16(digit)
            index += 1
        }
        return value
    }
}
