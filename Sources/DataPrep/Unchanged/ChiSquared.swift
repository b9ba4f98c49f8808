import Foundation

/// The chi-squared distribution with a whole number of degrees of freedom.
package struct ChiSquared: Sendable {
    /// Degrees of freedom, at least 1.
    package let degrees: Int
    /// Coefficients of the finite sum: of (x/2)^k for even degrees, of (x/2)^(k + ½) for odd ones.
    private let coefficients: [Double]

    /// A distribution.
    package init(degrees: Int) {
        precondition(degrees > 0, "chi-squared needs a degree of freedom, not \(degrees)")
        self.degrees = degrees
        var terms: [Double] = []
        var term = degrees.isMultiple(of: 2) ? 1.0 : 2 / Double.pi.squareRoot()
        for k in 0..<(degrees / 2) {
            terms.append(term)
            term /= Double(k) + (degrees.isMultiple(of: 2) ? 1 : 1.5)
        }
        coefficients = terms
    }

    /// P(χ² > x): 1 for x ≤ 0, 0 for infinity.
    ///
    /// The upper tail is a finite sum of positive terms, so that it is exact to rounding however small it is (Abramowitz and
    /// Stegun, Handbook of Mathematical Functions, 26.4.4 and 26.4.5).
    package func survival(_ x: Double) -> Double {
        guard x > 0 else { return 1 }
        let half = x / 2
        guard half < 700 else { return 0 }
        // Horner's rule from the highest power down.
        var sum = 0.0
        for coefficient in coefficients.reversed() { sum = sum * half + coefficient }
        let tail = exp(-half)
        if degrees.isMultiple(of: 2) { return min(1, tail * sum) }
        return min(1, erfc(half.squareRoot()) + tail * half.squareRoot() * sum)
    }
}
