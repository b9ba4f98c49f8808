extension Recipe {
    /// What is minimised.
    public struct Loss: RecipeSection {
        /// The loss's form.
        public enum Kind: String, Codable, Hashable, Sendable, CaseIterable {
            /// −log of the positive's share among all candidates.
            case infoNCE
        }

        /// The loss's form.
        public var kind: Kind
        /// What similarities are divided by.
        public var temperature: Double
        /// Whether features are scaled to unit length first.
        public var normalise: Bool
        /// Which patches of the batch are an anchor's negatives.
        public var negatives: Negatives

        static let example = Loss(
            kind: .infoNCE, temperature: 0.5, normalise: true, negatives: .places)

        static let choices = [
            Choice("kind", of: Kind.self),
            Choice("negatives", of: Negatives.self),
        ]

        var rules: [RecipeRule] {
            [
                rule("temperature", temperature > 0, "must be positive")
            ]
        }
    }
}
