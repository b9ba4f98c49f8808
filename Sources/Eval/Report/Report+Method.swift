extension Report {
    /// What one method reached.
    public struct Method: Codable, Sendable, Equatable {
        /// Its short name, as in the run folder.
        public var id: String
        /// Its name for people.
        public var title: String
        /// What it does, in a sentence.
        public var description: String
        /// How the threshold between change and no change is chosen.
        public var thresholdRule: String
        /// Whether that choice has seen the truth of the scored pixels.
        public var isOracle: Bool
        /// The scores of all pixels of all cities together.
        public var pooled: Scores
        /// The scores of each city, sorted by its name.
        public var cities: [CityScores]
        /// How the scores of single cities spread.
        public var spread: ScoreSpread
        /// Area under the curve of precision over recall, of the pooled pixels.
        @Nullable public var averagePrecision: Double?
        /// Precision and recall over the threshold.
        public var thresholdCurve: ThresholdCurve
    }

    /// Counts of pixels and what follows from them; `null` where a ratio is 0/0.
    public struct Scores: Codable, Sendable, Equatable {
        /// Pixels called change that are change.
        public var truePositive: Int64
        /// Pixels called change that are not.
        public var falsePositive: Int64
        /// Pixels of change that were missed.
        public var falseNegative: Int64
        /// Pixels called unchanged that are unchanged.
        public var trueNegative: Int64
        /// Pixels that were compared with the truth.
        public var pixelsScored: Int64
        /// Pixels that the images have.
        public var pixelsPresent: Int64
        /// Part of the called change that is change.
        @Nullable public var precision: Double?
        /// Part of the change that was found.
        @Nullable public var recall: Double?
        /// Harmonic mean of precision and recall.
        @Nullable public var f1: Double?
        /// Intersection over union of called and true change.
        @Nullable public var iou: Double?
    }

    /// The scores of one city.
    public struct CityScores: Codable, Sendable, Equatable {
        /// The city's name.
        public var city: String
        /// The split it belongs to.
        public var split: String
        /// The threshold used there.
        @Nullable public var threshold: Double?
        /// The scores.
        public var scores: Scores
    }

    /// Mean ± sample standard deviation of one number.
    public struct Spread: Codable, Sendable, Equatable {
        /// The mean of the defined values.
        @Nullable public var mean: Double?
        /// Their standard deviation (n − 1 in the denominator); `null` for fewer than two.
        @Nullable public var standardDeviation: Double?
        /// How many values are defined.
        public var count: Int
    }

    /// How the scores of single cities spread: unweighted, one value a city.
    public struct ScoreSpread: Codable, Sendable, Equatable {
        /// Over the cities' precision.
        public var precision: Spread
        /// Over the cities' recall.
        public var recall: Spread
        /// Over the cities' F1.
        public var f1: Spread
        /// Over the cities' intersection over union.
        public var iou: Spread
    }
}
