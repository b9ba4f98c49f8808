import Manifests
import Recipes

/// One value that takes the place of a recipe's own, as in `tern.kernel=cosine-similar`.
public struct RecipeSetting: Hashable, Sendable {
    /// The dotted key.
    public let key: String
    let value: JSONValue

    /// Reads `KEY=VALUE`; a value that is no TOML is taken as text, so that words need no quotes.
    ///
    /// - Returns: nil where there is no key or no value.
    public init?(_ text: String) {
        guard let equals = text.firstIndex(of: "="), equals != text.startIndex else { return nil }
        let word = String(text[text.index(after: equals)...])
        guard !word.isEmpty else { return nil }
        key = String(text[..<equals])
        let document = try? TOMLDocument(text: "value = \(word)", path: "")
        value = document?.value["value"] ?? .string(word)
    }
}

extension JSONValue {
    /// The same document with another value at a dotted key; sections on the way are made.
    func setting(_ value: JSONValue, at key: String) -> JSONValue {
        setting(value, at: key.split(separator: ".", omittingEmptySubsequences: false)[...])
    }

    private func setting(_ value: JSONValue, at path: ArraySlice<Substring>) -> JSONValue {
        guard let first = path.first else { return value }
        var members = object ?? [:]
        let name = String(first)
        members[name] = (members[name] ?? .object([:])).setting(value, at: path.dropFirst())
        return .object(members)
    }
}
