extension Recipe {
    /// The patches that are compared.
    public struct Patches: RecipeSection {
        /// Side of a patch in pixels, odd.
        public var window: Int
        /// Side of a patch where features are made of images, odd; a recipe without it means `window`.
        public var inferenceWindow: Int?
        /// Patches a crop.
        public var perImage: Int

        /// Side of a patch in inference.
        public var windowInInference: Int { inferenceWindow ?? window }

        static let example = Patches(window: 5, perImage: 4)

        var rules: [RecipeRule] {
            [
                rule("window", window > 0 && window % 2 == 1, "must be odd"),
                rule(
                    "inferenceWindow",
                    (1...255).contains(windowInInference) && windowInInference % 2 == 1
                        || inferenceWindow == nil, "must be odd, 1…255"),
                rule("perImage", (1...65536).contains(perImage), "must be 1…65536"),
            ]
        }
    }
}
