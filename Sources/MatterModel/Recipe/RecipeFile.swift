import Manifests
import Recipes

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

    /// Something wrong in what a recipe is taken from.
    public struct Defect: Hashable, Sendable, Codable {
        /// What is wrong there.
        public let what: String
        /// What is done here.
        public let here: String
    }

    /// The values.
    public let recipe: Recipe
    /// The values with their origins, in the order of the file.
    public let rows: [Row]
    /// What is wrong in the recipe's source, in the order of the file; none of it is reproduced.
    public let defects: [Defect]

    /// Reads a recipe from a file.
    ///
    /// - Parameters:
    ///   - path: the TOML file.
    ///   - settings: values that take the place of the file's; the last one of a key counts.
    /// - Throws: `ManifestError`: `missing`, or `configuration` with line and column for an unknown key, a wrong type or value.
    public init(path: String, settings: [RecipeSetting] = []) throws {
        try self.init(TOMLDocument(path: path), settings)
    }

    /// Reads a recipe from text; `path` stands in messages.
    ///
    /// - Parameters:
    ///   - text: the TOML text.
    ///   - path: what messages name.
    ///   - settings: values that take the place of the text's; the last one of a key counts.
    /// - Throws: `ManifestError` (`configuration`) with line and column for an unknown key, a wrong type or value.
    public init(text: String, path: String, settings: [RecipeSetting] = []) throws {
        try self.init(TOMLDocument(text: text, path: path), settings)
    }

    private init(_ document: TOMLDocument, _ settings: [RecipeSetting]) throws {
        let check = RecipeCheck(document: document, settings: settings)
        let json = check.json
        try check.compare(
            json, with: JSONValue(encoding: Recipe.kinds),
            required: JSONValue(encoding: Recipe.example), at: "")
        try check.choices(json)
        recipe = try decodeStrictJSON(Recipe.self, from: Array(json.serialized().utf8))
        if let problem = recipe.problem {
            throw check.failure(problem.key, atValue: true, problem.reason)
        }
        rows = check.rows(json)
        defects = try check.defects()
    }
}
