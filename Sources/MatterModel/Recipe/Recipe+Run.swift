extension Recipe {
    /// How long, and what is kept.
    public struct Run: RecipeSection {
        /// Optimiser steps.
        public var steps: Int
        /// Steps between snapshots of the encoder.
        public var snapshotEvery: Int
        /// Steps between checkpoints.
        public var checkpointEvery: Int

        static let example = Run(steps: 6, snapshotEvery: 3, checkpointEvery: 2)

        var rules: [RecipeRule] {
            [
                rule("steps", (1...1_000_000_000).contains(steps), "must be positive"),
                rule("snapshotEvery", snapshotEvery > 0, "must be positive"),
                rule("checkpointEvery", checkpointEvery > 0, "must be positive"),
            ]
        }
    }
}
