import Manifests
import Recipes

/// Compares a recipe's keys and types with those that every recipe has, and says where something is wrong.
struct RecipeCheck {
    let document: TOMLDocument
    /// What stands in the document's place.
    let settings: [RecipeSetting]

    /// The document's values, with the settings in their places; defects are no values.
    var json: JSONValue {
        settings.reduce(document.value.without(Self.defectKey)) { $0.setting($1.value, at: $1.key) }
    }

    private static let defectKey = "defect"

    /// What the document tells of its source's defects.
    ///
    /// - Throws: `ManifestError` where a `[[defect]]` is anything but two texts.
    func defects() throws -> [RecipeFile.Defect] {
        guard let value = document.value[Self.defectKey] else { return [] }
        guard let all = value.array else {
            throw failure(Self.defectKey, atValue: false, "must be a list, as in [[defect]]")
        }
        return try all.enumerated().map { index, value in
            let texts = value.object?.compactMapValues(\.string).filter { !$0.value.isEmpty }
            guard value.object?.count == 2, let what = texts?["what"], let here = texts?["here"]
            else {
                throw failure(
                    "\(Self.defectKey).\(index)", atValue: false,
                    "must have two texts, what and here, and nothing else")
            }
            return RecipeFile.Defect(what: what, here: here)
        }
    }

    func failure(_ key: String, atValue: Bool, _ message: String) -> ManifestError {
        if settings.contains(where: { $0.key == key || key.hasPrefix("\($0.key).") }) {
            return ManifestError(.configuration, path: "--set", "\(key) \(message)")
        }
        return document.failure(key, atValue: atValue, message)
    }

    /// Compares keys and types; what `required` has not may be left out.
    ///
    /// - Throws: `ManifestError` for the first key that is unknown, missing or of another type.
    func compare(
        _ value: JSONValue, with example: JSONValue, required: JSONValue?, at key: String
    ) throws {
        guard let known = example.object else { return try compareKind(value, example, key) }
        guard let given = value.object else {
            throw failure(key, atValue: true, "must be a section, as in [\(key)]")
        }
        func dotted(_ name: String) -> String { key.isEmpty ? name : "\(key).\(name)" }
        for name in given.keys.sorted() where known[name] == nil {
            throw failure(
                dotted(name), atValue: false,
                "is no key of a recipe; the nearest is \(dotted(name.nearest(of: known.keys) ?? ""))"
            )
        }
        for name in known.keys.sorted() {
            guard let example = known[name] else { continue }
            let required = required?.object?[name]
            guard let value = given[name] else {
                guard required != nil else { continue }
                throw failure(dotted(name), atValue: false, "is missing; every recipe must give it")
            }
            try compare(value, with: example, required: required, at: dotted(name))
        }
    }

    private func compareKind(_ value: JSONValue, _ example: JSONValue, _ key: String) throws {
        switch (value, example) {
        case (.number(let number), .number) where !number.isFinite:
            throw failure(key, atValue: true, "must be a finite number")
        case (.integer, .number), (.number, .number), (.integer, .integer), (.string, .string),
            (.bool, .bool):
            return
        case (.array(let values), .array(let examples)):
            guard let example = examples.first else { return }
            for value in values { try compareKind(value, example, key) }
        default:
            throw failure(key, atValue: true, "must be \(example.typeName), not \(value.typeName)")
        }
    }

    /// - Throws: `ManifestError` where a word is none of those that can be chosen.
    func choices(_ json: JSONValue) throws {
        for (name, section) in Recipe.example.sections {
            for choice in type(of: section).choices {
                guard let word = json.object?[name]?.object?[choice.key]?.string,
                    !choice.words.contains(word)
                else { continue }
                throw failure(
                    "\(name).\(choice.key)", atValue: true,
                    "must be one of \(choice.words.joined(separator: ", ")), not \"\(word)\"")
            }
        }
    }

    /// The values with their origins: those of the file in its order, then what was set by hand and is not in it.
    func rows(_ json: JSONValue) -> [RecipeFile.Row] {
        let added = Set(settings.map(\.key)).filter { document.source.entries[$0] == nil }
        return rows(ofFile: json)
            + added.sorted().compactMap { key in value(of: key, in: json).map { byHand(key, $0) } }
    }

    /// The value at a dotted key; nil for a section.
    private func value(of key: String, in json: JSONValue) -> JSONValue? {
        var value: JSONValue? = json
        for part in key.split(separator: ".") { value = value?.object?[String(part)] }
        return value?.object == nil ? value : nil
    }

    private func byHand(_ key: String, _ value: JSONValue) -> RecipeFile.Row {
        RecipeFile.Row(
            key: key, value: value.serialized(), origin: "ours",
            reason: "set by hand, in the place of the file's")
    }

    private func rows(ofFile json: JSONValue) -> [RecipeFile.Row] {
        document.source.order.compactMap { key in
            guard let value = value(of: key, in: json), let entry = document.source.entries[key]
            else { return nil }
            guard !settings.contains(where: { $0.key == key }) else { return byHand(key, value) }
            let parts = entry.comment.split(separator: ":", maxSplits: 1).map(String.init)
            let origins = ["paper", "snapshot", "ours"]
            let word = parts.first.map { $0.filter { !$0.isWhitespace } } ?? ""
            let isNamed = origins.contains(word)
            let reason = isNamed ? parts.dropFirst().joined() : entry.comment
            return RecipeFile.Row(
                key: key, value: value.serialized(), origin: isNamed ? word : "",
                reason: String(reason.drop { $0 == " " }))
        }
    }
}

extension JSONValue {
    /// The type's name in TOML's words.
    fileprivate var typeName: String {
        switch self {
        case .null: "nothing"
        case .bool: "true or false"
        case .integer: "an integer"
        case .number: "a number"
        case .string: "a text in quotes"
        case .array: "a list"
        case .object: "a section"
        }
    }
}
