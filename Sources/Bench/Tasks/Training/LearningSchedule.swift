package import Tensors

extension TaskOptimiser {
    /// The head's rate of each step.
    ///
    /// - Parameters:
    ///   - stepsAnEpoch: at least 1.
    ///   - epochs: of the whole run.
    /// - Returns: a rate for each step.
    package func schedule(stepsAnEpoch: Int, epochs: Int) -> LearningRateSchedule {
        let decay: LearningRateSchedule.Decay =
            switch decay {
            case .constant: .constant
            case .cosine: .cosine(end: 0)
            case .exponential:
                .steps(at: (1..<max(epochs, 2)).map { $0 * stepsAnEpoch }, factor: gamma)
            case .steps: .steps(at: milestones.map { $0 * stepsAnEpoch }, factor: gamma)
            }
        return LearningRateSchedule(
            highest: learningRate, warmUp: warmUp, steps: stepsAnEpoch * epochs, decay: decay)
    }

    /// The optimiser of some groups of parameters.
    func make(_ groups: [ParameterGroup]) -> any Optimizer {
        kind.optimizer(
            of: groups, learningRate: learningRate, momentum: momentum, weightDecay: weightDecay)
    }
}
