import Tensors

/// What an encoder file holds, for people.
public struct EncoderSummary: Codable, Hashable, Sendable, CustomStringConvertible {
    /// One array of the file.
    public struct Row: Codable, Hashable, Sendable {
        /// Its name.
        public let name: String
        /// Its shape.
        public let shape: [Int]
        /// How many values it has.
        public let values: Int
    }

    /// The recipe it was trained with.
    public let recipe: Recipe
    /// Steps of training.
    public let step: Int
    /// The arrays, sorted by name.
    public let arrays: [Row]
    /// Values of all arrays.
    public let values: Int
    /// What it costs.
    public let cost: EncoderCost

    /// Reads a file's summary.
    /// - Throws: as `EncoderFile(path:)`.
    public init(path: String) throws {
        let file = try EncoderFile(path: path)
        recipe = file.recipe
        step = file.step
        arrays = file.weights.sorted { $0.key < $1.key }.map { name, array in
            Row(name: name, shape: array.shape, values: array.shape.reduce(1, *))
        }
        values = arrays.reduce(0) { $0 + $1.values }
        cost = EncoderCost(file.recipe)
    }

    /// One line.
    public var description: String {
        "recipe \(recipe.name), \(step) steps, bands \(recipe.data.bands.joined(separator: " ")), \(values) values"
    }
}
