import Foundation

/// Iteratively re-weighted multivariate alteration detection of two dates.
///
/// Canonical correlation finds combinations of the bands of either date that agree as well as any can; where the ground did not
/// change, the differences of these combinations are noise, and the sum of their squares over their variances follows a
/// chi-squared distribution. Pixels count with the probability that they did not change, and all is done again until the
/// canonical correlations settle (Nielsen, The Regularized Iteratively Reweighted MAD Method, IEEE Transactions on Image
/// Processing 16, 2007). Neither gains nor offsets of a band, on either date, make a difference.
package struct AlterationDetection: Sendable {
    /// The most rounds; 1 is plain MAD.
    package var rounds: Int
    /// Settled when no canonical correlation moves further than this.
    package var tolerance = 1e-3
    /// The least a pixel counts, 0…1.
    ///
    /// Nielsen's 0 lets the weights run off to the few pixels that agree best where seasons changed most of the land.
    package var smallestWeight: Double
    /// Fewer pixels that are clear on both dates are not enough for the covariances.
    package var fewestPixels = 1000
    /// Dates whose largest canonical correlation over all pixels is smaller share too little to tell change; 0 compares any.
    package var leastCorrelation = 0.0

    /// A canonical correlation this close to 1 has no noise to measure a change by.
    private static let equality = 1e-9
    /// A band that the bands before it tell but for this part of its variance tells nothing.
    private static let independence = 1e-8

    /// What a pair of dates gave.
    package struct Outcome: Sendable {
        /// Σ MAD²/σ² of every pixel.
        package var statistic: [Float]
        /// Falling, 0…1.
        package var correlations: [Double]
        /// Rounds that were made.
        package var rounds: Int
    }

    /// Why a pair of dates cannot be compared.
    package struct Refusal: Error, Hashable, CustomStringConvertible {
        /// One line.
        package let description: String
        /// Falling; of dates that share too little to tell change, and empty for all else.
        package var correlations: [Double] = []
    }

    /// A detection.
    package init(rounds: Int = 1, smallestWeight: Double = 0) {
        self.rounds = rounds
        self.smallestWeight = smallestWeight
    }

    /// Compares two dates.
    ///
    /// - Parameters:
    ///   - first: A plane a band.
    ///   - second: The same bands of the other date.
    ///   - places: Pixels that are clear on both.
    ///   - names: Names of the bands, for a refusal.
    /// - Returns: The statistic of the pixels in the order of `places`.
    /// - Throws: `Refusal`.
    package func compare(
        _ first: [[UInt16]], _ second: [[UInt16]], places: [Int32], names: [String]
    ) throws -> Outcome {
        guard places.count >= fewestPixels else {
            throw Refusal(
                description: "\(places.count) pixels are clear on both, \(fewestPixels) are needed")
        }
        let pixels = BandPixels(first: first, second: second, places: places)
        let distribution = ChiSquared(degrees: first.count)
        var weights = [Float](repeating: 1, count: places.count)
        var best: Outcome?
        for round in 1...max(rounds, 1) {
            let moments = pixels.moments(weights)
            let variates: Variates
            do {
                variates = try Variates(moments, names: names)
            } catch {
                // Weights that ran off to pixels without any difference: the round before stands.
                guard let best else { throw error }
                return best
            }
            // Later rounds weigh pixels that agree by chance: 30 of them find 0.86 in noise that has 0.03.
            if round == 1 { try decide(variates.correlations) }
            let statistic = pixels.sumOfSquares(variates.factors, offsets: variates.offsets)
            let moved = best.map { best in
                zip(best.correlations, variates.correlations).map { abs($0 - $1) }.max() ?? 0
            }
            best = Outcome(
                statistic: statistic, correlations: variates.correlations, rounds: round)
            if let moved, moved < tolerance { break }
            guard round < rounds else { break }
            for (index, value) in statistic.enumerated() {
                let probability = distribution.survival(Double(value))
                weights[index] = Float(smallestWeight + (1 - smallestWeight) * probability)
            }
        }
        guard let best else { throw Refusal(description: "no round was made") }
        return best
    }

    /// Refuses dates that share too little: change is measured against what is usual between them, and there all is.
    private func decide(_ correlations: [Double]) throws {
        guard let largest = correlations.first, largest < leastCorrelation else { return }
        let told = (largest * 1000).rounded(.down) / 1000
        throw Refusal(
            description: "undecided: the dates share too little to tell change (largest canonical "
                + "correlation \(told), \(leastCorrelation) is needed)",
            correlations: correlations)
    }

    /// Differences of canonical variates over their standard deviations, as factors of the variables.
    private struct Variates {
        var factors: [[Double]]
        var offsets: [Double]
        var correlations: [Double]

        init(_ moments: BandPixels.Moments, names: [String]) throws {
            let bands = names.count
            guard moments.weight.isFinite, moments.weight > Double(2 * bands) else {
                throw Refusal(description: "no pixel is left that agrees on both dates")
            }
            for (variable, variance) in (0..<2 * bands).map({ ($0, moments.covariances[$0, $0]) })
            where !(variance > 1e-6) {
                let date = variable < bands ? "first" : "second"
                throw Refusal(
                    description: "\(names[variable % bands]) is constant on the \(date) date")
            }
            let (own, other, both) = Self.parts(moments.covariances, bands: bands)
            guard let left = own.choleskyFactor(tolerance: independence),
                let right = other.choleskyFactor(tolerance: independence)
            else {
                throw Refusal(description: "a band is a combination of other bands of its date")
            }
            let half = left.solvingLower(both)
            let coherence = right.solvingLower(half.transposed).transposed
            let singular = SingularValues(of: coherence)
            correlations = singular.values.map { min($0, 1) }
            guard let largest = correlations.first, largest.isFinite, 1 - largest > equality else {
                throw Refusal(description: "the dates are equal, or a combination of bands is")
            }
            guard let smallest = correlations.last, smallest > 0 else {
                throw Refusal(description: "a combination of bands has nothing in common")
            }
            let a = left.solvingTransposedLower(singular.left)
            let b = right.solvingTransposedLower(singular.right)
            factors = correlations.enumerated().map { column, correlation in
                let deviation = (2 * (1 - correlation)).squareRoot()
                return (0..<bands).map { a[$0, column] / deviation }
                    + (0..<bands).map { -b[$0, column] / deviation }
            }
            offsets = factors.map { zip($0, moments.means).reduce(0) { $0 + $1.0 * $1.1 } }
        }

        private static func parts(
            _ all: SmallMatrix, bands: Int
        ) -> (own: SmallMatrix, other: SmallMatrix, both: SmallMatrix) {
            var parts = [SmallMatrix](repeating: SmallMatrix(side: bands), count: 3)
            for row in 0..<bands {
                for column in 0..<bands {
                    parts[0][row, column] = all[row, column]
                    parts[1][row, column] = all[bands + row, bands + column]
                    parts[2][row, column] = all[row, bands + column]
                }
            }
            return (parts[0], parts[1], parts[2])
        }
    }
}
