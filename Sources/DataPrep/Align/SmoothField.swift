import CKernels

/// A value on every node of a grid, smooth where nothing is known.
///
/// Minimises Σ wᵢ (Aᵢf − zᵢ)² + λ Σ (second differences of f)ⱼ²: a discrete thin plate, known by means Aᵢf of some of its nodes.
/// Solved by conjugate gradients from a fixed start with a fixed stopping rule, so that equal input gives equal bits.
struct SmoothField {
    /// What is known: the weighted mean of some nodes.
    struct Observation {
        /// Nodes and their shares of 1.
        var nodes: [(index: Int, share: Double)]
        var weight: Double
    }

    private let rows: Int
    private let columns: Int
    /// Observation i's nodes and shares are those from `starts[i]` up to `starts[i + 1]`.
    private let starts: [Int32]
    private let nodes: [Int32]
    private let shares: [Double]
    private let weights: [Double]
    /// λ of each second difference, (3, rows, columns); the twist counts twice, as in a plate.
    private let stiffness: [Double]

    /// A field of stiffness λ = `smoothness`.
    init(rows: Int, columns: Int, smoothness: Double, observations: [Observation]) {
        (self.rows, self.columns) = (rows, columns)
        starts = observations.reduce(into: [0]) {
            $0.append(($0.last ?? 0) + Int32($1.nodes.count))
        }
        nodes = observations.flatMap { $0.nodes.map { Int32($0.index) } }
        shares = observations.flatMap { $0.nodes.map(\.share) }
        weights = observations.map(\.weight)
        let count = rows * columns
        stiffness = (0..<3 * count).map { $0 < 2 * count ? smoothness : 2 * smoothness }
    }

    private static func bends(of field: [Double], _ rows: Int, _ columns: Int) -> [Double] {
        var bends = [Double](repeating: 0, count: 3 * field.count)
        ckernels_bends(field, Int32(rows), Int32(columns), &bends)
        return bends
    }

    /// Solves for all nodes, given the value of each observation.
    func solve(values: [Double], start: [Double]) -> [Double] {
        var field = start
        var target = [Double](repeating: 0, count: start.count)
        for (index, value) in values.enumerated() {
            for entry in Int(starts[index])..<Int(starts[index + 1]) {
                target[Int(nodes[entry])] += weights[index] * shares[entry] * value
            }
        }
        var residual = zip(target, applied(field)).map { $0 - $1 }
        var direction = residual
        var power = dot(residual, residual)
        // A hundred-thousandth of the field: less than 0.0001 px.
        let goal = 1e-10 * max(dot(target, target), 1e-30)
        for _ in 0..<600 where power > goal {
            let image = applied(direction)
            let curvature = dot(direction, image)
            guard curvature > 0 else { break }
            let length = power / curvature
            for index in field.indices {
                field[index] += length * direction[index]
                residual[index] -= length * image[index]
            }
            let next = dot(residual, residual)
            let turn = next / power
            power = next
            for index in direction.indices {
                direction[index] = residual[index] + turn * direction[index]
            }
        }
        return field
    }

    private func dot(_ left: [Double], _ right: [Double]) -> Double {
        var sum = 0.0
        for index in left.indices { sum += left[index] * right[index] }
        return sum
    }

    /// The normal matrix times a field.
    private func applied(_ field: [Double]) -> [Double] {
        var result = [Double](repeating: 0, count: field.count)
        ckernels_observe(starts, nodes, shares, weights, weights.count, field, &result)
        ckernels_unbend(
            Self.bends(of: field, rows, columns), stiffness, Int32(rows), Int32(columns), &result)
        return result
    }
}
