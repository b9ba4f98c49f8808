extension Report {
    /// Pooled scores at each threshold of a sweep.
    public struct ThresholdCurve: Codable, Sendable, Equatable {
        /// The points, by rising threshold, thinned so that each stretch keeps its least and its greatest F1.
        public var points: [ThresholdPoint]
        /// How many points the run folder has.
        public var originalCount: Int
        /// The point of greatest F1: chosen with the truth in hand, an upper bound and no result.
        @Nullable public var best: ThresholdPoint?
    }

    /// Pooled scores at one threshold.
    public struct ThresholdPoint: Codable, Sendable, Equatable {
        /// The threshold, in the unit of the run folder.
        public var threshold: Double
        /// Part of the scored pixels that is called change: the same unit for every method.
        public var calledShare: Double
        /// Part of the called change that is change.
        @Nullable public var precision: Double?
        /// Part of the change that is found.
        @Nullable public var recall: Double?
        /// Harmonic mean of both.
        @Nullable public var f1: Double?
    }

    /// Scores of a method's snapshots over the steps of pretraining.
    public struct ConvergenceCurve: Codable, Sendable, Equatable {
        /// The method's short name.
        public var method: String
        /// The cities that the snapshots were scored on, sorted.
        public var cities: [String]
        /// The points, by rising step.
        public var points: [ConvergencePoint]
    }

    /// What a method reaches on the cities of the convergence curves, whatever the pretraining does.
    public struct ReferenceLevel: Codable, Sendable, Equatable {
        /// The method's short name.
        public var method: String
        /// Pooled F1 on those cities.
        @Nullable public var f1: Double?
    }

    /// The pooled scores of one snapshot.
    public struct ConvergencePoint: Codable, Sendable, Equatable {
        /// The optimiser steps taken so far.
        public var step: Int
        /// Pooled F1.
        @Nullable public var f1: Double?
        /// Pooled precision.
        @Nullable public var precision: Double?
        /// Pooled recall.
        @Nullable public var recall: Double?
    }

    /// One pretraining run.
    public struct Pretraining: Codable, Sendable, Equatable {
        /// The run folder's name.
        public var name: String
        /// The seed of the run, if it had one.
        @Nullable public var seed: UInt64?
        /// How many steps its curves file has.
        public var originalCount: Int
        /// The steps, thinned so that each stretch keeps its least and its greatest loss.
        public var points: [PretrainingPoint]
    }

    /// The state of training at one step; `null` where it was not finite or not written.
    public struct PretrainingPoint: Codable, Sendable, Equatable {
        /// The optimiser step.
        public var step: Int
        /// The noise-contrastive loss, in nats.
        @Nullable public var loss: Double?
        /// The learning rate.
        @Nullable public var learningRate: Double?
        /// The standard deviation of the unit-length embeddings, mean over dimensions; 0 means collapse.
        @Nullable public var embeddingStd: Double?
        /// The mean squared distance of positive pairs on the unit sphere.
        @Nullable public var alignment: Double?
        /// The logarithm of the mean Gaussian potential of pairs; more negative is more uniform.
        @Nullable public var uniformity: Double?
    }
}
