/// A small square matrix of 64-bit numbers, row by row: what canonical correlation needs, no more.
package struct SmallMatrix: Hashable, Sendable {
    /// Rows and columns.
    package let side: Int
    /// All values, row by row.
    package var values: [Double]

    /// A matrix of zeros.
    package init(side: Int) {
        self.side = side
        values = [Double](repeating: 0, count: side * side)
    }

    /// One value.
    package subscript(row: Int, column: Int) -> Double {
        get { values[row * side + column] }
        set { values[row * side + column] = newValue }
    }

    /// The lower triangle L with L·Lᵀ = this symmetric matrix, or `nil` where it is not safely positive definite.
    ///
    /// "Safely": no pivot falls below `tolerance` times the diagonal that it started from, which is the part of a band that the
    /// bands before it do not tell.
    package func choleskyFactor(tolerance: Double) -> SmallMatrix? {
        var factor = SmallMatrix(side: side)
        for column in 0..<side {
            var pivot = self[column, column]
            for k in 0..<column { pivot -= factor[column, k] * factor[column, k] }
            guard pivot.isFinite, pivot > 0, pivot > tolerance * self[column, column] else {
                return nil
            }
            let root = pivot.squareRoot()
            factor[column, column] = root
            for row in (column + 1)..<max(side, column + 1) {
                var rest = self[row, column]
                for k in 0..<column { rest -= factor[row, k] * factor[column, k] }
                factor[row, column] = rest / root
            }
        }
        return factor
    }

    /// X with L·X = `right`, this being the lower triangle L.
    package func solvingLower(_ right: SmallMatrix) -> SmallMatrix {
        var result = right
        for column in 0..<side {
            for row in 0..<side {
                var rest = result[row, column]
                for k in 0..<row { rest -= self[row, k] * result[k, column] }
                result[row, column] = rest / self[row, row]
            }
        }
        return result
    }

    /// X with Lᵀ·X = `right`, this being the lower triangle L.
    package func solvingTransposedLower(_ right: SmallMatrix) -> SmallMatrix {
        var result = right
        for column in 0..<side {
            for row in (0..<side).reversed() {
                var rest = result[row, column]
                for k in (row + 1)..<max(side, row + 1) { rest -= self[k, row] * result[k, column] }
                result[row, column] = rest / self[row, row]
            }
        }
        return result
    }

    /// Rows as columns.
    package var transposed: SmallMatrix {
        var result = self
        for row in 0..<side { for column in 0..<side { result[column, row] = self[row, column] } }
        return result
    }
}
