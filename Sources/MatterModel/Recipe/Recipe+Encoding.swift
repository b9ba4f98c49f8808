extension Recipe {
    /// The surface residual encoder.
    public struct Encoding: RecipeSection {
        /// Which vectors of a patch are expressed as residuals.
        public enum Vectors: String, Codable, Hashable, Sendable, CaseIterable {
            /// One, the projection of the mean over the patch.
            case mean
            /// That of each position of the last map; the residuals' mean is the patch's feature.
            case positions
        }

        /// Learned centres.
        public var clusters: Int
        /// Whether features are residuals to the centres (false: the projection itself).
        public var enabled: Bool
        /// Which vectors of a patch are expressed as residuals; a recipe without it means the mean.
        public var of: Vectors?

        static let example = Encoding(clusters: 4, enabled: true)

        static let choices = [Choice("of", of: Vectors.self)]

        /// Whether each position of the last map is encoded by itself.
        var isOfPositions: Bool { enabled && of == .positions }

        var rules: [RecipeRule] {
            [
                rule("clusters", (1...65536).contains(clusters), "must be 1…65536")
            ]
        }
    }
}
