import CTorch

extension Tensor {
    /// True when operators on this tensor are recorded for backward.
    public var requiresGradient: Bool {
        get { withExtendedLifetime(self) { ctorch_requires_grad(handle) } }
        set {
            withExtendedLifetime(self) {
                TorchFailure.check(
                    ctorch_set_requires_grad(handle, newValue), "requiresGradient", [self])
            }
        }
    }

    /// Back-propagates: adds the gradient of this tensor to `gradient` of every leaf that it was computed from.
    ///
    /// Without `gradient` this tensor must hold one value.
    public func backward(gradient: Tensor? = nil, keepingGraph: Bool = false) {
        withExtendedLifetime((self, gradient)) {
            TorchFailure.check(
                ctorch_backward(handle, gradient?.handle, keepingGraph), "backward", [self])
        }
    }

    /// What backward has added up for this leaf; `nil` before the first time, or after it was set to `nil`.
    public var gradient: Tensor? {
        get {
            withExtendedLifetime(self) { ctorch_gradient(handle) }.map(Tensor.init(owning:))
        }
        set {
            withExtendedLifetime((self, newValue)) {
                TorchFailure.check(
                    ctorch_set_gradient(handle, newValue?.handle), "gradient", [self])
            }
        }
    }

    /// The same values off the tape.
    ///
    /// Uses `aten::detach`.
    public func detached() -> Tensor { Operator.detach(self) }

    /// Replaces values, dtype and device but keeps the identity, as moving a module needs it.
    func replaceData(with other: Tensor) {
        withExtendedLifetime((self, other)) {
            TorchFailure.check(ctorch_set_data(handle, other.handle), "replaceData", [self, other])
        }
    }
}

extension Operator {
    fileprivate static let detach = Operator("aten::detach")
}

/// Gradients of the sum of `output` by each of `inputs`, leaving `Tensor.gradient` alone; `nil` where an input has no part.
///
/// With `recording` the gradients can be differentiated again.
public func gradients(
    of output: Tensor, by inputs: [Tensor], recording: Bool = false
) -> [Tensor?] {
    withExtendedLifetime((output, inputs)) {
        let outputs: [OpaquePointer?] = [output.handle]
        let handles: [OpaquePointer?] = inputs.map(\.handle)
        var found = [OpaquePointer?](repeating: nil, count: inputs.count)
        let status = ctorch_gradients(
            outputs, outputs.count, handles, handles.count, recording, &found)
        TorchFailure.check(status, "gradients", [output] + inputs)
        return found.map { $0.map(Tensor.init(owning:)) }
    }
}
