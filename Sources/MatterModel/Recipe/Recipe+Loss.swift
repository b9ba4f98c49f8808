extension Recipe {
    /// What is minimised.
    public struct Loss: RecipeSection {
        /// The loss's form.
        public enum Kind: String, Codable, Hashable, Sendable, CaseIterable {
            /// −log of the positive's share among all candidates.
            case infoNCE
            /// How much nearer the positive is than a negative, up to a margin.
            case triplet
        }

        /// How far apart two features are, for the triplet loss.
        public enum Distance: String, Codable, Hashable, Sendable, CaseIterable {
            /// The sum of absolute differences.
            case l1
            /// Euclid's.
            case l2
        }

        /// The loss's form.
        public var kind: Kind
        /// What similarities are divided by; InfoNCE.
        public var temperature: Double
        /// Whether features are scaled to unit length first.
        public var normalise: Bool
        /// Which patches of the batch are an anchor's negatives.
        public var negatives: Negatives
        /// How many of an anchor's negatives count, the most similar ones; 0 for all.
        public var hardNegatives: Int
        /// How much nearer than a negative the positive should be; triplet.
        public var margin: Double
        /// How far apart two features are; triplet.
        public var distance: Distance
        /// Whether a negative is as far as the nearer of anchor and positive; triplet.
        public var swap: Bool

        static let example = Loss(
            kind: .infoNCE, temperature: 0.5, normalise: true, negatives: .places,
            hardNegatives: 0, margin: 1, distance: .l2, swap: false)

        static let choices = [
            Choice("kind", of: Kind.self),
            Choice("negatives", of: Negatives.self),
            Choice("distance", of: Distance.self),
        ]

        var rules: [RecipeRule] {
            [
                rule("temperature", temperature > 0, "must be positive"),
                rule("hardNegatives", hardNegatives >= 0, "must not be negative"),
                rule("margin", margin >= 0, "must not be negative"),
            ]
        }
    }
}
