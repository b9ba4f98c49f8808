import Geo
import Metrics

/// The threshold rules at work on the scores of one method.
struct RuleScoring {
    let cities: [ScoredCity]
    /// The threshold chosen on the training cities, where that rule was asked for.
    let trainThreshold: Float?
    private let curve: PrecisionRecallCurve

    /// Sorts the scores of all cities once.
    init(of cities: [ScoredCity], trainThreshold: Float?) throws {
        self.cities = cities
        self.trainThreshold = trainThreshold
        curve = try Self.curve(of: cities)
    }

    /// The pixels of all cities as one curve.
    static func curve(of cities: [ScoredCity]) throws -> PrecisionRecallCurve {
        do {
            return try PrecisionRecallCurve(
                scores: cities.flatMap(\.scores), truth: cities.flatMap(\.truth))
        } catch {
            throw BenchError(.invalid, "\(cities.map(\.name).joined(separator: ", ")): \(error)")
        }
    }

    /// The result of a rule.
    func result(of rule: ThresholdRule) -> RuleResult {
        let common = common(of: rule)
        return RuleResult(
            rule: rule, title: rule.title, isOracle: rule.isOracle,
            threshold: common.map(Double.init), scores: ScoreSummary(of: counts(under: rule)))
    }

    /// The counts of each city under a rule.
    func counts(under rule: ThresholdRule) -> [CityCounts] {
        let common = common(of: rule)
        return cities.map {
            CityCounts($0, threshold: rule.threshold(in: $0, common: common))
        }
    }

    /// The one threshold of all cities, for the rules that have one.
    private func common(of rule: ThresholdRule) -> Float? {
        switch rule {
        case .otsu, .minimumError, .unimodal: nil
        case .trainCities: trainThreshold
        case .oracle: curve.bestF1?.threshold
        }
    }

    /// What a method reached, the first of `rules` being the headline.
    func summary(of method: any ChangeMethod, rules: [ThresholdRule]) -> MethodSummary {
        let headline = result(of: rules[0])
        return MethodSummary(
            method: method.name, title: method.title, description: method.description,
            bands: method.bands.map(\.rawValue), thresholdRule: headline.rule,
            thresholdRuleTitle: headline.title, isOracle: headline.isOracle,
            scores: headline.scores, otherRules: rules.dropFirst().map(result),
            oracle: curve.bestF1 == nil ? nil : result(of: .oracle),
            averagePrecision: curve.averagePrecision, colours: PanelColour.legend)
    }

    /// The pooled counts at no more than 256 thresholds: the lines of `thresholds.jsonl`.
    var thresholdLines: [ThresholdLine] { curve.points(atMost: 256).map(ThresholdLine.init) }
}

/// Counts pooled over the test cities at one threshold: a line of `thresholds.jsonl`.
struct ThresholdLine: Codable, Sendable, Hashable {
    let threshold: Double
    let truePositive: Int64
    let falsePositive: Int64
    let falseNegative: Int64
    let trueNegative: Int64

    init(_ point: PrecisionRecallCurve.Point) {
        threshold = Double(point.threshold)
        truePositive = point.counts.truePositive
        falsePositive = point.counts.falsePositive
        falseNegative = point.counts.falseNegative
        trueNegative = point.counts.trueNegative
    }
}
