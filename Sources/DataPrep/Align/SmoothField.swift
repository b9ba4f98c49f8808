/// A value on every node of a grid, smooth where nodes say nothing.
///
/// Minimises Σ wᵢ (fᵢ − zᵢ)² + λ Σ (second differences of f)²: a discrete thin plate. Solved by conjugate gradients from
/// a fixed start with a fixed stopping rule, so that equal input gives equal bits.
struct SmoothField {
    let rows: Int
    let columns: Int
    let smoothness: Double

    /// Solves for all nodes.
    func solve(values: [Double], weights: [Double], start: [Double]) -> [Double] {
        var field = start
        let target = zip(values, weights).map { $0 * $1 }
        var residual = zip(target, applied(field, weights)).map { $0 - $1 }
        var direction = residual
        var power = dot(residual, residual)
        let goal = 1e-16 * max(dot(target, target), 1e-30)
        for _ in 0..<600 where power > goal {
            let image = applied(direction, weights)
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
        zip(left, right).reduce(0) { $0 + $1.0 * $1.1 }
    }

    /// The normal matrix times a field.
    private func applied(_ field: [Double], _ weights: [Double]) -> [Double] {
        var result = zip(field, weights).map { $0 * $1 }
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
