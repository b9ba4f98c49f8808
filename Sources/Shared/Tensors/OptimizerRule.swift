/// The rules by which weights can move, under the names that recipes give them.
public enum OptimizerRule: String, Codable, Hashable, Sendable, CaseIterable {
    /// Stochastic gradient descent with momentum.
    case sgd
    /// Adam, weight decay in the gradient.
    case adam
    /// Adam, weight decay beside the gradient (Loshchilov and Hutter, 2019).
    case adamw
    /// Gradient descent with momentum whose steps fit the length of each layer's weights (You et al., 2017).
    case lars

    /// The optimiser of some groups of parameters.
    ///
    /// - Parameters:
    ///   - groups: what it moves.
    ///   - learningRate: the step length that groups scale.
    ///   - momentum: of SGD and LARS; the first beta of Adam, of which the second is 0.999.
    ///   - weightDecay: above 0 to pull weights to 0.
    ///   - nesterov: whether SGD looks ahead.
    /// - Returns: an optimiser that has taken no step.
    public func optimizer(
        of groups: [ParameterGroup], learningRate: Double, momentum: Double, weightDecay: Double,
        nesterov: Bool = false
    ) -> any Optimizer {
        switch self {
        case .sgd:
            SGD(
                groups: groups, learningRate: learningRate, momentum: momentum,
                weightDecay: weightDecay, nesterov: nesterov)
        case .adam, .adamw:
            Adam(
                groups: groups, learningRate: learningRate, betas: (momentum, 0.999),
                weightDecay: weightDecay, decoupled: self == .adamw)
        case .lars:
            LARS(
                groups: groups, learningRate: learningRate, momentum: momentum,
                weightDecay: weightDecay)
        }
    }
}
