package import Tensors

/// The loss of a task on scores and labels.
package struct LossFunction {
    private let kind: TaskLoss.Kind
    private let weights: Tensor?
    private let ignored: Int

    /// A loss.
    ///
    /// - Parameters:
    ///   - kind: which.
    ///   - weights: a weight a class (cross-entropy), or one of the positives (binary: one for all, or one a class).
    ///   - ignored: the code of pixels that are left out.
    ///   - device: where scores are.
    package init(
        _ kind: TaskLoss.Kind, weights: [Double]?, ignored: Int, on device: Device = .cpu
    ) {
        (self.kind, self.ignored) = (kind, ignored)
        self.weights = weights.map { Tensor($0.map { Float($0) }, on: device) }
    }

    /// The mean over all pixels that are not ignored: one score a pixel (batch, 1, height, width), or one a class; codes (batch, height, width).
    ///
    /// The binary one: −w·y·log σ(s) − (1 − y)·log(1 − σ(s)); cross-entropy: Σ w·−log softmax(s)[y] ÷ Σ w.
    package func callAsFunction(_ scores: Tensor, codes: Tensor) -> Tensor {
        guard kind == .binary else {
            return scores.crossEntropy(codes.to(.int64), weight: weights, ignoring: ignored)
        }
        let plane = scores.squeezed(1)
        let valid = codes.isNotEqual(Double(ignored)).to(.float32)
        let truth = codes.isNotEqual(0).to(.float32) * valid
        let mean = plane.binaryCrossEntropyWithLogits(
            truth, weight: valid, positiveWeight: weights)
        return mean * (Double(plane.count) / valid.sum())
    }

    /// The mean over images and classes of one image's answers.
    ///
    /// - Parameters:
    ///   - scores: (batch, classes).
    ///   - labels: classes as int64 (batch) for cross-entropy, float32 (batch, classes) of 0 and 1 for the binary loss.
    /// - Returns: the mean, on the tape.
    package func callAsFunction(_ scores: Tensor, labels: Tensor) -> Tensor {
        kind == .binary
            ? scores.binaryCrossEntropyWithLogits(labels, positiveWeight: weights)
            : scores.crossEntropy(labels, weight: weights)
    }
}
