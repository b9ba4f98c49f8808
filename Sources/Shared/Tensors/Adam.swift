import Foundation

/// Adam, and with `decoupled` weight decay AdamW, as `torch.optim.Adam` and `torch.optim.AdamW`.
public final class Adam: Optimizer {
    /// The step length.
    public var learningRate: Double
    /// What it moves, by name.
    public var parameters: [(String, Tensor)] { slots.map { ($0.name, $0.tensor) } }
    /// `step/`, `exp_avg/`, `exp_avg_sq/` and the parameter's name.
    public var state: [String: Tensor] {
        get {
            var all: [String: Tensor] = [:]
            for (slot, moments) in zip(slots, moments) {
                guard let moments else { continue }
                all["step/\(slot.name)"] = Tensor(Float(moments.step))
                all["exp_avg/\(slot.name)"] = moments.mean
                all["exp_avg_sq/\(slot.name)"] = moments.square
            }
            return all
        }
        set {
            moments = slots.map { slot in
                guard let step = newValue["step/\(slot.name)"],
                    let mean = newValue["exp_avg/\(slot.name)"],
                    let square = newValue["exp_avg_sq/\(slot.name)"]
                else { return nil }
                return Moments(step: Int(step.item(as: Float.self)), mean: mean, square: square)
            }
        }
    }
    private struct Moments {
        var step: Int
        let mean: Tensor
        let square: Tensor
    }
    private let slots: [OptimizedParameter]
    private var moments: [Moments?]
    private let betas: (Double, Double)
    private let epsilon: Double
    private let isDecoupled: Bool

    /// Makes an optimiser of groups of parameters.
    ///
    /// - Parameters:
    ///   - groups: the parameters.
    ///   - learningRate: the step length.
    ///   - betas: what the running means of the gradient and of its square keep at each step, 0…1.
    ///   - epsilon: what is added to the root of the mean square.
    ///   - weightDecay: that of groups that name none.
    ///   - decoupled: whether weight decay shrinks the weights themselves (AdamW) instead of joining the gradient.
    public init(
        groups: [ParameterGroup], learningRate: Double = 1e-3,
        betas: (Double, Double) = (0.9, 0.999), epsilon: Double = 1e-8, weightDecay: Double = 0,
        decoupled: Bool = false
    ) {
        slots = OptimizedParameter.all(groups, weightDecay: weightDecay)
        self.learningRate = learningRate
        self.betas = betas
        self.epsilon = epsilon
        isDecoupled = decoupled
        moments = Array(repeating: nil, count: slots.count)
    }

    /// Makes an optimiser of parameters by name; `decoupled` weight decay is AdamW.
    public convenience init(
        _ parameters: [(String, Tensor)], learningRate: Double = 1e-3,
        betas: (Double, Double) = (0.9, 0.999), epsilon: Double = 1e-8, weightDecay: Double = 0,
        decoupled: Bool = false
    ) {
        self.init(
            groups: [ParameterGroup(parameters)], learningRate: learningRate, betas: betas,
            epsilon: epsilon, weightDecay: weightDecay, decoupled: decoupled)
    }

    /// Moves every parameter that has a gradient.
    public func step() {
        noGradient {
            for (index, slot) in slots.enumerated() {
                guard let gradient = slot.tensor.gradient else { continue }
                move(slot, by: gradient, index)
            }
        }
    }

    private func move(_ slot: OptimizedParameter, by gradient: Tensor, _ index: Int) {
        let parameter = slot.tensor
        let rate = learningRate * slot.rateFactor
        var own =
            moments[index]
            ?? Moments(step: 0, mean: parameter.zerosLike(), square: parameter.zerosLike())
        own.step += 1
        moments[index] = own
        var gradient = gradient
        if isDecoupled {
            parameter.multiplyInPlace(1 - rate * slot.weightDecay)
        } else if slot.weightDecay != 0 {
            gradient = gradient.adding(parameter, scale: slot.weightDecay)
        }
        own.mean.interpolateInPlace(to: gradient, weight: 1 - betas.0)
        own.square.multiplyInPlace(betas.1)
            .addProductInPlace(gradient, gradient, scale: 1 - betas.1)
        let first = 1 - power(betas.0, own.step)
        let second = 1 - power(betas.1, own.step)
        let denominator = (own.square.sqrt() / second.squareRoot()).addInPlace(epsilon)
        parameter.addQuotientInPlace(own.mean, denominator, scale: -(rate / first))
    }
}

/// A number to a whole power, as C's `pow`, which PyTorch uses too.
private func power(_ base: Double, _ exponent: Int) -> Double { pow(base, Double(exponent)) }
