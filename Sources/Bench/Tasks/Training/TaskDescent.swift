import Manifests
package import Tensors

/// Steps of training of a task's network: forward, loss, backward, the optimisers' step.
package final class TaskDescent {
    private let network: TaskNetwork
    private let loss: LossFunction
    private let plan: TaskPlan
    private let optimiser: any Optimizer
    /// Where the network is.
    package let device: Device

    /// Prepares the optimiser of all that learns.
    package init(_ network: TaskNetwork, loss: LossFunction, plan: TaskPlan, device: Device) {
        (self.network, self.loss, self.plan, self.device) = (network, loss, plan, device)
        optimiser = plan.optimiser.make(network.groups)
    }

    /// What is learnt from in a step.
    package enum Truth {
        /// Codes of pixels: (batch, height, width).
        case codes(Tensor)
        /// Answers of images.
        case labels(Tensor)
    }

    /// Takes a step.
    ///
    /// - Parameters:
    ///   - images: one or two of (batch, bands, height, width).
    ///   - truth: what they should be.
    ///   - rate: the head's learning rate.
    /// - Returns: the loss before the step.
    /// - Throws: `TorchError`; `DivergedError`, 81, where the loss is no number or absurd, or a gradient is not finite; nothing has
    ///   moved then.
    package func step(_ images: [Tensor], _ truth: Truth, rate: Double) throws -> Double {
        network.beginTraining(true)
        optimiser.zeroGradients()
        let value = try Torch.attempt { () -> Double in
            let scores = forward(images)
            let loss =
                switch truth {
                case .codes(let codes): self.loss(scores, codes: codes.to(device))
                case .labels(let labels): self.loss(scores, labels: labels.to(device))
                }
            loss.backward()
            return Double(loss.item(as: Float.self))
        }
        guard value.isFinite, abs(value) <= Self.highestLoss else {
            throw DivergedError("the loss is \(value)")
        }
        try checkAndClip()
        optimiser.learningRate = rate
        // The first step makes what the optimiser remembers: as much again as the weights, or twice.
        try Torch.attempt { optimiser.step() }
        return value
    }

    /// A loss above it is no loss any more.
    private static let highestLoss = 1e6

    private func forward(_ images: [Tensor]) -> Tensor {
        let images = images.map { $0.to(device) }
        guard plan.run.usesBFloat16 else { return network(images) }
        return autocast(to: .bfloat16, on: device) { network(images) }.to(.float32)
    }

    /// Probabilities, for prediction: of each pixel or image.
    package func probabilities(_ images: [Tensor]) -> Tensor {
        network.beginTraining(false)
        return noGradient {
            let scores = forward(images)
            return plan.loss.kind == .binary ? scores.sigmoid() : scores.softmax(1)
        }
    }

    private func checkAndClip() throws {
        let tensors = optimiser.parameters.map(\.1)
        let limit = plan.optimiser.clip
        let norm = try Torch.attempt {
            limit > 0 ? Gradients.clip(tensors, to: limit) : Gradients.norm(of: tensors)
        }
        guard norm.isFinite else {
            let worst = optimiser.parameters.first {
                !Gradients.norm(of: [$0.1]).isFinite
            }
            throw DivergedError("the gradient of \(worst?.0 ?? "a parameter") is not finite")
        }
    }

    /// Refuses weights and running statistics that are not finite.
    ///
    /// - Throws: `DivergedError`, 81, naming the first; `TorchError`.
    func checkState() throws {
        for (name, tensor) in network.namedState where tensor.dtype.isFloatingPoint {
            let largest = try Torch.attempt {
                noGradient { tensor.abs().max().item(as: Float.self) }
            }
            guard largest.isFinite else { throw DivergedError("\(name) is not finite") }
        }
    }

    // MARK: State

    /// What the optimiser remembers.
    func state() -> [String: HostArray] { optimiser.hostState() }

    /// Goes back to what `state()` gave.
    ///
    /// - Throws: `TorchError` for a state of another network.
    func restore(_ state: [String: HostArray]) throws { try optimiser.restore(state) }
}

/// Training gave numbers that are none.
struct DivergedError: ExitCoded, CustomStringConvertible {
    /// What is wrong: "the loss is nan".
    let what: String
    /// Where: " at step 12, …".
    var place = ""

    init(_ what: String) { self.what = what }

    var description: String {
        "training diverged\(place): \(what); lower optimiser.learningRate, or bound the gradient with optimiser.clip"
    }
    var exitCode: ExitCode { .diverged }
}

extension [String: HostArray] {
    /// The arrays whose names begin with a prefix, without it.
    func below(_ prefix: String) -> Self {
        Dictionary(
            uniqueKeysWithValues: compactMap { name, array in
                name.hasPrefix(prefix) ? (String(name.dropFirst(prefix.count)), array) : nil
            })
    }

    /// The arrays with a prefix before their names.
    func under(_ prefix: String) -> Self {
        Dictionary(uniqueKeysWithValues: map { (prefix + $0.key, $0.value) })
    }
}
