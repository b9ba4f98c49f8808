extension Recipe {
    /// How the weights move.
    public struct Optimiser: RecipeSection {
        /// The rule.
        public enum Kind: String, Codable, Hashable, Sendable, CaseIterable {
            /// Stochastic gradient descent with momentum.
            case sgd
            /// Adam with decoupled weight decay.
            case adamw
        }

        /// The rule.
        public var kind: Kind
        /// The highest learning rate, after warm-up.
        public var learningRate: Double
        /// Momentum of SGD, first beta of AdamW.
        public var momentum: Double
        /// Weight decay.
        public var weightDecay: Double
        /// Steps of linear warm-up; a cosine to zero follows.
        public var warmUp: Int

        static let example = Optimiser(
            kind: .adamw, learningRate: 0.01, momentum: 0.9, weightDecay: 0.0001, warmUp: 2)

        static let choices = [
            Choice("kind", of: Kind.self)
        ]

        var rules: [RecipeRule] {
            [
                rule("learningRate", learningRate > 0, "must be positive"),
                rule("momentum", (0..<1).contains(momentum), "must be 0…1, without 1"),
                rule("weightDecay", weightDecay >= 0, "must not be negative"),
                rule("warmUp", warmUp >= 0, "must not be negative"),
            ]
        }
    }
}
