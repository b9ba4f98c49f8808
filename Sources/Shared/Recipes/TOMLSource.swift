/// Where the keys of a TOML text stand, and what the comments behind their values say.
///
/// The parser forgets both; this reads the text line by line, as far as recipes go: `[section]`, `[[section]]` and
/// `key = value  # comment`. The entries of the first `[[region]]` are `region.0.name` and so on.
public struct TOMLSource: Sendable {
    /// One key of the text.
    public struct Entry: Hashable, Sendable {
        /// Line and columns, from 1.
        public let line, keyColumn, valueColumn: Int
        /// What stands behind `#`, trimmed.
        public let comment: String
    }

    /// Entries by dotted key, as in `tern.iterations`.
    public private(set) var entries: [String: Entry] = [:]
    /// Dotted keys and sections in the order of the text.
    public private(set) var order: [String] = []

    init(_ text: String) {
        var section = ""
        var repeats: [String: Int] = [:]
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false)
            .enumerated()
        {
            let (code, comment) = Self.split(line)
            let trimmed = Self.trim(code)
            if trimmed.hasPrefix("["), trimmed.hasSuffix("]"), !trimmed.contains("=") {
                let isRepeated = trimmed.hasPrefix("[[")
                section = Self.trim(trimmed.dropFirst(isRepeated ? 2 : 1).prefix { $0 != "]" })
                if isRepeated {
                    let number = repeats[section, default: 0]
                    repeats[section] = number + 1
                    section += ".\(number)"
                }
                note(section, code, line: index + 1, comment)
            } else if let equals = code.firstIndex(of: "=") {
                let key = Self.trim(code[..<equals])
                note(section.isEmpty ? key : "\(section).\(key)", code, line: index + 1, comment)
            }
        }
    }

    private mutating func note(_ key: String, _ code: Substring, line: Int, _ comment: String) {
        let column = code.prefix { $0 == " " || $0 == "\t" }.count + 1
        let value = code.firstIndex(of: "=").map { equals in
            let after = code[code.index(after: equals)...]
            return code.distance(from: code.startIndex, to: equals) + 2
                + after.prefix { $0 == " " || $0 == "\t" }.count
        }
        entries[key] = Entry(
            line: line, keyColumn: column, valueColumn: value ?? column, comment: comment)
        order.append(key)
    }

    /// A line before and behind its comment; a `#` within quotes begins none.
    private static func split(_ line: Substring) -> (Substring, String) {
        var quote: Character?
        for index in line.indices {
            let character = line[index]
            if let open = quote {
                if character == open { quote = nil }
            } else if character == "\"" || character == "'" {
                quote = character
            } else if character == "#" {
                return (line[..<index], trim(line[line.index(after: index)...]))
            }
        }
        return (line, "")
    }

    private static func trim(_ text: Substring) -> String {
        func isSpace(_ character: Character) -> Bool { character.isWhitespace }
        let start = text.firstIndex { !isSpace($0) } ?? text.endIndex
        let end = text.lastIndex { !isSpace($0) }
        return end.map { String(text[start...$0]) } ?? ""
    }

    private static func trim(_ text: String) -> String { trim(text[...]) }
}
