/// One section of a recipe: its keys, what a key may hold, and a small instance that shows the kind of each value.
protocol RecipeSection: Codable, Hashable, Sendable {
    /// A small instance; its keys and kinds of values are those that every recipe must give.
    static var example: Self { get }

    /// The keys that take one of a few words.
    static var choices: [RecipeChoice] { get }

    /// What must hold of the section by itself.
    var rules: [RecipeRule] { get }
}

extension RecipeSection {
    typealias Choice = RecipeChoice

    static var choices: [RecipeChoice] { [] }

    func rule(_ key: String, _ holds: Bool, _ demand: String) -> RecipeRule {
        RecipeRule(key: key, holds: holds, demand: demand)
    }
}

/// A key that takes one of a few words.
struct RecipeChoice: Sendable {
    let key: String
    let words: [String]

    init<Word: CaseIterable & RawRepresentable>(
        _ key: String, of type: Word.Type
    ) where Word.RawValue == String {
        (self.key, words) = (key, Word.allCases.map(\.rawValue))
    }
}

/// What must hold of a key's value, and what is said where it does not.
struct RecipeRule: Sendable {
    var key: String
    let holds: Bool
    let demand: String
}
