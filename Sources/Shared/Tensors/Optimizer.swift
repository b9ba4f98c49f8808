/// What moves parameters along their gradients; PyTorch's arithmetic, step for step.
public protocol Optimizer: AnyObject {
    /// The step length.
    var learningRate: Double { get set }
    /// What it moves, by name.
    var parameters: [(String, Tensor)] { get }
    /// What it remembers between steps, by `name.parameter`; empty tensors are left out.
    var state: [String: Tensor] { get set }
    /// Moves every parameter that has a gradient.
    func step()
}

extension Optimizer {
    /// Forgets the gradients, before the next backward.
    public func zeroGradients() {
        for (_, parameter) in parameters { parameter.gradient = nil }
    }

    /// A copy of what it remembers, for `Safetensors`.
    public func hostState() -> [String: HostArray] { state.mapValues { $0.hostArray() } }

    /// Goes back to a state that `hostState()` gave.
    ///
    /// - Throws: `TorchError` for a name that no parameter of this optimiser has, or another shape.
    public func restore(_ saved: [String: HostArray]) throws(TorchError) {
        let owners = Dictionary(parameters, uniquingKeysWith: { first, _ in first })
        var restored: [String: Tensor] = [:]
        for (key, array) in saved {
            let parts = key.split(separator: "/", maxSplits: 1)
            guard parts.count == 2, let owner = owners[String(parts[1])],
                array.shape.isEmpty || array.shape == owner.shape
            else {
                throw TorchError(
                    .badData, operation: "restore", shapes: [array.shape],
                    message: "\(key) is not of this optimiser's parameters")
            }
            // PyTorch keeps the step count on the CPU.
            restored[key] = Tensor(array, on: array.shape.isEmpty ? .cpu : owner.device)
        }
        state = restored
    }
}
