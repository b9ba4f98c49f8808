/// A recipe for people: its values, where each comes from, and what its encoder costs.
public struct RecipeSummary: Codable, Hashable, Sendable {
    /// The recipe's name.
    public let name: String
    /// The values with their origins, in the order of the file.
    public let values: [RecipeFile.Row]
    /// What the program has chosen, whatever the recipe.
    public let fixed: [FixedChoice]
    /// What is wrong in the recipe's source, and what is done here.
    public let defects: [RecipeFile.Defect]
    /// What the encoder costs.
    public let cost: EncoderCost

    /// Sums up a recipe's file.
    public init(_ file: RecipeFile) {
        (name, values, cost) = (file.recipe.name, file.rows, EncoderCost(file.recipe))
        (fixed, defects) = (FixedChoice.all, file.defects)
    }
}
