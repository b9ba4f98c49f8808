import Tensors

extension TrainingStep {
    /// All that a later process needs to go on bit for bit.
    func hostState() -> [String: HostArray] {
        var state = model.hostState().prefixed("model.")
        state.merge(optimiser.hostState().prefixed("optimiser.")) { first, _ in first }
        state.merge(average?.hostState().prefixed("average.") ?? [:]) { first, _ in first }
        return state
    }

    /// Goes back to what `hostState()` gave.
    ///
    /// - Throws: `TorchError` (`badData`) if it is of another network or optimiser.
    func restore(_ state: [String: HostArray]) throws {
        try model.load(state.under("model."))
        try optimiser.restore(state.under("optimiser."))
        let means = state.under("average.")
        // Where an average was asked for only now, it begins with the weights.
        try average?.restore(means.isEmpty ? model.hostState() : means)
    }

    /// The weights of the encoder that is given away: the averaged ones where there is an average.
    func encoderState() -> [String: HostArray] { average?.hostState() ?? model.hostState() }

    /// The first parameter or buffer that is not finite.
    func firstBrokenState() throws -> String? { try firstBroken(model.namedState) }

    /// The first parameter that is not finite.
    func firstBrokenParameter() throws -> String? { try firstBroken(model.namedParameters) }

    private func firstBroken(_ tensors: [(String, Tensor)]) throws -> String? {
        for (name, tensor) in tensors where tensor.dtype.isFloatingPoint {
            let largest = try Torch.attempt {
                noGradient { tensor.abs().max().item(as: Float.self) }
            }
            if !largest.isFinite { return name }
        }
        return nil
    }
}

extension [String: HostArray] {
    /// The arrays whose names begin with a prefix, without it.
    fileprivate func under(_ prefix: String) -> Self {
        Dictionary(
            uniqueKeysWithValues: compactMap { name, array in
                name.hasPrefix(prefix) ? (String(name.dropFirst(prefix.count)), array) : nil
            })
    }

    /// The arrays with a prefix before their names.
    fileprivate func prefixed(_ prefix: String) -> Self {
        Dictionary(uniqueKeysWithValues: map { (prefix + $0.key, $0.value) })
    }
}
