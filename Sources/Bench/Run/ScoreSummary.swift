public import Metrics

/// What follows from the counts of several cities under one threshold rule; undefined ratios are null.
public struct ScoreSummary: Codable, Sendable, Hashable {
    /// The counts of all pixels of all cities together.
    public let counts: ConfusionCounts
    /// How many pixels were compared with the truth.
    public let pixelsScored: Int
    /// How many pixels the cities have.
    public let pixelsPresent: Int
    /// Precision of the pooled counts.
    public let precision: Double?
    /// Recall of the pooled counts.
    public let recall: Double?
    /// F1 of the pooled counts: the headline.
    public let f1: Double?
    /// Intersection over union of the pooled counts.
    public let iou: Double?
    /// Accuracy of the pooled counts.
    public let accuracy: Double?
    /// Cohen's kappa of the pooled counts.
    public let kappa: Double?
    /// Mean and spread of precision, one value a city.
    public let precisionOverCities: MeanAndSpread
    /// Mean and spread of recall, one value a city.
    public let recallOverCities: MeanAndSpread
    /// Mean and spread of F1, one value a city.
    public let f1OverCities: MeanAndSpread

    /// Pools the counts of cities.
    public init(of cities: [CityCounts]) {
        counts = cities.reduce(into: ConfusionCounts()) { $0 += $1.counts }
        pixelsScored = cities.reduce(0) { $0 + $1.pixelsScored }
        pixelsPresent = cities.reduce(0) { $0 + $1.pixelsPresent }
        precision = counts.precision
        recall = counts.recall
        f1 = counts.f1
        iou = counts.iou
        accuracy = counts.accuracy
        kappa = counts.kappa
        precisionOverCities = MeanAndSpread(of: cities.map(\.counts.precision))
        recallOverCities = MeanAndSpread(of: cities.map(\.counts.recall))
        f1OverCities = MeanAndSpread(of: cities.map(\.counts.f1))
    }
}

/// What one threshold rule gives.
public struct RuleResult: Codable, Sendable, Hashable {
    /// The rule.
    public let rule: ThresholdRule
    /// What the rule does, for people.
    public let title: String
    /// Whether the rule has seen the truth of the scored pixels; such a result is never the headline.
    public let isOracle: Bool
    /// The one threshold of all cities; `nil` where each has its own.
    public let threshold: Double?
    /// The scores.
    public let scores: ScoreSummary
}

/// What a method is and what it reached: `summary.json`.
public struct MethodSummary: Codable, Sendable, Hashable {
    /// The method's name in paths.
    public let method: String
    /// Its name for people.
    public let title: String
    /// What it computes.
    public let description: String
    /// The bands that it reads.
    public let bands: [String]
    /// The rule of `counts.jsonl` and of the masks: the headline.
    public let thresholdRule: ThresholdRule
    /// What that rule does, for people.
    public let thresholdRuleTitle: String
    /// Whether the headline is an oracle: never.
    public let isOracle: Bool
    /// The scores under the headline's rule.
    public let scores: ScoreSummary
    /// The other rules that were asked for.
    public let otherRules: [RuleResult]
    /// The best that any one threshold could reach, beside the result; `nil` when nothing has changed anywhere.
    public let oracle: RuleResult?
    /// Average precision over the pooled pixels, free of any threshold.
    public let averagePrecision: Double?
    /// The colours of the method's panels, as "#rrggbb".
    public let colours: [String: String]
}
