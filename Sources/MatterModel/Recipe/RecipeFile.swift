import Manifests
import TOMLKit

/// A recipe's file: its values, and where each of them comes from.
public struct RecipeFile: Sendable {
    /// One value with its origin.
    public struct Row: Hashable, Sendable, Codable {
        /// Dotted key, as in `tern.iterations`.
        public let key: String
        /// The value as text.
        public let value: String
        /// `paper`, `snapshot`, `ours`, or empty where the file does not say.
        public let origin: String
        /// The reason or the place, as the file gives it.
        public let reason: String
    }

    /// The values.
    public let recipe: Recipe
    /// The values with their origins, in the order of the file.
    public let rows: [Row]

    /// Reads a recipe from a file.
    /// - Throws: `ManifestError`: `missing`, or `configuration` with line and column for an unknown key, a wrong type or value.
    public init(path: String) throws {
        try self.init(text: WholeFile.readText(path, limit: 1 << 20), path: path)
    }

    /// Reads a recipe from text; `path` stands in messages.
    /// - Throws: `ManifestError` (`configuration`) with line and column for an unknown key, a wrong type or value.
    public init(text: String, path: String) throws {
        let check = RecipeCheck(path: path, source: RecipeSource(text))
        let json = try JSONValue(toml: Self.parse(text, check))
        try check.compare(json, with: JSONValue(encoding: Recipe.example), at: "")
        try check.choices(json)
        recipe = try decodeStrictJSON(Recipe.self, from: Array(json.serialized().utf8))
        if let problem = recipe.problem {
            throw check.failure(problem.key, atValue: true, problem.reason)
        }
        rows = check.rows(json)
    }

    private static func parse(_ text: String, _ check: RecipeCheck) throws -> TOMLTable {
        do {
            return try TOMLTable(string: text)
        } catch let error as TOMLParseError {
            let place = error.source.begin
            throw check.failure(line: place.line, column: place.column, error.description)
        }
    }
}

extension JSONValue {
    /// The same document as JSON; dates become text.
    fileprivate init(toml table: TOMLTable) {
        self = .object(
            Dictionary(
                uniqueKeysWithValues: table.keys.map { key in
                    (key, table[key].map(JSONValue.init(toml:)) ?? .null)
                }))
    }

    private init(toml value: any TOMLValueConvertible) {
        switch value.type {
        case .table: self = value.table.map(JSONValue.init(toml:)) ?? .null
        case .array: self = .array((value.array ?? []).map { JSONValue(toml: $0) })
        case .string: self = .string(value.string ?? "")
        case .int: self = .integer(Int64(value.int ?? 0))
        case .double: self = .number(value.double ?? 0)
        case .bool: self = .bool(value.bool ?? false)
        case .date, .time, .dateTime: self = .string(value.debugDescription)
        }
    }
}
