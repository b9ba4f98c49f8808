import CKernels

/// A value on every node of a grid, smooth where nothing is known.
///
/// Minimises Σ wᵢ (Aᵢf − zᵢ)² + λ Σ (second differences of f)ⱼ² + ε Σ (f − start)²: a discrete thin plate, known by means Aᵢf
/// of some of its nodes; what neither tells, such as a slope that no two observations show, stays as it was. Each node is
/// bound to few neighbours, so the normal matrix is a band as wide as two of the grid's rows, and its Cholesky factor solves
/// it at once.
struct SmoothField {
    /// What is known: the weighted mean of some nodes.
    struct Observation {
        /// Nodes and their shares of 1, all within two rows and two columns.
        var nodes: [(index: Int, share: Double)]
        var weight: Double
    }

    private let observations: [Observation]
    private let count: Int
    /// How far from the diagonal the normal matrix has numbers.
    private let width: Int
    /// The Cholesky factor of the normal matrix, (count, width + 1); `nil` when the observations do not suffice.
    private let factor: [Double]?

    /// ε: the say of the start against an observation of weight 1.
    private static let hold = 1e-9

    /// A field of stiffness λ = `smoothness`.
    init(rows: Int, columns: Int, smoothness: Double, observations: [Observation]) {
        self.observations = observations
        count = rows * columns
        width = 2 * columns + 2
        var matrix = NormalMatrix(count: count, width: width, diagonal: Self.hold)
        for observation in observations {
            matrix.add(observation.nodes, weight: observation.weight)
        }
        for row in 0..<rows {
            for column in 0..<columns {
                let here = row * columns + column
                if column + 2 < columns {
                    matrix.add([(here, 1), (here + 1, -2), (here + 2, 1)], weight: smoothness)
                }
                if row + 2 < rows {
                    matrix.add(
                        [(here, 1), (here + columns, -2), (here + 2 * columns, 1)],
                        weight: smoothness)
                }
                // The twist counts twice, as in a plate.
                if row + 1 < rows, column + 1 < columns {
                    matrix.add(
                        [
                            (here, 1), (here + 1, -1), (here + columns, -1),
                            (here + columns + 1, 1),
                        ], weight: 2 * smoothness)
                }
            }
        }
        factor = matrix.factor()
    }

    /// Solves for all nodes, given the value of each observation; the start when the observations do not suffice.
    func solve(values: [Double], start: [Double]) -> [Double] {
        guard let factor else { return start }
        var field = start.map { $0 * Self.hold }
        for (observation, value) in zip(observations, values) {
            for node in observation.nodes {
                field[node.index] += observation.weight * node.share * value
            }
        }
        ckernels_band_solve(factor, count, width, &field)
        return field
    }
}

/// The lower half of the normal matrix of least squares, as a band.
private struct NormalMatrix {
    private let count: Int
    private let width: Int
    /// Row r's columns r − width … r, (count, width + 1).
    private var band: [Double]

    init(count: Int, width: Int, diagonal: Double) {
        (self.count, self.width) = (count, width)
        band = [Double](repeating: 0, count: count * (width + 1))
        for row in 0..<count { band[row * (width + 1) + width] = diagonal }
    }

    /// Adds an equation: the sum of some unknowns times a share each.
    mutating func add(_ terms: [(index: Int, share: Double)], weight: Double) {
        for row in terms {
            for column in terms where column.index <= row.index {
                band[row.index * (width + 1) + width + column.index - row.index] +=
                    weight * row.share * column.share
            }
        }
    }

    /// Its Cholesky factor; `nil` when it has none.
    consuming func factor() -> [Double]? {
        var factor = band
        return ckernels_band_factor(&factor, count, width) == 1 ? factor : nil
    }
}
