import Foundation

/// The learning rate of each step: a linear warm-up, then a decay; a function of the step alone, so that nothing is to be resumed.
public struct LearningRateSchedule: Sendable, Hashable {
    /// What comes after the warm-up.
    public enum Decay: Sendable, Hashable {
        /// The highest rate to the end.
        case constant
        /// Half a cosine from the highest rate to `end`, which the step after the last would have (Loshchilov and Hutter, 2017).
        case cosine(end: Double)
        /// The highest rate times `factor` for each of the steps `at` that is reached; steps count from 0, warm-up and all.
        case steps(at: [Int], factor: Double)
    }

    /// The highest rate.
    public var highest: Double
    /// Steps of warm-up; the first has `highest / warmUp`, the last `highest`.
    public var warmUp: Int
    /// All steps, the warm-up among them.
    public var steps: Int
    /// What comes after the warm-up.
    public var decay: Decay

    /// Makes a schedule.
    public init(highest: Double, warmUp: Int = 0, steps: Int, decay: Decay = .cosine(end: 0)) {
        (self.highest, self.warmUp, self.steps, self.decay) = (highest, warmUp, steps, decay)
    }

    /// The rate of a step, from 0 to `steps` − 1.
    public func callAsFunction(_ step: Int) -> Double {
        if step < warmUp { return highest * Double(step + 1) / Double(warmUp) }
        switch decay {
        case .constant: return highest
        case .cosine(let end):
            let progress = Double(step - warmUp) / Double(max(steps - warmUp, 1))
            return end + (highest - end) * 0.5 * (1 + cos(.pi * progress))
        case .steps(let milestones, let factor):
            return highest * pow(factor, Double(milestones.count { $0 <= step }))
        }
    }
}
