/// The exponential moving average of a module's weights, as `torch.optim.swa_utils.AveragedModel` with `get_ema_multi_avg_fn`.
///
/// ā ← ā + (1 − d) (θ − ā) after each step; buffers such as running means are taken as they are. It begins with the weights that it is
/// made with, where PyTorch's begins with those of its first update.
public final class WeightAverage {
    /// The part d of the average that each update keeps, 0…1.
    public let decay: Double
    private let parameters: [(name: String, own: Tensor, average: Tensor)]
    private let buffers: [(name: String, own: Tensor, average: Tensor)]

    /// Begins with the module's weights as they are.
    public init(of module: some Module, decay: Double) {
        self.decay = decay
        let learned = Set(module.namedParameters.map(\.0))
        let all = module.namedState.map { name, tensor in
            (name: name, own: tensor, average: tensor.detached().clone())
        }
        parameters = all.filter { learned.contains($0.name) }
        buffers = all.filter { !learned.contains($0.name) }
    }

    /// Takes the module's weights in; call it after each step of the optimiser.
    public func update() {
        noGradient {
            for (_, own, average) in parameters {
                average.interpolateInPlace(to: own, weight: 1 - decay)
            }
            for (_, own, average) in buffers { average.copyInPlace(own) }
        }
    }

    /// Runs `body` while the module has the averaged weights; they may not be trained there.
    ///
    /// - Returns: what `body` returns.
    public func applied<Result>(_ body: () throws -> Result) rethrows -> Result {
        exchange()
        defer { exchange() }
        return try body()
    }

    private func exchange() {
        noGradient {
            for (_, own, average) in parameters + buffers {
                let kept = own.clone()
                own.copyInPlace(average)
                average.copyInPlace(kept)
            }
        }
    }

    /// A copy of the averaged weights and buffers, under the module's names.
    public func hostState() -> [String: HostArray] {
        Dictionary(
            uniqueKeysWithValues: (parameters + buffers).map { ($0.name, $0.average.hostArray()) })
    }

    /// Goes back to what `hostState()` gave.
    ///
    /// - Throws: `TorchError` (`badData`) for a name that is missing, or another shape; nothing is changed then.
    public func restore(_ saved: [String: HostArray]) throws(TorchError) {
        for (name, own, _) in parameters + buffers where saved[name]?.shape != own.shape {
            throw TorchError(
                .badData, operation: "restore", shapes: [own.shape],
                message: "the average of \(name) is missing or of another shape")
        }
        noGradient {
            for (name, _, average) in parameters + buffers {
                if let array = saved[name] { average.copyInPlace(Tensor(array)) }
            }
        }
    }
}
