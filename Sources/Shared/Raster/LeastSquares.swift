/// Least squares by the normal equations; a handful of unknowns, each near 1.
package enum LeastSquares {
    /// The unknowns that bring `rows` nearest to `values`, by Gauss's elimination with a chosen pivot.
    ///
    /// - Parameters:
    ///   - rows: the factors of the unknowns, an equation each.
    ///   - values: what the equations should give.
    ///   - weights: how much each counts; nil for alike.
    /// - Returns: nil where the equations do not fix the unknowns.
    package static func solve(
        _ rows: [[Double]], _ values: [Double], weights: [Double]? = nil
    ) -> [Double]? {
        let count = rows.first?.count ?? 0
        var matrix = [[Double]](repeating: [Double](repeating: 0, count: count + 1), count: count)
        for (index, row) in rows.enumerated() {
            let weight = weights?[index] ?? 1
            for i in 0..<count {
                for j in 0..<count { matrix[i][j] += weight * row[i] * row[j] }
                matrix[i][count] += weight * row[i] * values[index]
            }
        }
        let largest = (0..<count).map { abs(matrix[$0][$0]) }.max() ?? 0
        for column in 0..<count {
            let pivot =
                (column..<count).max { abs(matrix[$0][column]) < abs(matrix[$1][column]) } ?? column
            matrix.swapAt(column, pivot)
            guard abs(matrix[column][column]) > 1e-14 * largest else { return nil }
            for row in 0..<count where row != column {
                let factor = matrix[row][column] / matrix[column][column]
                guard factor != 0 else { continue }
                for k in column...count { matrix[row][k] -= factor * matrix[column][k] }
            }
        }
        return (0..<count).map { matrix[$0][count] / matrix[$0][$0] }
    }
}
