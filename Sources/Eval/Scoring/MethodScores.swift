public import Metrics

/// What the runs of one method reached, seeds and test sample kept apart.
public struct MethodScores: Codable, Sendable, Equatable {
    /// One score under one protocol.
    public struct Score: Codable, Sendable, Equatable {
        /// The protocol's short name.
        public var `protocol`: String
        /// The score's short name.
        public var metric: MetricName
        /// What the number is: the score's definition, and the protocol's.
        public var definition: String
        /// The mean over the seeds.
        @Nullable public var value: Double?
        /// The score of each seed, in the order of the seeds.
        public var perSeed: [Double?]
        /// How the seeds spread.
        public var seeds: SeedInterval
        /// How the mean over the seeds would spread over other test samples; `nil` for means over batches, which
        /// are no independent observations, and for numbers of curves.
        @Nullable public var sample: BootstrapInterval?
        /// How single images, cities or batches spread, of the first seed; `nil` where counts are pooled.
        @Nullable public var units: MeanAndSpread?
    }

    /// One class of the first protocol that pools.
    public struct ClassScores: Codable, Sendable, Equatable {
        /// The class's name.
        public var name: String
        /// Pixels or samples that are truly of this class, of the first seed.
        public var support: Int64
        /// Mean over the seeds.
        @Nullable public var f1: Double?
        /// Mean over the seeds.
        @Nullable public var iou: Double?
        /// Mean over the seeds.
        @Nullable public var precision: Double?
        /// Mean over the seeds.
        @Nullable public var recall: Double?
        /// Mean over the seeds.
        @Nullable public var averagePrecision: Double?
    }

    /// One city, tile or image, pooled over its pixels.
    public struct GroupScores: Codable, Sendable, Equatable {
        /// Its name.
        public var group: String
        /// The leading score of each seed.
        public var perSeed: [Double?]
        /// Their mean.
        @Nullable public var value: Double?
    }

    /// The leading score where labels lie one pixel off, to the side where it is least and where it is greatest.
    public struct MovedTruth: Codable, Sendable, Equatable {
        /// The least of eight sides, mean over the seeds.
        @Nullable public var lowest: Double?
        /// The greatest of eight sides, mean over the seeds.
        @Nullable public var highest: Double?
    }

    /// The method's name for people.
    public var title: String
    /// What was trained, and from what.
    public var method: TaskRecord.Method
    /// What the task asks.
    public var task: TaskKind
    /// The data set.
    public var dataset: String
    /// The digest of the data set, where the runs tell it.
    @Nullable public var datasetDigest: String?
    /// The split.
    public var split: String
    /// The seeds, in the order of the runs; `nil` for a run without one.
    public var seeds: [UInt64?]
    /// How many different encoders the seeds began with; `nil` where their weights were drawn, or where no run tells.
    @Nullable public var encoders: Int?
    /// How many groups the samples belong to.
    public var groups: Int
    /// Pixels or samples that there are.
    public var present: Int64
    /// Those that are scored.
    public var scored: Int64
    /// The scores, by protocol.
    public var scores: [Score]
    /// The classes.
    public var classes: [ClassScores]
    /// Counts over all seeds by truth, then by prediction; empty for multilabel tasks.
    public var confusion: [[Int64]]
    /// Groups, sorted by name; empty for multilabel tasks.
    public var byGroup: [GroupScores]
    /// What the leading score would be if all labels lay one pixel off; `nil` for tasks without pixels.
    @Nullable public var movedTruth: MovedTruth?
    /// Precision and recall over the threshold, of the first seed.
    @Nullable public var thresholdCurve: Report.ThresholdCurve?
    /// How sure the scores were, over all seeds.
    @Nullable public var calibration: Calibration?

    /// The score of a protocol.
    public func score(_ protocolName: String, _ metric: MetricName) -> Score? {
        scores.first { $0.protocol == protocolName && $0.metric == metric }
    }
}
