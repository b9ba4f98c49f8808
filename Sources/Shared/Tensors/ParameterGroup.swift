/// Parameters that an optimiser treats alike.
public struct ParameterGroup {
    /// The parameters, by name.
    public var parameters: [(String, Tensor)]
    /// Their weight decay; `nil` for the optimiser's own.
    public var weightDecay: Double?
    /// What the optimiser's learning rate is multiplied by for them.
    public var rateFactor: Double
    /// Whether LARS fits the step to the length of their weights; other optimisers do not look at it.
    public var isAdapted: Bool

    /// Makes a group.
    public init(
        _ parameters: [(String, Tensor)], weightDecay: Double? = nil, rateFactor: Double = 1,
        isAdapted: Bool = true
    ) {
        (self.parameters, self.weightDecay) = (parameters, weightDecay)
        (self.rateFactor, self.isAdapted) = (rateFactor, isAdapted)
    }
}

extension Module {
    /// All parameters beneath in groups, as a training loop wants them: vectors apart from matrices, learning rates by name.
    ///
    /// Parameters of one dimension (biases, the factors of norms) get no weight decay and are not adapted by LARS, unless
    /// `decaysVectors`; this is what the published recipes of Adam and LARS do (He et al., 2022; Grill et al., 2020).
    ///
    /// - Parameters:
    ///   - decaysVectors: whether weight decay and LARS treat vectors as they treat matrices.
    ///   - rateFactor: what the learning rate of a parameter is multiplied by, by its full name; 0 freezes it and leaves it out.
    /// - Returns: groups in the order in which their first parameters come.
    public func parameterGroups(
        decaysVectors: Bool = false, rateFactor: (String) -> Double = { _ in 1 }
    ) -> [ParameterGroup] {
        var groups: [ParameterGroup] = []
        for (name, parameter) in namedParameters {
            let factor = rateFactor(name)
            guard factor != 0 else { continue }
            let isVector = parameter.rank < 2 && !decaysVectors
            let index = groups.firstIndex {
                $0.rateFactor == factor && $0.isAdapted == !isVector
            }
            if let index {
                groups[index].parameters.append((name, parameter))
            } else {
                groups.append(
                    ParameterGroup(
                        [(name, parameter)], weightDecay: isVector ? 0 : nil, rateFactor: factor,
                        isAdapted: !isVector))
            }
        }
        return groups
    }
}

/// One parameter with what its group says of it.
struct OptimizedParameter {
    let name: String
    let tensor: Tensor
    let weightDecay: Double
    let rateFactor: Double
    let isAdapted: Bool

    /// The parameters of all groups, in order.
    static func all(_ groups: [ParameterGroup], weightDecay: Double) -> [OptimizedParameter] {
        groups.flatMap { group in
            group.parameters.map {
                OptimizedParameter(
                    name: $0.0, tensor: $0.1, weightDecay: group.weightDecay ?? weightDecay,
                    rateFactor: group.rateFactor, isAdapted: group.isAdapted)
            }
        }
    }

    /// The gradient, and with weight decay β the parameter β times added; `nil` before the first backward.
    var decayedGradient: Tensor? {
        guard let gradient = tensor.gradient else { return nil }
        return weightDecay == 0 ? gradient : gradient.adding(tensor, scale: weightDecay)
    }
}
