public import Tensors

extension Recipe {
    /// How the weights move.
    public struct Optimiser: RecipeSection {
        /// What comes after the warm-up.
        public enum Schedule: String, Codable, Hashable, Sendable, CaseIterable {
            /// The highest rate to the end.
            case constant
            /// Half a cosine to zero.
            case cosine
            /// A factor for each milestone.
            case steps
        }

        /// The rule.
        public var kind: OptimizerRule
        /// The highest learning rate, after warm-up.
        public var learningRate: Double
        /// Momentum of SGD and LARS, first beta of Adam and AdamW.
        public var momentum: Double
        /// Whether SGD looks ahead.
        public var nesterov: Bool
        /// Weight decay.
        public var weightDecay: Double
        /// Whether biases and the factors of norms decay too, and LARS adapts them.
        public var decayVectors: Bool
        /// Steps of linear warm-up.
        public var warmUp: Int
        /// What comes after the warm-up.
        public var schedule: Schedule
        /// Steps at which the rate is multiplied by `factor`; schedule `steps`.
        public var milestones: [Int]
        /// See `milestones`.
        public var factor: Double
        /// The longest that the gradient of all parameters may be; 0 for no limit.
        public var clip: Double
        /// Batches a step, of which each has negatives of its own.
        public var accumulate: Int
        /// What the moving average of the weights keeps at each step; 0 for none.
        public var average: Double

        static let example = Optimiser(
            kind: .adamw, learningRate: 0.01, momentum: 0.9, nesterov: false, weightDecay: 0.0001,
            decayVectors: true, warmUp: 2, schedule: .cosine, milestones: [4], factor: 0.1,
            clip: 0, accumulate: 1, average: 0)

        static let choices = [
            Choice("kind", of: OptimizerRule.self),
            Choice("schedule", of: Schedule.self),
        ]

        var rules: [RecipeRule] {
            [
                rule("learningRate", learningRate > 0, "must be positive"),
                rule("momentum", (0..<1).contains(momentum), "must be 0…1, without 1"),
                rule(
                    "nesterov", !nesterov || kind == .sgd && momentum > 0, "needs sgd and momentum"),
                rule("weightDecay", weightDecay >= 0, "must not be negative"),
                rule("warmUp", warmUp >= 0, "must not be negative"),
                rule("milestones", milestones.allSatisfy { $0 > 0 }, "must be positive steps"),
                rule("factor", factor > 0, "must be positive"),
                rule("clip", clip >= 0, "must not be negative"),
                rule("accumulate", (1...4096).contains(accumulate), "must be 1…4096"),
                rule("average", (0..<1).contains(average), "must be 0…1, without 1"),
            ]
        }
    }
}

extension Recipe.Optimiser {
    /// The optimiser of a module's parameters.
    func make(for module: some Module) -> any Optimizer {
        kind.optimizer(
            of: module.parameterGroups(decaysVectors: decayVectors), learningRate: learningRate,
            momentum: momentum, weightDecay: weightDecay, nesterov: nesterov)
    }

    /// The learning rate of each of a run's steps.
    func rates(steps: Int) -> LearningRateSchedule {
        let decay: LearningRateSchedule.Decay =
            switch schedule {
            case .constant: .constant
            case .cosine: .cosine(end: 0)
            case .steps: .steps(at: milestones, factor: factor)
            }
        return LearningRateSchedule(
            highest: learningRate, warmUp: warmUp, steps: steps, decay: decay)
    }
}
