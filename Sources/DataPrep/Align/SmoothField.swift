/// A value on every node of a grid, smooth where nothing is known.
///
/// Minimises Σ wᵢ (Aᵢf − zᵢ)² + λ Σ (second differences of f)²: a discrete thin plate, known by means Aᵢf of some of its
/// nodes. Solved by conjugate gradients from a fixed start with a fixed stopping rule, so that equal input gives equal bits.
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
    let smoothness: Double
    let observations: [Observation]

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
        func bend(_ first: Int, _ middle: Int, _ last: Int) {
            let value = smoothness * (field[first] - 2 * field[middle] + field[last])
            result[first] += value
            result[middle] -= 2 * value
            result[last] += value
        }
        for row in 0..<rows {
            for column in 0..<columns {
                let index = row * columns + column
                if column + 2 < columns { bend(index, index + 1, index + 2) }
                if row + 2 < rows { bend(index, index + columns, index + 2 * columns) }
                guard row + 1 < rows, column + 1 < columns else { continue }
                let twist = [index, index + 1, index + columns, index + columns + 1]
                let value =
                    2 * smoothness
                    * (field[twist[0]] - field[twist[1]] - field[twist[2]] + field[twist[3]])
                result[twist[0]] += value
                result[twist[1]] -= value
                result[twist[2]] -= value
                result[twist[3]] += value
            }
        }
        return result
    }
}
