import Foundation

/// Adam, and with `decoupled` weight decay AdamW, as `torch.optim.Adam` and `torch.optim.AdamW`.
public final class Adam: Optimizer {
    /// The step length.
    public var learningRate: Double
    /// What it moves, by name.
    public let parameters: [(String, Tensor)]
    /// `step/`, `exp_avg/`, `exp_avg_sq/` and the parameter's name.
    public var state: [String: Tensor] {
        get {
            var all: [String: Tensor] = [:]
            for ((name, _), moments) in zip(parameters, moments) {
                guard let moments else { continue }
                all["step/\(name)"] = Tensor(Float(moments.step))
                all["exp_avg/\(name)"] = moments.mean
                all["exp_avg_sq/\(name)"] = moments.square
            }
            return all
        }
        set {
            moments = parameters.map { name, _ in
                guard let step = newValue["step/\(name)"], let mean = newValue["exp_avg/\(name)"],
                    let square = newValue["exp_avg_sq/\(name)"]
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
    private var moments: [Moments?]
    private let betas: (Double, Double)
    private let epsilon: Double
    private let weightDecay: Double
    private let isDecoupled: Bool

    /// Makes an optimiser of parameters by name; `decoupled` weight decay is AdamW.
    public init(
        _ parameters: [(String, Tensor)], learningRate: Double = 1e-3,
        betas: (Double, Double) = (0.9, 0.999), epsilon: Double = 1e-8, weightDecay: Double = 0,
        decoupled: Bool = false
    ) {
        self.parameters = parameters
        self.learningRate = learningRate
        self.betas = betas
        self.epsilon = epsilon
        self.weightDecay = weightDecay
        isDecoupled = decoupled
        moments = Array(repeating: nil, count: parameters.count)
    }

    /// Moves every parameter that has a gradient.
    public func step() {
        noGradient {
            for (index, (_, parameter)) in parameters.enumerated() {
                guard let gradient = parameter.gradient else { continue }
                move(parameter, by: gradient, index)
            }
        }
    }

    private func move(_ parameter: Tensor, by gradient: Tensor, _ index: Int) {
        var own =
            moments[index]
            ?? Moments(step: 0, mean: parameter.zerosLike(), square: parameter.zerosLike())
        own.step += 1
        moments[index] = own
        var gradient = gradient
        if isDecoupled {
            parameter.multiplyInPlace(1 - learningRate * weightDecay)
        } else if weightDecay != 0 {
            gradient = gradient.adding(parameter, scale: weightDecay)
        }
        own.mean.interpolateInPlace(to: gradient, weight: 1 - betas.0)
        own.square.multiplyInPlace(betas.1)
            .addProductInPlace(gradient, gradient, scale: 1 - betas.1)
        let first = 1 - power(betas.0, own.step)
        let second = 1 - power(betas.1, own.step)
        let denominator = (own.square.sqrt() / second.squareRoot()).addInPlace(epsilon)
        parameter.addQuotientInPlace(own.mean, denominator, scale: -(learningRate / first))
    }
}

/// A number to a whole power, as C's `pow`, which PyTorch uses too.
private func power(_ base: Double, _ exponent: Int) -> Double { pow(base, Double(exponent)) }
