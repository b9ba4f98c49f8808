import Foundation
package import Tensors

/// Logistic regression on features: the optimum of a convex function, so that no step length or seed plays a part.
///
/// Of one class a sample: softmax; of any number of classes: one logistic function a class. Minimises
/// C · Σ loss + ½ ‖W‖², the summands unpenalised, as scikit-learn's `LogisticRegression(C=…)`.
package struct LogisticRegression {
    /// float64 (classes, features + 1), the summand last; of standardised features.
    package let weights: Tensor
    /// Mean and deviation of each feature, float64 (1, features), with which they are standardised.
    package let mean, deviation: Tensor
    /// Whether probabilities sum to 1 over the classes.
    package let hasOneClass: Bool
    /// Whether the optimum was reached.
    package let hasConverged: Bool

    /// Learns.
    ///
    /// - Parameters:
    ///   - table: features and labels.
    ///   - classes: how many classes there are.
    ///   - penalty: C, the inverse strength of the penalty.
    ///   - standardise: whether features are brought to mean 0 and deviation 1 of these samples first.
    ///   - start: where to begin, of another penalty; zeros for nil.
    ///   - shouldStop: asked before each evaluation.
    /// - Throws: `TorchError`; `StopRequest`.
    package init(
        _ table: FeatureTable, classes: Int, penalty: Double, standardise: Bool,
        from start: LogisticRegression? = nil, shouldStop: () -> Bool = { false }
    ) throws {
        let (count, length) = (table.count, table.features.size(1))
        // Copies of all features in double precision are the largest arrays of a probe.
        let (mean, deviation, problem) = try Torch.attempt {
            let features = table.features.to(.float64)
            let (mean, deviation) = Self.scale(of: features, standardise: standardise)
            return (
                mean, deviation,
                Problem(
                    inputs: Self.withOnes((features - mean) / deviation),
                    truth: Self.truth(table, classes), hasOneClass: table.hasOneClass,
                    strength: 1 / (penalty * Double(count)))
            )
        }
        (self.mean, self.deviation, hasOneClass) = (mean, deviation, table.hasOneClass)
        var solver = LBFGS()
        solver.tolerance = 1e-8
        let begin =
            start?.weights.values(as: Double.self)
            ?? [Double](repeating: 0, count: classes * (length + 1))
        let shape = [classes, length + 1]
        let result = try solver.minimise(from: begin) { point in
            if shouldStop() { throw StopRequest() }
            return try Torch.attempt { problem.evaluate(Tensor(point, shape: shape)) }
        }
        weights = Tensor(result.point, shape: shape)
        hasConverged = result.hasConverged
    }

    /// Takes what was learnt before.
    package init(weights: Tensor, mean: Tensor, deviation: Tensor, hasOneClass: Bool) {
        (self.weights, self.mean, self.deviation) = (weights, mean, deviation)
        (self.hasOneClass, hasConverged) = (hasOneClass, true)
    }

    /// Probabilities: float32 (samples, features) → float64 (samples, classes).
    package func callAsFunction(_ features: Tensor) -> Tensor {
        let inputs = Self.withOnes((features.to(.float64) - mean) / deviation)
        let scores = inputs.matmul(weights.transposed(0, 1))
        return hasOneClass ? scores.softmax(1) : scores.sigmoid()
    }

    private static func scale(of features: Tensor, standardise: Bool) -> (Tensor, Tensor) {
        let length = features.size(1)
        guard standardise else {
            return (.zeros([1, length], dtype: .float64), .ones([1, length], dtype: .float64))
        }
        let mean = features.mean([0], keepingDimensions: true)
        let spread = (features - mean).square().mean([0], keepingDimensions: true).sqrt()
        // A feature that never changes says nothing; it stays 0.
        return (mean, spread + spread.isLess(1e-12).to(.float64))
    }

    private static func withOnes(_ features: Tensor) -> Tensor {
        Tensor.cat([features, .ones([features.size(0), 1], dtype: .float64)], dimension: 1)
    }

    private static func truth(_ table: FeatureTable, _ classes: Int) -> Tensor {
        guard table.hasOneClass else { return table.labels.to(.float64) }
        let numbers = Tensor.range(0, classes).reshaped([1, classes])
        return table.labels.reshaped([table.count, 1]).isEqual(numbers).to(.float64)
    }

    /// Mean loss + strength · ½ ‖W‖², which has the same optimum.
    private struct Problem {
        let inputs, truth: Tensor
        let hasOneClass: Bool
        let strength: Double

        func evaluate(_ weights: Tensor) -> (Double, [Double]) {
            noGradient {
                let scores = inputs.matmul(weights.transposed(0, 1))
                let count = Double(inputs.size(0))
                let loss: Tensor
                let error: Tensor
                if hasOneClass {
                    let logs = scores.logSoftmax(1)
                    loss = -((logs * truth).sum())
                    error = logs.exp() - truth
                } else {
                    // log(1 + eˢ) − y·s, without overflow.
                    let softplus = scores.clamp(minimum: 0) + ((-(scores.abs())).exp() + 1).log()
                    loss = (softplus - truth * scores).sum()
                    error = scores.sigmoid() - truth
                }
                let slopes = weights.narrow(1, start: 0, length: weights.size(1) - 1)
                let value = loss / count + slopes.square().sum() * (strength / 2)
                let none = Tensor.zeros([weights.size(0), 1], dtype: .float64)
                let gradient =
                    error.transposed(0, 1).matmul(inputs) / count
                    + Tensor.cat([slopes * strength, none], dimension: 1)
                return (value.item(as: Double.self), gradient.values(as: Double.self))
            }
        }
    }
}
