/// Layer-wise adaptive rate scaling: gradient descent whose steps fit the length of each layer's weights.
///
/// Algorithm 1 of You, Gitman and Ginsburg, "Large Batch Training of Convolutional Networks" (2017): λ = η ‖w‖ / (‖g‖ + β ‖w‖),
/// v ← μ v + γ λ (g + β w), w ← w − v. Where a norm is zero, and for groups that are not adapted, λ = 1.
public final class LARS: Optimizer {
    /// The global step length γ.
    public var learningRate: Double
    /// What it moves, by name.
    public var parameters: [(String, Tensor)] { slots.map { ($0.name, $0.tensor) } }
    /// `velocity/` and the parameter's name.
    public var state: [String: Tensor] {
        get {
            let pairs = zip(slots, velocities).compactMap { slot, velocity in
                velocity.map { ("velocity/\(slot.name)", $0) }
            }
            return Dictionary(uniqueKeysWithValues: pairs)
        }
        set { velocities = slots.map { newValue["velocity/\($0.name)"] } }
    }
    private let slots: [OptimizedParameter]
    private var velocities: [Tensor?]
    private let momentum: Double
    private let trust: Double

    /// Makes an optimiser of groups of parameters, as `Module.parameterGroups` gives them.
    ///
    /// - Parameters:
    ///   - groups: the parameters.
    ///   - learningRate: γ.
    ///   - momentum: μ, 0…1.
    ///   - trust: η, the part of a weight's length that a step may have.
    ///   - weightDecay: β of groups that name none.
    public init(
        groups: [ParameterGroup], learningRate: Double, momentum: Double = 0.9,
        trust: Double = 0.001, weightDecay: Double = 0
    ) {
        slots = OptimizedParameter.all(groups, weightDecay: weightDecay)
        self.learningRate = learningRate
        self.momentum = momentum
        self.trust = trust
        velocities = Array(repeating: nil, count: slots.count)
    }

    /// Moves every parameter that has a gradient.
    public func step() {
        noGradient {
            for (index, slot) in slots.enumerated() {
                guard let gradient = slot.tensor.gradient, let decayed = slot.decayedGradient else {
                    continue
                }
                let velocity = velocities[index] ?? slot.tensor.zerosLike()
                velocity.multiplyInPlace(momentum).addInPlace(
                    decayed * localRate(slot, gradient),
                    scale: learningRate * slot.rateFactor)
                velocities[index] = velocity
                slot.tensor.addInPlace(velocity, scale: -1)
            }
        }
    }

    /// λ of a parameter, a tensor without dimensions: nothing waits for a GPU.
    private func localRate(_ slot: OptimizedParameter, _ gradient: Tensor) -> Tensor {
        let weight = slot.tensor.norm()
        guard slot.isAdapted else { return weight.onesLike() }
        let length = gradient.norm()
        let ratio = weight * trust / length.adding(weight, scale: slot.weightDecay)
        let isDefined = weight.isGreater(0).and(length.isGreater(0))
        return Operator.where(isDefined, ratio, weight.onesLike())
    }
}

extension Operator {
    fileprivate static let `where` = Operator("aten::where", "self")
}
