package import Tensors

/// The network of a task: an encoder and a head.
package final class TaskNetwork: TrainingDependent {
    /// True while training.
    package var isTraining = true
    private let encoder: any ImageEncoder
    private let dense: (any DenseHead)?
    private let linear: Linear?
    private let plan: TaskPlan

    /// Puts a head of a plan on an encoder; `outputs` scores a pixel or an image.
    package init(_ plan: TaskPlan, encoder: any ImageEncoder, outputs: Int) {
        (self.plan, self.encoder) = (plan, encoder)
        let (head, channels) = (plan.head, encoder.mapChannels)
        guard plan.task.isDense else {
            dense = nil
            linear = Linear(encoder.vectorLength(plan.encoder.features), outputs)
            return
        }
        linear = nil
        dense =
            switch head.kind {
            case .unet: UNetDecoder(channels, outputs: outputs, dropout: head.dropout)
            case .deeplab:
                DeepLabHead(
                    channels[channels.count - 1], outputs: outputs, channels: head.channels,
                    rates: head.rates, dropout: head.dropout)
            case .linear, .logistic, .knn: LinearDenseHead(channels, outputs: outputs)
            }
    }

    private var head: any Module {
        if let dense { return dense }
        if let linear { return linear }
        return encoder
    }

    /// `encoder` and `head`.
    package var children: [(String, any Module)] { [("encoder", encoder), ("head", head)] }

    /// Draws the head's weights anew.
    func drawHead(seed: UInt64) { head.drawWeights(seed: seed) }

    /// Which part learns how fast: the parameters that learn, with what their rate is of the head's.
    var groups: [ParameterGroup] {
        let own = ParameterGroup(head.namedParameters.map { ("head.\($0)", $1) })
        guard !plan.encoder.isFrozen else { return [own] }
        let optimiser = plan.optimiser
        let last = encoder.mapChannels.count - 1
        return [own]
            + (0...last).map { stage in
                ParameterGroup(
                    encoder.namedParameters.filter { encoder.stage(of: $0.0) == stage }
                        .map { ("encoder.\($0)", $1) },
                    rateFactor: optimiser.encoderFactor * power(optimiser.layerDecay, last - stage))
            }
    }

    /// Switches to training or inference; a frozen encoder's norms stay as they are, unless the plan has them follow.
    func beginTraining(_ on: Bool) {
        setTraining(on)
        if plan.encoder.isFrozen, plan.encoder.norm == .eval { encoder.setTraining(false) }
    }

    /// Scores.
    ///
    /// The two dates of a pair go through the encoder one after the other, and the head sees |difference| of each map, as in the
    /// compared works (Daudt et al., 2018; SeCo's code).
    ///
    /// - Parameter images: one or two of (batch, bands, height, width).
    /// - Returns: (batch, outputs, height, width), or (batch, outputs) where an image has one answer.
    package func callAsFunction(_ images: [Tensor]) -> Tensor {
        let size = [images[0].size(2), images[0].size(3)]
        guard let dense else {
            let vectors = withEncoder { encoder.vectors(images[0], plan.encoder.features) }
            let dropped = vectors.dropout(plan.head.dropout, training: isTraining)
            return linear.map { $0(dropped) } ?? dropped
        }
        let maps = withEncoder {
            let maps = images.map(encoder.maps)
            guard maps.count == 2 else { return maps[0] }
            return zip(maps[0], maps[1]).map { ($0 - $1).abs() }
        }
        return dense(maps, size: size)
    }

    /// One vector an image, without a head.
    func vectors(_ images: Tensor) -> Tensor {
        noGradient { encoder.vectors(images, plan.encoder.features) }
    }

    private func withEncoder<Result>(_ body: () -> Result) -> Result {
        plan.encoder.isFrozen ? noGradient(body) : body()
    }
}

private func power(_ base: Double, _ exponent: Int) -> Double {
    (0..<exponent).reduce(1) { value, _ in value * base }
}
