/// Stochastic gradient descent with momentum, as `torch.optim.SGD`.
///
/// v ← μ v + (1 − δ) g and θ ← θ − γ v, where g has the weight decay in it; v begins as the first g. With Nesterov's momentum
/// θ ← θ − γ (g + μ v).
public final class SGD: Optimizer {
    /// The step length γ.
    public var learningRate: Double
    /// What it moves, by name.
    public var parameters: [(String, Tensor)] { slots.map { ($0.name, $0.tensor) } }
    /// `momentum_buffer/` and the parameter's name.
    public var state: [String: Tensor] {
        get {
            let pairs = zip(slots, velocities).compactMap { slot, velocity in
                velocity.map { ("momentum_buffer/\(slot.name)", $0) }
            }
            return Dictionary(uniqueKeysWithValues: pairs)
        }
        set { velocities = slots.map { newValue["momentum_buffer/\($0.name)"] } }
    }
    private let slots: [OptimizedParameter]
    private var velocities: [Tensor?]
    private let momentum: Double
    private let dampening: Double
    private let isNesterov: Bool

    /// Makes an optimiser of groups of parameters.
    ///
    /// - Parameters:
    ///   - groups: the parameters.
    ///   - learningRate: γ.
    ///   - momentum: μ, 0…1.
    ///   - dampening: δ, 0…1; Nesterov's momentum has none.
    ///   - weightDecay: that of groups that name none.
    ///   - nesterov: whether the step looks ahead; needs momentum.
    public init(
        groups: [ParameterGroup], learningRate: Double, momentum: Double = 0,
        dampening: Double = 0, weightDecay: Double = 0, nesterov: Bool = false
    ) {
        precondition(
            !nesterov || momentum > 0 && dampening == 0,
            "SGD: Nesterov needs momentum and no dampening")
        slots = OptimizedParameter.all(groups, weightDecay: weightDecay)
        self.learningRate = learningRate
        self.momentum = momentum
        self.dampening = dampening
        isNesterov = nesterov
        velocities = Array(repeating: nil, count: slots.count)
    }

    /// Makes an optimiser of parameters by name.
    public convenience init(
        _ parameters: [(String, Tensor)], learningRate: Double, momentum: Double = 0,
        dampening: Double = 0, weightDecay: Double = 0, nesterov: Bool = false
    ) {
        self.init(
            groups: [ParameterGroup(parameters)], learningRate: learningRate, momentum: momentum,
            dampening: dampening, weightDecay: weightDecay, nesterov: nesterov)
    }

    /// Moves every parameter that has a gradient.
    public func step() {
        noGradient {
            for (index, slot) in slots.enumerated() {
                guard let gradient = slot.decayedGradient else { continue }
                slot.tensor.addInPlace(
                    direction(gradient, index), scale: -learningRate * slot.rateFactor)
            }
        }
    }

    private func direction(_ gradient: Tensor, _ index: Int) -> Tensor {
        guard momentum != 0 else { return gradient }
        let velocity: Tensor
        if let known = velocities[index] {
            velocity = known.multiplyInPlace(momentum).addInPlace(gradient, scale: 1 - dampening)
        } else {
            velocity = gradient.clone()
        }
        velocities[index] = velocity
        return isNesterov ? gradient.adding(velocity, scale: momentum) : velocity
    }
}
