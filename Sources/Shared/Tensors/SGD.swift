/// Stochastic gradient descent with momentum, as `torch.optim.SGD`.
public final class SGD: Optimizer {
    /// The step length.
    public var learningRate: Double
    /// What it moves, by name.
    public let parameters: [(String, Tensor)]
    /// `momentum_buffer/` and the parameter's name.
    public var state: [String: Tensor] {
        get {
            let pairs = zip(parameters, velocities).compactMap { parameter, velocity in
                velocity.map { ("momentum_buffer/\(parameter.0)", $0) }
            }
            return Dictionary(uniqueKeysWithValues: pairs)
        }
        set { velocities = parameters.map { newValue["momentum_buffer/\($0.0)"] } }
    }
    private var velocities: [Tensor?]
    private let momentum: Double
    private let weightDecay: Double
    private let isNesterov: Bool

    /// Makes an optimiser of parameters by name.
    public init(
        _ parameters: [(String, Tensor)], learningRate: Double, momentum: Double = 0,
        weightDecay: Double = 0, nesterov: Bool = false
    ) {
        precondition(!nesterov || momentum > 0, "SGD: Nesterov needs momentum")
        self.parameters = parameters
        self.learningRate = learningRate
        self.momentum = momentum
        self.weightDecay = weightDecay
        isNesterov = nesterov
        velocities = Array(repeating: nil, count: parameters.count)
    }

    /// Moves every parameter that has a gradient.
    public func step() {
        noGradient {
            for (index, (_, parameter)) in parameters.enumerated() {
                guard let gradient = parameter.gradient else { continue }
                let decayed =
                    weightDecay == 0 ? gradient : gradient.adding(parameter, scale: weightDecay)
                parameter.addInPlace(direction(decayed, index), scale: -learningRate)
            }
        }
    }

    private func direction(_ gradient: Tensor, _ index: Int) -> Tensor {
        guard momentum != 0 else { return gradient }
        let velocity: Tensor
        if let known = velocities[index] {
            velocity = known.multiplyInPlace(momentum).addInPlace(gradient)
        } else {
            velocity = gradient.clone()
        }
        velocities[index] = velocity
        return isNesterov ? gradient.adding(velocity, scale: momentum) : velocity
    }
}
