import Foundation

/// The learning rate of each step: a linear warm-up, then a cosine to zero.
struct LearningRate: Sendable {
    let highest: Double
    let warmUp: Int
    let steps: Int

    /// The rate of a step, from 0 to `steps` − 1.
    func callAsFunction(_ step: Int) -> Double {
        if step < warmUp { return highest * Double(step + 1) / Double(warmUp) }
        let progress = Double(step - warmUp) / Double(max(steps - warmUp, 1))
        return highest * 0.5 * (1 + cos(.pi * progress))
    }
}
