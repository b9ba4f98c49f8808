extension Recipe {
    /// The patches that are compared.
    public struct Patches: RecipeSection {
        /// Side of a patch in pixels, odd.
        public var window: Int
        /// Patches a crop.
        public var perImage: Int

        static let example = Patches(window: 5, perImage: 4)

        var rules: [RecipeRule] {
            [
                rule("window", window > 0 && window % 2 == 1, "must be odd"),
                rule("perImage", (1...65536).contains(perImage), "must be 1…65536"),
            ]
        }
    }
}
