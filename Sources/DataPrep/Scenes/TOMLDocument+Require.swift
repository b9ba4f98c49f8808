import Manifests
import Recipes

/// Values of a TOML document, demanded with line and column in the message when they are not what they must be.
extension TOMLDocument {
    /// Refuses keys of a table that nobody knows; `table` is empty for the document itself.
    func refuseOthers(than known: [String], in table: String) throws {
        let members = (table.isEmpty ? value : self[table])?.object ?? [:]
        for key in members.keys.sorted() where !known.contains(key) {
            let dotted = table.isEmpty ? key : "\(table).\(key)"
            throw failure(
                dotted, atValue: false,
                "is not known here; there are: \(known.joined(separator: ", "))")
        }
    }

    /// The value of a dotted key, "image.0.file".
    subscript(key: String) -> JSONValue? {
        key.split(separator: ".").reduce(Optional(value)) { found, part in
            Int(part).map { found?[$0] } ?? found?[String(part)]
        }
    }

    func text(_ key: String) throws -> String? {
        try demand(key, "must be text") { $0.string }
    }

    func number(_ key: String) throws -> Double? {
        try demand(key, "must be a number") { $0.double.flatMap { $0.isFinite ? $0 : nil } }
    }

    func whole(_ key: String) throws -> Int? {
        try demand(key, "must be a whole number") { $0.int }
    }

    func texts(_ key: String) throws -> [String]? {
        try demand(key, "must be a list of text") { value in
            guard let list = value.array else { return nil }
            let texts = list.compactMap(\.string)
            return texts.count == list.count ? texts : nil
        }
    }

    func required<Value>(_ key: String, _ found: Value?) throws -> Value {
        guard let found else {
            throw ManifestError(.configuration, path: path, "\(key) is missing")
        }
        return found
    }

    private func demand<Value>(
        _ key: String, _ rule: String, _ read: (JSONValue) -> Value?
    ) throws -> Value? {
        guard let value = self[key] else { return nil }
        guard let found = read(value) else { throw failure(key, atValue: true, rule) }
        return found
    }
}
