/// A tensor that training changes: a leaf of the autograd tape.
public final class Parameter {
    /// The tensor; training changes its values, never which tensor it is.
    public let value: Tensor

    /// Makes a tensor a leaf that gradients are collected for.
    public init(_ value: Tensor) {
        value.requiresGradient = true
        self.value = value
    }
}

/// A part of a network: parameters, buffers and parts of its own, under PyTorch's names.
public protocol Module: AnyObject {
    /// Parts, in PyTorch's order.
    var children: [(String, any Module)] { get }
    /// Parameters of its own, in PyTorch's order.
    var parameters: [(String, Parameter)] { get }
    /// State that training keeps but gradients do not reach, in PyTorch's order.
    var buffers: [(String, Tensor)] { get }
}

/// A module that computes differently while training.
public protocol TrainingDependent: Module {
    /// True while training, which is how it begins.
    var isTraining: Bool { get set }
}

extension Module {
    /// None.
    public var children: [(String, any Module)] { [] }
    /// None.
    public var parameters: [(String, Parameter)] { [] }
    /// None.
    public var buffers: [(String, Tensor)] { [] }

    /// All parameters beneath, by full name such as `layer1.0.conv1.weight`.
    public var namedParameters: [(String, Tensor)] {
        named { $0.parameters.map { ($0, $1.value) } }
    }

    /// All parameters and buffers beneath, by full name, in PyTorch's order of a state dictionary.
    public var namedState: [(String, Tensor)] {
        named { $0.parameters.map { ($0, $1.value) } + $0.buffers }
    }

    private func named(_ own: (any Module) -> [(String, Tensor)]) -> [(String, Tensor)] {
        own(self)
            + children.flatMap { prefix, child in
                child.named(own).map { ("\(prefix).\($0)", $1) }
            }
    }

    /// Switches all parts between training and inference.
    public func setTraining(_ on: Bool) {
        (self as? any TrainingDependent)?.isTraining = on
        for (_, child) in children { child.setTraining(on) }
    }

    /// Moves all parameters and buffers to a device; gradients are dropped.
    public func move(to device: Device) {
        for (_, tensor) in namedState {
            tensor.gradient = nil
            noGradient { tensor.replaceData(with: tensor.to(device)) }
        }
    }

    /// A copy of all parameters and buffers in host memory, for `Safetensors`.
    public func hostState() -> [String: HostArray] {
        Dictionary(uniqueKeysWithValues: namedState.map { ($0, $1.hostArray()) })
    }

    /// Overwrites all parameters and buffers; names and shapes must be exactly its own.
    ///
    /// A float type is converted to another one, a type of whole numbers to another one, and neither to the other.
    ///
    /// - Throws: `TorchError` that lists what is missing, unexpected or of another shape or kind of type; nothing is changed then.
    public func load(_ state: [String: HostArray]) throws(TorchError) {
        let own = namedState
        let names = Set(own.map(\.0))
        let missing = own.map(\.0).filter { state[$0] == nil }.map { "missing \($0)" }
        let unexpected = state.keys.filter { !names.contains($0) }.sorted().map {
            "unexpected \($0)"
        }
        let unequal = own.compactMap { name, tensor in
            state[name].flatMap {
                $0.shape == tensor.shape ? nil : "\(name) \($0.shape) ≠ \(tensor.shape)"
            }
        }
        let unlike = own.compactMap { name, tensor in
            state[name].flatMap {
                $0.dtype.isFloatingPoint == tensor.dtype.isFloatingPoint
                    ? nil : "\(name) is of \($0.dtype), not of \(tensor.dtype)"
            }
        }
        let problems = missing + unexpected + unequal + unlike
        guard problems.isEmpty else {
            let more = problems.count > 8 ? " and \(problems.count - 8) more" : ""
            throw TorchError(
                .badData, operation: "load",
                message: "the weights are of another network: "
                    + problems.prefix(8).joined(separator: ", ") + more)
        }
        noGradient {
            for (name, tensor) in own {
                guard let array = state[name] else { continue }
                tensor.copyInPlace(Tensor(array))
            }
        }
    }
}
