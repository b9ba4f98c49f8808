/// Text made safe for HTML and SVG, as element content and as a quoted attribute.
package enum Markup {
    /// Escapes the five characters that mean something, and shows control characters instead of sending them.
    ///
    /// Bidirectional overrides are shown as their code points too: a name must not turn a line of the page around.
    package static func escape(_ text: String) -> String {
        var result = ""
        result.reserveCapacity(text.utf8.count)
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            case _ where Self.isHidden(scalar): result += Self.codePoint(scalar)
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// Whether a scalar would act on the page instead of being seen: controls and direction overrides.
    package static func isHidden(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x00..<0x20, 0x7F..<0xA0, 0x202A...0x202E, 0x2066...0x2069, 0xFEFF: true
        default: false
        }
    }

    /// How a hidden scalar is shown.
    package static func codePoint(_ scalar: Unicode.Scalar) -> String {
        let digits = String(scalar.value, radix: 16, uppercase: true)
        return "[U+" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits + "]"
    }

    /// A long name cut in the middle, so that a 10 kB one cannot break a table.
    package static func shortened(_ name: String, to length: Int = 60) -> String {
        guard name.count > length else { return name }
        return "\(name.prefix(length - 12))…\(name.suffix(10))"
    }

    /// The most characters of a sentence that is shown: an audit's, a list of cities.
    package static let wordsLimit = 400

    /// A sentence, escaped, and cut only where it is far too long.
    package static func words(_ text: String) -> String {
        escape(shortened(text, to: wordsLimit))
    }

    /// A shortened and escaped name.
    package static func name(_ text: String) -> String {
        escape(shortened(text))
    }
}
