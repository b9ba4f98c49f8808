import Foundation

/// Limited-memory BFGS (Nocedal and Wright, Numerical Optimization, 2nd ed., algorithm 7.4) for smooth convex functions.
///
/// Sums run in a fixed order, so that the result is the same each time. Pairs that bend the wrong way are left out.
package struct LBFGS {
    /// Pairs that are remembered.
    package var memory = 10
    /// The most steps.
    package var maximumSteps = 1000
    /// It has converged when no part of the gradient is larger.
    package var tolerance = 1e-7

    /// The usual settings.
    package init() {}

    /// What a minimisation ended with.
    package struct Result {
        /// Where.
        package let point: [Double]
        /// The function there.
        package let value: Double
        /// Steps taken.
        package let steps: Int
        /// Whether the gradient is as small as was asked for.
        package let hasConverged: Bool
    }

    /// Minimises a function.
    ///
    /// - Parameters:
    ///   - start: where to begin.
    ///   - evaluate: value and gradient at a point.
    /// - Returns: the end, and whether it is a minimum.
    /// - Throws: what `evaluate` throws.
    package func minimise(
        from start: [Double], _ evaluate: ([Double]) throws -> (Double, [Double])
    ) rethrows -> Result {
        var point = start
        var (value, gradient) = try evaluate(point)
        var pairs: [(step: [Double], change: [Double], scale: Double)] = []
        for number in 0..<maximumSteps {
            guard largest(gradient) > tolerance else {
                return Result(point: point, value: value, steps: number, hasConverged: true)
            }
            var direction = descent(gradient, pairs)
            var slope = dot(direction, gradient)
            if slope >= 0 {
                (pairs, direction) = ([], gradient.map { -$0 })
                slope = -dot(gradient, gradient)
            }
            let first = pairs.isEmpty ? min(1, 1 / dot(gradient, gradient).squareRoot()) : 1.0
            guard
                let (next, found) = try search(
                    from: point, value, slope, along: direction, first: first, evaluate)
            else {
                // Rounding allows no further descent.
                return Result(point: point, value: value, steps: number, hasConverged: true)
            }
            let step = zip(next, point).map { $0 - $1 }
            let change = zip(found.1, gradient).map { $0 - $1 }
            let bend = dot(step, change)
            if bend > 1e-12 * dot(change, change) {
                pairs.append((step, change, 1 / bend))
                if pairs.count > memory { pairs.removeFirst() }
            }
            (point, value, gradient) = (next, found.0, found.1)
        }
        return Result(point: point, value: value, steps: maximumSteps, hasConverged: false)
    }

    /// A step that falls enough (10⁻⁴ of the slope) and far enough (the slope is 0.9 of what it was at most), by bisection.
    ///
    /// The weak conditions of Wolfe after Lewis and Overton (2013). nil where no step is found that falls at all.
    private func search(
        from point: [Double], _ value: Double, _ slope: Double, along direction: [Double],
        first: Double, _ evaluate: ([Double]) throws -> (Double, [Double])
    ) rethrows -> ([Double], (Double, [Double]))? {
        var (low, high, length) = (0.0, Double.infinity, first)
        var best: ([Double], (Double, [Double]))?
        for _ in 0..<60 {
            let next = moved(point, direction, length)
            let found = try evaluate(next)
            if !(found.0 <= value + 1e-4 * length * slope) {
                high = length
            } else {
                if found.0 < best?.1.0 ?? value { best = (next, found) }
                guard dot(found.1, direction) < 0.9 * slope else { break }
                low = length
            }
            length = high.isFinite ? (low + high) / 2 : 2 * length
        }
        return best
    }

    /// Minus the gradient, turned by the pairs: the two loops.
    private func descent(
        _ gradient: [Double], _ pairs: [(step: [Double], change: [Double], scale: Double)]
    ) -> [Double] {
        var direction = gradient
        var factors: [Double] = []
        for pair in pairs.reversed() {
            let factor = pair.scale * dot(pair.step, direction)
            factors.append(factor)
            add(pair.change, times: -factor, to: &direction)
        }
        if let last = pairs.last {
            let scale = 1 / (last.scale * dot(last.change, last.change))
            for index in direction.indices { direction[index] *= scale }
        }
        for (pair, factor) in zip(pairs, factors.reversed()) {
            let other = pair.scale * dot(pair.change, direction)
            add(pair.step, times: factor - other, to: &direction)
        }
        return direction.map { -$0 }
    }

    private func dot(_ left: [Double], _ right: [Double]) -> Double {
        var sum = 0.0
        for index in left.indices { sum += left[index] * right[index] }
        return sum
    }

    private func add(_ vector: [Double], times factor: Double, to target: inout [Double]) {
        for index in target.indices { target[index] += factor * vector[index] }
    }

    private func moved(_ point: [Double], _ direction: [Double], _ length: Double) -> [Double] {
        var next = point
        add(direction, times: length, to: &next)
        return next
    }

    private func largest(_ vector: [Double]) -> Double { vector.reduce(0) { max($0, abs($1)) } }
}
