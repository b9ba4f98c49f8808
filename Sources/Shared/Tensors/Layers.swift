/// A part with one tensor in and one out, which `Sequential` can chain.
public protocol Layer: Module {
    /// Computes.
    func callAsFunction(_ input: Tensor) -> Tensor
}

/// Two-dimensional convolution, initialised as PyTorch's `Conv2d`; the input is `(batch, channels, height, width)`.
public final class Conv2d: Layer {
    /// `(outputs, inputs / groups, size, size)`.
    public let weight: Parameter
    /// `(outputs)`, if there is one.
    public let bias: Parameter?
    let stride: [Int]
    let padding: [Int]
    let dilation: [Int]
    let groups: Int

    /// Makes a layer with random weights: uniform within ±1/√fan-in.
    public init(
        _ inputs: Int, _ outputs: Int, kernelSize: Int, stride: Int = 1, padding: Int = 0,
        dilation: Int = 1, groups: Int = 1, bias: Bool = true
    ) {
        precondition(
            inputs % groups == 0, "Conv2d: \(inputs) inputs do not divide into \(groups) groups")
        let weight = Tensor.zeros([outputs, inputs / groups, kernelSize, kernelSize])
        Initialise.kaimingUniform(weight, slope: 5.0.squareRoot())
        self.weight = Parameter(weight)
        self.bias = bias ? Parameter(Initialise.bias(outputs, for: weight)) : nil
        self.stride = [stride, stride]
        self.padding = [padding, padding]
        self.dilation = [dilation, dilation]
        self.groups = groups
    }

    /// `weight`, `bias`.
    public var parameters: [(String, Parameter)] {
        [("weight", weight)] + (bias.map { [("bias", $0)] } ?? [])
    }

    /// Convolves.
    public func callAsFunction(_ input: Tensor) -> Tensor {
        input.conv2d(
            weight: weight.value, bias: bias?.value, stride: stride, padding: padding,
            dilation: dilation, groups: groups)
    }
}

/// Batch normalisation over batch, height and width, as PyTorch's `BatchNorm2d`.
public final class BatchNorm2d: Layer, TrainingDependent {
    /// One factor a channel, from 1.
    public let weight: Parameter
    /// One summand a channel, from 0.
    public let bias: Parameter
    /// Running mean a channel.
    public let runningMean: Tensor
    /// Running variance a channel, of n - 1.
    public let runningVariance: Tensor
    /// Training steps seen, `int64` without dimensions.
    public let batchesTracked: Tensor
    /// True while training: the batch's own statistics are used, and kept.
    public var isTraining = true
    /// Ranks whose batches are normalised together while training; `Module.joinNorms(over:)` sets it.
    var group: ProcessGroup?
    private let momentum: Double
    let epsilon: Double

    /// Makes a layer of `channels` channels; `momentum` is the part of each new batch in the running statistics.
    public init(_ channels: Int, momentum: Double = 0.1, epsilon: Double = 1e-5) {
        weight = Parameter(.ones([channels]))
        bias = Parameter(.zeros([channels]))
        runningMean = .zeros([channels])
        runningVariance = .ones([channels])
        batchesTracked = .zeros([], dtype: .int64)
        self.momentum = momentum
        self.epsilon = epsilon
    }

    /// `weight`, `bias`.
    public var parameters: [(String, Parameter)] { [("weight", weight), ("bias", bias)] }

    /// `running_mean`, `running_var`, `num_batches_tracked`.
    public var buffers: [(String, Tensor)] {
        [
            ("running_mean", runningMean), ("running_var", runningVariance),
            ("num_batches_tracked", batchesTracked),
        ]
    }

    /// Normalises.
    public func callAsFunction(_ input: Tensor) -> Tensor {
        if isTraining { batchesTracked.addInPlace(count: 1) }
        if isTraining, let group {
            return group.batchNorm(
                input, weight: weight.value, bias: bias.value, runningMean: runningMean,
                runningVariance: runningVariance, momentum: momentum, epsilon: epsilon)
        }
        return input.batchNorm(
            weight: weight.value, bias: bias.value, runningMean: runningMean,
            runningVariance: runningVariance, training: isTraining, momentum: momentum,
            epsilon: epsilon)
    }
}

/// `input · weightᵀ + bias` over the last dimension, initialised as PyTorch's `Linear`.
public final class Linear: Layer {
    /// `(outputs, inputs)`.
    public let weight: Parameter
    /// `(outputs)`, if there is one.
    public let bias: Parameter?

    /// Makes a layer with random weights: uniform within ±1/√inputs.
    public init(_ inputs: Int, _ outputs: Int, bias: Bool = true) {
        let weight = Tensor.zeros([outputs, inputs])
        Initialise.kaimingUniform(weight, slope: 5.0.squareRoot())
        self.weight = Parameter(weight)
        self.bias = bias ? Parameter(Initialise.bias(outputs, for: weight)) : nil
    }

    /// `weight`, `bias`.
    public var parameters: [(String, Parameter)] {
        [("weight", weight)] + (bias.map { [("bias", $0)] } ?? [])
    }

    /// Multiplies.
    public func callAsFunction(_ input: Tensor) -> Tensor {
        input.linear(weight: weight.value, bias: bias?.value)
    }
}

/// max(0, x), as a part of a `Sequential`.
public final class ReLU: Layer {
    /// Makes one.
    public init() {}

    /// Cuts off what is below zero.
    public func callAsFunction(_ input: Tensor) -> Tensor { input.relu() }
}

/// Layers one behind the other, named by their number from 0.
public final class Sequential: Layer {
    /// The layers in order.
    public let layers: [any Layer]

    /// Chains layers.
    public init(_ layers: [any Layer]) {
        self.layers = layers
    }

    /// `0`, `1` and so on.
    public var children: [(String, any Module)] {
        layers.enumerated().map { ("\($0.offset)", $0.element) }
    }

    /// Runs them in order.
    public func callAsFunction(_ input: Tensor) -> Tensor {
        layers.reduce(input) { $1($0) }
    }
}
