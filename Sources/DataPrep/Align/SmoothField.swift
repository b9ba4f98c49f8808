import CKernels

/// A value on every node of a grid, smooth where nothing is known.
///
/// Minimises Σ wᵢ (Aᵢf − zᵢ)² + λ Σ vⱼ (second differences of f)ⱼ²: a discrete thin plate, known by means Aᵢf of some of its
/// nodes; vⱼ < 1 lets it break. Solved by conjugate gradients from a fixed start with a fixed stopping rule, so that equal input gives equal bits.
struct SmoothField {
    /// What is known: the weighted mean of some nodes.
    struct Observation {
        /// Nodes and their shares of 1.
        var nodes: [(index: Int, share: Double)]
        var weight: Double

        /// The mean of a field.
        func mean(of field: [Double]) -> Double {
            var sum = 0.0
            for node in nodes { sum += node.share * field[node.index] }
            return sum
        }
    }

    let rows: Int
    let columns: Int
    let observations: [Observation]
    /// λvⱼ of each second difference, (3, rows, columns); the twist counts twice, as in a plate.
    private let stiffness: [Double]

    /// - Parameters:
    ///   - smoothness: λ.
    ///   - breaks: a field near the solution and the size of a second difference at which it may break; `nil` for a smooth one.
    init(
        rows: Int, columns: Int, smoothness: Double, observations: [Observation],
        breaks: (parts: [[Double]], size: Double)? = nil
    ) {
        (self.rows, self.columns, self.observations) = (rows, columns, observations)
        let count = rows * columns
        var stiffness = (0..<3 * count).map { $0 < 2 * count ? smoothness : 2 * smoothness }
        if let breaks {
            let bends = breaks.parts.map { Self.bends(of: $0, rows, columns) }
            for index in stiffness.indices {
                let square = bends.reduce(breaks.size * breaks.size) { $0 + $1[index] * $1[index] }
                stiffness[index] *= breaks.size / square.squareRoot()
            }
        }
        self.stiffness = stiffness
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
        for (observation, value) in zip(observations, values) {
            spread(observation, value, into: &target)
        }
        var residual = zip(target, applied(field)).map { $0 - $1 }
        var direction = residual
        var power = dot(residual, residual)
        let goal = 1e-16 * max(dot(target, target), 1e-30)
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

    private func spread(_ observation: Observation, _ value: Double, into nodes: inout [Double]) {
        for node in observation.nodes {
            nodes[node.index] += observation.weight * node.share * value
        }
    }

    private func dot(_ left: [Double], _ right: [Double]) -> Double {
        zip(left, right).reduce(0) { $0 + $1.0 * $1.1 }
    }

    /// The normal matrix times a field.
    private func applied(_ field: [Double]) -> [Double] {
        var result = [Double](repeating: 0, count: field.count)
        for observation in observations {
            spread(observation, observation.mean(of: field), into: &result)
        }
        ckernels_unbend(
            Self.bends(of: field, rows, columns), stiffness, Int32(rows), Int32(columns), &result)
        return result
    }
}
