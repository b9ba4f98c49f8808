import Manifests

extension JSONCursor {
    /// What a number's text says before it is converted.
    private struct Spelling {
        var isNegative = false
        var isWhole = true
        var hasExponent = false
        /// All digits as one number, as long as they fit.
        var mantissa: UInt64 = 0
        var digits = 0
        /// The power of ten that the mantissa is taken times.
        var exponent = 0
        var text: Range<Int> = 0..<0
    }

    /// A finite number.
    mutating func number() throws(JSONFault) -> Double {
        let number = try spelling()
        // Both factors are exact below 2⁵³ and 10²²: one division or product rounds once (Clinger, PLDI 1990).
        if number.digits <= 19, number.mantissa < 1 << 53, abs(number.exponent) <= 22 {
            let mantissa = Double(number.mantissa)
            let power = Self.powers[abs(number.exponent)]
            let value = number.exponent < 0 ? mantissa / power : mantissa * power
            return number.isNegative ? -value : value
        }
        guard let value = Double(text(of: number)), value.isFinite else {
            throw JSONFault(reason: "the number \(text(of: number).prefix(40)) is too large")
        }
        return value
    }

    /// Checks a number: whole ones must fit into 64 bits, others must be finite.
    mutating func skipNumber() throws(JSONFault) {
        let number = try spelling()
        if number.isWhole, number.digits >= 19, Int64(text(of: number)) == nil {
            throw JSONFault(
                reason: "the number \(text(of: number).prefix(40)) does not fit into 64 bits")
        }
        guard number.hasExponent || number.digits > 300 else { return }
        guard number.isWhole || Double(text(of: number))?.isFinite == true else {
            throw JSONFault(reason: "the number \(text(of: number).prefix(40)) is too large")
        }
    }

    private static let powers: [Double] = (0...22).map { power in
        (0..<power).reduce(1.0) { product, _ in product * 10 }
    }

    private func text(of number: Spelling) -> String {
        String(decoding: bytes[number.text], as: UTF8.self)
    }

    private mutating func spelling() throws(JSONFault) -> Spelling {
        var number = Spelling()
        let start = index
        number.isNegative = take("-")
        if take("0") {
            number.digits = 1
        } else {
            try digits(of: &number, shift: 0)
        }
        if take(".") {
            number.isWhole = false
            try digits(of: &number, shift: -1)
        }
        if take("e") || take("E") {
            number.isWhole = false
            number.hasExponent = true
            try exponent(of: &number)
        }
        number.text = start..<index
        return number
    }

    private mutating func digits(of number: inout Spelling, shift: Int) throws(JSONFault) {
        let start = index
        while let byte = next, byte &- UInt8(ascii: "0") < 10 {
            index += 1
            number.digits += number.mantissa == 0 && byte == UInt8(ascii: "0") ? 0 : 1
            number.mantissa = number.mantissa &* 10 &+ UInt64(byte &- UInt8(ascii: "0"))
            number.exponent += shift
        }
        guard index > start else {
            throw JSONFault(
                reason: next == nil ? "it ends too early" : "expected a value or digit")
        }
    }

    private mutating func exponent(of number: inout Spelling) throws(JSONFault) {
        let isNegative = take("-")
        if !isNegative { _ = take("+") }
        var power = Spelling()
        try digits(of: &power, shift: 0)
        let size = power.digits > 6 ? 1_000_000 : Int(power.mantissa)
        number.exponent += isNegative ? -size : size
    }
}
