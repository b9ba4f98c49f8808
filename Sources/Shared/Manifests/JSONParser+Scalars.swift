extension JSONParser {
    /// A number after RFC 8259, chapter 6; whole ones must fit into 64 bits, others must be finite.
    mutating func number() throws(JSONFault) -> JSONValue {
        let start = index
        _ = take("-")
        if !take("0") { try digits() }
        var isWhole = true
        if take(".") {
            isWhole = false
            try digits()
        }
        if take("e") || take("E") {
            isWhole = false
            _ = take("+") || take("-")
            try digits()
        }
        let text = String(decoding: bytes[start..<index], as: UTF8.self)
        if isWhole {
            guard let value = Int64(text) else {
                throw JSONFault(reason: "the number \(text.prefix(40)) does not fit into 64 bits")
            }
            return .integer(value)
        }
        guard let value = Double(text), value.isFinite else {
            throw JSONFault(reason: "the number \(text.prefix(40)) is too large")
        }
        return .number(value)
    }

    private mutating func digits() throws(JSONFault) {
        let start = index
        while let byte = next, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { index += 1 }
        guard index > start else {
            throw JSONFault(reason: next == nil ? "it ends too early" : "expected a value or digit")
        }
    }

    /// Text in quotation marks; must be UTF-8 without control characters.
    mutating func string() throws(JSONFault) -> String {
        try expect("\"")
        var text: [UInt8] = []
        var start = index
        while let byte = next {
            switch byte {
            case UInt8(ascii: "\""):
                text += bytes[start..<index]
                index += 1
                guard let string = String(validating: text, as: UTF8.self) else {
                    throw JSONFault(reason: "text that is not UTF-8")
                }
                return string
            case UInt8(ascii: "\\"):
                text += bytes[start..<index]
                index += 1
                text += try Array(String(JSONEscape.read(bytes, &index)).utf8)
                start = index
            case 0..<0x20:
                throw JSONFault(reason: "a control character inside of text")
            default:
                index += 1
            }
        }
        throw JSONFault(reason: "text without an end")
    }
}
