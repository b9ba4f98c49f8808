import Foundation

/// What a file of a camera model says by its keys; a key that is missing, doubled or no number is refused.
struct CameraModelEntries {
    private let path: String
    private let values: [String: [String]]

    private static let units: Set<String> = [
        "pixel", "pixels", "degree", "degrees", "meter", "meters", "metre", "metres", "m",
    ]

    init(_ statements: [(key: String, value: String)], of path: String) {
        self.path = path
        values = Dictionary(grouping: statements, by: \.key).mapValues { $0.map(\.value) }
    }

    /// Whether a key stands in the file at all.
    func has(_ key: String) -> Bool { values[key] != nil }

    /// A number, with or without its unit.
    func number(_ key: String) throws -> Double {
        let text = try value(key)
        let words = text.split(whereSeparator: \.isWhitespace)
        guard let number = words.first.flatMap(Self.parsed),
            words.dropFirst().allSatisfy({ Self.units.contains($0.lowercased()) }),
            words.count <= 2
        else {
            throw refused(
                "\(key) is \(Self.quoted(text)), no number in pixels, degrees or metres; correct it"
            )
        }
        return number
    }

    /// A number to divide by.
    func scale(_ key: String) throws -> Double {
        let number = try number(key)
        guard number != 0 else {
            throw refused("\(key) is 0, which nothing can be divided by; correct it")
        }
        return number
    }

    /// A list "(a, b, …)" of so many numbers.
    func list(_ key: String, of count: Int) throws -> [Double] {
        let text = try value(key)
        guard text.hasPrefix("("), text.hasSuffix(")") else {
            throw refused("\(key) is \(Self.quoted(text)), no list in parentheses; correct it")
        }
        let parts = text.dropFirst().dropLast().split(
            separator: ",", omittingEmptySubsequences: false)
        let numbers = try parts.map { part in
            let part = part.trimmingCharacters(in: .whitespaces)
            guard let number = Self.parsed(part) else {
                throw refused("\(key) has \(Self.quoted(part)), no number; correct it")
            }
            return number
        }
        guard numbers.count == count else {
            throw refused(
                "\(key) has \(numbers.count) numbers, \(count) are needed; get the file again")
        }
        return numbers
    }

    /// RPC00A has the same keys, but its terms in another order.
    func refuseOtherOrder() throws {
        guard has("SpecId") else { return }
        let name = try value("SpecId").filter { $0 != "\"" }
        guard name == "RPC00B" else {
            throw refused(
                "SpecId is \(Self.quoted(name)), only RPC00B is read; give a file of that")
        }
    }

    private func value(_ key: String) throws -> String {
        let found = values[key] ?? []
        guard let text = found.first else { throw refused("\(key) is missing; get the file again") }
        guard found.count == 1 else {
            throw refused("\(key) stands in it \(found.count) times; leave the one that is right")
        }
        return (text.hasSuffix(";") ? String(text.dropLast()) : text)
            .trimmingCharacters(in: .whitespaces)
    }

    private func refused(_ message: String) -> PrepError { PrepError(.badData, path, message) }

    private static func parsed(_ text: some StringProtocol) -> Double? {
        Double(text).flatMap { $0.isFinite ? $0 : nil }
    }

    private static func quoted(_ text: String) -> String {
        String(text.prefix(40)).debugDescription
    }
}
