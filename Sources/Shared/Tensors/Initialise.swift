/// PyTorch's initialisers (`torch.nn.init`), drawing from the generator that `Torch.setSeed` seeds.
public enum Initialise {
    /// Which side of a layer keeps its variance.
    public enum Fan: Sendable {
        /// The inputs of one output.
        case input
        /// The outputs of one input.
        case output
    }

    /// Uniform within ±√(6 / ((1 + slope²) · fan)) (He et al., 2015).
    public static func kaimingUniform(_ weight: Tensor, slope: Double = 0, fan: Fan = .input) {
        let gain = (2 / (1 + slope * slope)).squareRoot()
        let bound = 3.0.squareRoot() * (gain / Double(count(fan, of: weight)).squareRoot())
        _ = noGradient { weight.uniformInPlace(-bound, bound) }
    }

    /// Normal with deviation √(2 / ((1 + slope²) · fan)) (He et al., 2015); torchvision's ResNet uses `fan: .output`.
    public static func kaimingNormal(_ weight: Tensor, slope: Double = 0, fan: Fan = .input) {
        let gain = (2 / (1 + slope * slope)).squareRoot()
        let deviation = gain / Double(count(fan, of: weight)).squareRoot()
        _ = noGradient { weight.normalInPlace(deviation: deviation) }
    }

    /// A bias of `outputs` values, uniform within ±1/√fan-in of `weight`.
    static func bias(_ outputs: Int, for weight: Tensor) -> Tensor {
        let bound = 1 / Double(count(.input, of: weight)).squareRoot()
        return Tensor.zeros([outputs]).uniformInPlace(-bound, bound)
    }

    /// Inputs or outputs of a weight `(outputs, inputs, kernel…)`.
    private static func count(_ fan: Fan, of weight: Tensor) -> Int {
        let shape = weight.shape
        precondition(shape.count >= 2, "an initialiser needs two dimensions or more, got \(shape)")
        return shape[fan == .input ? 1 : 0] * shape.dropFirst(2).reduce(1, *)
    }
}
