public import Metrics

/// How fast runs learn: when each reaches a share of the reference's final validation score.
public struct ConvergenceSheet: Codable, Sendable, Equatable {
    /// What is counted on the way.
    public enum Clock: String, Codable, Sendable, CaseIterable {
        /// Passes over the training set.
        case epochs
        /// Optimiser steps.
        case steps
        /// Seconds of the run's own clock.
        case seconds
    }

    /// When one run got there.
    public struct Arrival: Codable, Sendable, Equatable {
        /// The first validation at or above the target; where censored, the last one there was.
        public var at: Double
        /// Whether the run ended before it got there: it would take longer than `at`, if it ever did.
        public var isCensored: Bool
    }

    /// When the runs of one method got there, by one clock.
    public struct Arrivals: Codable, Sendable, Equatable {
        /// The clock.
        public var clock: Clock
        /// One entry a seed with a curve.
        public var perSeed: [Arrival]
        /// The median; `nil` where half of the runs or more never got there.
        @Nullable public var median: Double?
        /// Reference's median over this one's: above 1 is faster than the reference.
        @Nullable public var speedup: Double?
        /// How the speed-up spreads over resamples of seeds; `nil` with fewer than three seeds on either side, or a run
        /// that never got there.
        @Nullable public var interval: BootstrapInterval?
    }

    /// The band of a method's curves.
    public struct Band: Codable, Sendable, Equatable {
        /// Steps.
        public var step: Double
        /// Mean over the seeds that were validated there.
        public var mean: Double
        /// Their least.
        public var lowest: Double
        /// Their greatest.
        public var highest: Double
        /// How many seeds.
        public var seeds: Int
    }

    /// One method.
    public struct Method: Codable, Sendable, Equatable {
        /// Its name.
        public var title: String
        /// How many seeds have a curve.
        public var seeds: Int
        /// The last validation scores.
        public var final: SeedInterval
        /// Area under the curve over steps, up to where all runs were trained, divided by that length: the mean height.
        public var area: SeedInterval
        /// When the runs got there, by each clock they tell.
        public var arrivals: [Arrivals]
        /// The curves of all seeds together.
        public var band: [Band]
    }

    /// The validation score.
    public var metric: String
    /// The method whose final score is the measure.
    public var reference: String
    /// Which share of it must be reached.
    public var share: Double
    /// The score to be reached.
    @Nullable public var target: Double?
    /// Up to which step areas are taken.
    @Nullable public var commonSteps: Double?
    /// The methods that have curves.
    public var methods: [Method]
}
