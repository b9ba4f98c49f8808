import Manifests
package import Tensors

/// Steps of training of a task's network: forward, loss, backward, the optimisers' step.
package final class TaskDescent {
    private let network: TaskNetwork
    private let loss: LossFunction
    private let plan: TaskPlan
    private let optimisers: [(optimiser: any Optimizer, factor: Double)]
    private let device: Device

    /// Prepares the optimisers, one a group of parameters that share a rate.
    package init(_ network: TaskNetwork, loss: LossFunction, plan: TaskPlan, device: Device) {
        (self.network, self.loss, self.plan, self.device) = (network, loss, plan, device)
        optimisers = network.groups.map { parameters, factor in
            (Self.optimiser(plan.optimiser, parameters), factor)
        }
    }

    private static func optimiser(
        _ plan: TaskOptimiser, _ parameters: [(String, Tensor)]
    ) -> any Optimizer {
        switch plan.kind {
        case .sgd:
            SGD(
                parameters, learningRate: plan.learningRate, momentum: plan.momentum,
                weightDecay: plan.weightDecay)
        case .adam, .adamw:
            Adam(
                parameters, learningRate: plan.learningRate, betas: (plan.momentum, 0.999),
                weightDecay: plan.weightDecay, decoupled: plan.kind == .adamw)
        }
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
    /// - Throws: `TorchError`; `DivergedError`, 81, where loss or a gradient is not finite; nothing has moved then.
    package func step(_ images: [Tensor], _ truth: Truth, rate: Double) throws -> Double {
        network.beginTraining(true)
        for (optimiser, _) in optimisers { optimiser.zeroGradients() }
        let loss = try Torch.attempt { () -> Tensor in
            let scores = forward(images)
            let loss =
                switch truth {
                case .codes(let codes): self.loss(scores, codes: codes.to(device))
                case .labels(let labels): self.loss(scores, labels: labels.to(device))
                }
            loss.backward()
            return loss
        }
        let value = Double(loss.item(as: Float.self))
        guard value.isFinite else { throw DivergedError("the loss") }
        try checkAndClip()
        for (optimiser, factor) in optimisers {
            optimiser.learningRate = rate * factor
            optimiser.step()
        }
        return value
    }

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
        let moved = optimisers.flatMap { $0.optimiser.parameters }.compactMap { name, parameter in
            parameter.gradient.map { (name, $0) }
        }
        let squares = noGradient { moved.map { $0.1.square().sum() } }
        let total = noGradient { Tensor.stack(squares).sum().sqrt() }
        let norm = Double(total.item(as: Float.self))
        guard norm.isFinite else {
            let worst = zip(moved, squares).first { !$1.item(as: Float.self).isFinite }
            throw DivergedError("the gradient of \(worst?.0.0 ?? "a parameter")")
        }
        // As torch.nn.utils.clip_grad_norm_.
        guard plan.optimiser.clip > 0, norm > plan.optimiser.clip else { return }
        let factor = plan.optimiser.clip / (norm + 1e-6)
        for (_, gradient) in moved { _ = noGradient { gradient.multiplyInPlace(factor) } }
    }

    // MARK: State

    /// What the optimisers remember, by the number of the group.
    func state() -> [String: HostArray] {
        var all: [String: HostArray] = [:]
        for (number, group) in optimisers.enumerated() {
            for (name, array) in group.optimiser.hostState() { all["\(number).\(name)"] = array }
        }
        return all
    }

    /// Goes back to what `state()` gave.
    ///
    /// - Throws: `TorchError` for a state of another network.
    func restore(_ state: [String: HostArray]) throws {
        for (number, group) in optimisers.enumerated() {
            try group.optimiser.restore(state.below("\(number)."))
        }
    }
}

/// Training gave numbers that are none.
struct DivergedError: ExitCoded, CustomStringConvertible {
    let what: String
    var place = ""

    init(_ what: String) { self.what = what }

    var description: String {
        "training diverged\(place): \(what) is not finite; lower optimiser.learningRate, or bound the gradient with optimiser.clip"
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
