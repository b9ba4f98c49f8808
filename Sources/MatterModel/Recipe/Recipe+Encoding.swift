extension Recipe {
    /// The surface residual encoder.
    public struct Encoding: RecipeSection {
        /// Learned centres.
        public var clusters: Int
        /// Whether features are residuals to the centres (false: the projection itself).
        public var enabled: Bool

        static let example = Encoding(clusters: 4, enabled: true)

        var rules: [RecipeRule] {
            [
                rule("clusters", (1...65536).contains(clusters), "must be 1…65536")
            ]
        }
    }
}
