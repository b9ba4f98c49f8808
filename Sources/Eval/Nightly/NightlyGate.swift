import Metrics

/// Whether tonight's numbers are worse than those of the nights before, by more than these spread.
package struct NightlyGate {
    /// One series tonight.
    package struct Verdict: Codable, Sendable, Equatable {
        /// What is measured.
        package var series: String
        /// Tonight's number.
        package var value: Double
        /// The mean of the nights compared with.
        @Nullable package var mean: Double?
        /// Their standard deviation.
        @Nullable package var deviation: Double?
        /// How many nights.
        package var nights: Int
        /// How much is lost, in the direction that is worse; negative for a gain.
        @Nullable package var loss: Double?
        /// The loss from which on it is flagged.
        @Nullable package var tolerance: Double?
        /// Whether it is flagged.
        package var isRegression: Bool
        /// Whether more is better.
        package var isHigherBetter: Bool
    }

    private let recipe: NightlyRecipe
    private let seriesCount: Int

    /// Prepares to judge so many series: the chance of a false alarm is shared among them (Bonferroni).
    package init(_ recipe: NightlyRecipe, seriesCount: Int) {
        self.recipe = recipe
        self.seriesCount = max(1, seriesCount)
    }

    /// Judges one series.
    ///
    /// With three nights or more the tolerance is that of the next value of such a series: Student's
    /// t(1 − chance / series, n − 1) · s · √(1 + 1/n), and never below `least` of the mean. Flagged nights are left out.
    ///
    /// - Parameters:
    ///   - result: Tonight's number.
    ///   - history: The nights before, oldest first.
    /// - Returns: What is said of it.
    package func judge(_ result: NightlyHistory.Result, _ history: [NightlyHistory.Point])
        -> Verdict
    {
        let known = history.filter { !$0.isFlagged }.suffix(recipe.nights).map(\.value)
        let spread = MeanAndSpread(of: known)
        let loss = spread.mean.map { result.isHigherBetter ? $0 - result.value : result.value - $0 }
        let tolerance = known.isEmpty ? nil : tolerance(spread)
        let isRegression = loss.flatMap { loss in tolerance.map { loss > $0 } } ?? false
        return Verdict(
            series: result.series, value: result.value, mean: spread.mean,
            deviation: spread.standardDeviation,
            nights: known.count, loss: loss, tolerance: tolerance, isRegression: isRegression,
            isHigherBetter: result.isHigherBetter)
    }

    private func tolerance(_ spread: MeanAndSpread) -> Double {
        let size = abs(spread.mean ?? 0)
        guard spread.count >= 3, let deviation = spread.standardDeviation else {
            return max(recipe.least, recipe.unknownSpread) * size
        }
        let count = Double(spread.count)
        let width = StudentT.quantile(
            1 - recipe.chance / Double(seriesCount), degrees: spread.count - 1)
        return max(recipe.least * size, width * deviation * (1 + 1 / count).squareRoot())
    }
}
