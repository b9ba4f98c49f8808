import Bench
import Console
import Foundation
import Metrics

/// What the methods reached, for people.
enum ResultTable {
    static func lines(of summaries: [MethodSummary]) -> [String] {
        var table = Table(
            ["method", "threshold", "precision", "recall", "F1 pooled", "F1 over cities"],
            alignments: [.left, .left, .right, .right, .right, .right])
        for summary in summaries {
            add(summary.method, summary.thresholdRule.rawValue, summary.scores, to: &table)
            for other in summary.otherRules where !other.isOracle {
                add(summary.method, other.rule.rawValue, other.scores, to: &table)
            }
            if let oracle = summary.oracle {
                add(summary.method, "oracle (upper bound)", oracle.scores, to: &table)
            }
        }
        guard let scores = summaries.first?.scores else { return table.lines }
        return table.lines + [
            "", "pixels scored / present: \(scores.pixelsScored) / \(scores.pixelsPresent)",
        ]
    }

    private static func add(
        _ method: String, _ rule: String, _ scores: ScoreSummary, to table: inout Table
    ) {
        table.add([
            method, rule, percent(scores.precision), percent(scores.recall), percent(scores.f1),
            spread(scores.f1OverCities),
        ])
    }

    /// A ratio as percent with two decimals; "undefined" for 0/0.
    static func percent(_ ratio: Double?) -> String {
        ratio.map { decimal($0 * 100) } ?? "undefined"
    }

    private static func spread(_ spread: MeanAndSpread) -> String {
        let deviation = spread.standardDeviation.map { " ± " + decimal($0 * 100) } ?? ""
        return percent(spread.mean) + deviation
    }

    private static func decimal(_ value: Double) -> String {
        String(format: "%.2f", locale: Locale(identifier: "en_US_POSIX"), value)
    }
}
