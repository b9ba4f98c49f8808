public import Manifests
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
    /// What made it; nil in files of before there was a record.
    public let provenance: RunRecord?
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
        (step, provenance) = (file.step, file.provenance)
        arrays = file.weights.sorted { $0.key < $1.key }.map { name, array in
            Row(name: name, shape: array.shape, values: array.shape.reduce(1, *))
        }
        values = arrays.reduce(0) { $0 + $1.values }
        cost = EncoderCost(file.recipe)
    }

    /// One value of the recipe or the record.
    public struct Fact: Hashable, Sendable {
        /// Dotted key, as in `recipe.tern.iterations` or `provenance.seed`.
        public let key: String
        /// The value as text.
        public let value: String
    }

    /// What the encoder was made by: the values of its recipe, then those of its record.
    ///
    /// - Throws: `ManifestError` for a number that JSON has no form for.
    public func facts() throws -> [Fact] {
        try JSONValue(encoding: recipe).facts(below: "recipe")
            + (provenance.map { try JSONValue(encoding: $0).facts(below: "provenance") }
                ?? [Fact(key: "provenance", value: "unknown: written before encoders told it")])
    }

    /// One line.
    public var description: String {
        "recipe \(recipe.name), \(step) steps, bands \(recipe.data.bands.joined(separator: " ")), \(values) values"
    }
}

extension JSONValue {
    /// All values that hold no others, by dotted key; the objects of a list count from 0.
    fileprivate func facts(below key: String) -> [EncoderSummary.Fact] {
        if let members = object {
            return members.sorted { $0.key < $1.key }.flatMap { $1.facts(below: "\(key).\($0)") }
        }
        if let items = array, items.contains(where: { $0.object != nil }) {
            return items.enumerated().flatMap { $1.facts(below: "\(key).\($0)") }
        }
        return [EncoderSummary.Fact(key: key, value: string ?? serialized())]
    }
}
