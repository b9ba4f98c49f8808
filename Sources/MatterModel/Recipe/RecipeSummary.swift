/// A recipe for people: its values, where each comes from, and what its encoder costs.
public struct RecipeSummary: Codable, Hashable, Sendable {
    /// The recipe's name.
    public let name: String
    /// The values with their origins, in the order of the file.
    public let values: [RecipeFile.Row]
    /// What the encoder costs.
    public let cost: EncoderCost

    /// Sums up a recipe's file.
    public init(_ file: RecipeFile) {
        (name, values, cost) = (file.recipe.name, file.rows, EncoderCost(file.recipe))
    }
}
