extension Recipe {
    /// How long, how exactly, and what is kept.
    public struct Run: RecipeSection {
        /// What tells the best snapshot: the lowest mean since the snapshot before.
        public enum Best: String, Codable, Hashable, Sendable, CaseIterable {
            /// None is chosen.
            case none
            /// The loss.
            case loss
            /// How far the two dates of a patch are apart.
            case alignment
            /// How unevenly features lie on the sphere.
            case uniformity
        }

        /// How convolutions and products are computed.
        public enum Precision: String, Codable, Hashable, Sendable, CaseIterable {
            /// In float32.
            case float32
            /// In bfloat16; weights, norms and the loss stay float32.
            case bfloat16
        }

        /// Optimiser steps.
        public var steps: Int
        /// Steps between snapshots of the encoder.
        public var snapshotEvery: Int
        /// Steps between checkpoints.
        public var checkpointEvery: Int
        /// Minutes between checkpoints; 0 for none by the clock.
        public var checkpointMinutes: Double
        /// How many checkpoints are kept, the newest.
        public var keep: Int
        /// What tells the best snapshot, which is kept as `best.safetensors`.
        public var best: Best
        /// How convolutions and products are computed.
        public var precision: Precision
        /// Whether the channels of a pixel lie side by side in memory.
        public var channelsLast: Bool

        static let example = Run(
            steps: 6, snapshotEvery: 3, checkpointEvery: 2, checkpointMinutes: 0, keep: 2,
            best: .none, precision: .float32, channelsLast: false)

        static let choices = [
            Choice("best", of: Best.self),
            Choice("precision", of: Precision.self),
        ]

        var rules: [RecipeRule] {
            [
                rule("steps", (1...1_000_000_000).contains(steps), "must be positive"),
                rule("snapshotEvery", snapshotEvery > 0, "must be positive"),
                rule("checkpointEvery", checkpointEvery > 0, "must be positive"),
                rule(
                    "checkpointMinutes", (0...1e6).contains(checkpointMinutes), "must be 0…1000000"),
                rule("keep", (1...1000).contains(keep), "must be 1…1000"),
            ]
        }
    }
}
