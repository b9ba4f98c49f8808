import Foundation

/// The rate of each step: a linear warm-up, then what the plan says.
package struct LearningSchedule {
    private let plan: TaskOptimiser
    private let stepsAnEpoch: Int
    private let steps: Int

    /// The rates of a run.
    package init(_ plan: TaskOptimiser, stepsAnEpoch: Int, epochs: Int) {
        (self.plan, self.stepsAnEpoch) = (plan, stepsAnEpoch)
        steps = stepsAnEpoch * epochs
    }

    /// The rate of a step, from 0.
    package func callAsFunction(_ step: Int) -> Double {
        let highest = plan.learningRate
        if step < plan.warmUp { return highest * Double(step + 1) / Double(plan.warmUp) }
        let epoch = step / max(stepsAnEpoch, 1)
        switch plan.decay {
        case .constant: return highest
        case .exponential: return highest * pow(plan.gamma, Double(epoch))
        case .steps:
            return highest * pow(plan.gamma, Double(plan.milestones.count { $0 <= epoch }))
        case .cosine:
            let progress = Double(step - plan.warmUp) / Double(max(steps - plan.warmUp, 1))
            return highest * 0.5 * (1 + cos(.pi * progress))
        }
    }
}
