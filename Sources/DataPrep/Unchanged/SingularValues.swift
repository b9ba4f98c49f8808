/// A singular value decomposition U·diag(values)·Vᵀ of a small square matrix, largest value first.
package struct SingularValues: Sendable {
    /// Columns are the left vectors.
    package private(set) var left: SmallMatrix
    /// Columns are the right vectors.
    package private(set) var right: SmallMatrix
    /// Not negative, falling.
    package private(set) var values: [Double]

    /// Decomposes by turning pairs of columns until all are at right angles.
    ///
    /// The one-sided Jacobi method (Hestenes, Journal of the Society for Industrial and Applied Mathematics 6, 1958).
    /// Left vectors of a value of 0 are columns of zeros.
    package init(of matrix: SmallMatrix) {
        let side = matrix.side
        var (turned, turns) = (matrix, SmallMatrix(side: side))
        for index in 0..<side { turns[index, index] = 1 }
        for _ in 0..<60 {
            var isDone = true
            for first in 0..<side {
                for second in (first + 1)..<max(side, first + 1)
                where Self.turn(&turned, &turns, first, second) { isDone = false }
            }
            if isDone { break }
        }
        let lengths = (0..<side).map { column in
            (0..<side).reduce(0) { $0 + turned[$1, column] * turned[$1, column] }.squareRoot()
        }
        let order = (0..<side).sorted { (lengths[$0], $1) > (lengths[$1], $0) }
        (left, right, values) = (turned, turns, order.map { lengths[$0] })
        for (place, column) in order.enumerated() {
            for row in 0..<side {
                let length = lengths[column]
                left[row, place] = length > 0 ? turned[row, column] / length : 0
                right[row, place] = turns[row, column]
            }
        }
    }

    /// Turns two columns to right angles; false where they are already.
    private static func turn(
        _ matrix: inout SmallMatrix, _ turns: inout SmallMatrix, _ first: Int, _ second: Int
    ) -> Bool {
        var (a, b, c) = (0.0, 0.0, 0.0)
        for row in 0..<matrix.side {
            a += matrix[row, first] * matrix[row, first]
            b += matrix[row, second] * matrix[row, second]
            c += matrix[row, first] * matrix[row, second]
        }
        guard abs(c) > 1e-15 * (a * b).squareRoot(), c != 0 else { return false }
        let ratio = (b - a) / (2 * c)
        let tangent = (ratio < 0 ? -1 : 1) / (abs(ratio) + (1 + ratio * ratio).squareRoot())
        let cosine = 1 / (1 + tangent * tangent).squareRoot()
        for row in 0..<matrix.side {
            let (x, y) = (matrix[row, first], matrix[row, second])
            matrix[row, first] = cosine * (x - tangent * y)
            matrix[row, second] = cosine * (tangent * x + y)
            let (p, q) = (turns[row, first], turns[row, second])
            turns[row, first] = cosine * (p - tangent * q)
            turns[row, second] = cosine * (tangent * p + q)
        }
        return true
    }
}
