import Manifests
import Tensors

/// Takes the steps of a run: what batches make of the weights.
final class TrainingStep {
    let model: MatterEncoder
    let optimiser: any Optimizer
    let average: WeightAverage?
    private let recipe: Recipe
    private let device: Device
    private let rates: LearningRateSchedule
    private let contrast: Contrast
    let ranks: Ranks
    private let gradients: GradientSum?
    private var parameters: [Tensor] { optimiser.parameters.map(\.1) }

    /// The loss beyond which a run counts as diverged, finite or not.
    static let highestLoss = 1e6

    init(_ plan: PretrainPlan, group: ProcessGroup?, regions: [String]) throws {
        recipe = plan.recipe
        device = plan.device
        model = MatterEncoder(recipe)
        model.initialise(seed: plan.seed)
        try Torch.attempt { [model, device] in model.move(to: device) }
        if recipe.run.channelsLast { model.useChannelsLast() }
        model.joinNorms(over: group)
        model.setTraining(true)
        let optimiser = recipe.optimiser.make(for: model)
        self.optimiser = optimiser
        average =
            recipe.optimiser.average > 0
            ? WeightAverage(of: model, decay: recipe.optimiser.average) : nil
        rates = recipe.optimiser.rates(steps: recipe.run.steps)
        contrast = Contrast(recipe.loss)
        ranks = Ranks(group, regions: regions)
        gradients = try group.map { [model] in try GradientSum(of: model, over: $0) }
    }

    /// Takes a step; `step` counts from 0.
    ///
    /// - Parameters:
    ///   - step: the step's number.
    ///   - batches: as many as the recipe accumulates.
    ///   - epoch: the epoch of the first of them.
    /// - Returns: what the step was like.
    /// - Throws: `TrainingFault` if the loss or a gradient is not finite: the weights are those before the step; `TorchError`.
    func take(_ step: Int, _ batches: [PatchBatch], epoch: Int) throws -> CurvePoint {
        optimiser.zeroGradients()
        var outcomes: [(loss: Double, spread: FeatureSpread)] = []
        for (index, batch) in batches.enumerated() {
            if index == batches.count - 1 { try gradients?.begin() }
            outcomes.append(try descend(batch, share: 1 / Double(batches.count)))
        }
        try gradients?.finish()
        let norm = try Torch.attempt { clippedNorm() }
        guard norm.isFinite else { throw TrainingFault(what: try firstBrokenGradient()) }
        let rate = rates(step)
        optimiser.learningRate = rate
        try Torch.attempt {
            optimiser.step()
            average?.update()
        }
        func mean(_ value: (FeatureSpread) -> Double) -> Double {
            outcomes.reduce(0) { $0 + value($1.spread) } / Double(outcomes.count)
        }
        return CurvePoint(
            step: step + 1, epoch: epoch,
            loss: outcomes.reduce(0) { $0 + $1.loss } / Double(outcomes.count),
            learningRate: rate, gradientNorm: norm, embeddingStd: mean(\.embeddingStd),
            alignment: mean(\.alignment), uniformity: mean(\.uniformity))
    }

    /// Adds `share` of a batch's gradients to the parameters'.
    private func descend(_ batch: PatchBatch, share: Double) throws -> (Double, FeatureSpread) {
        let grounds = try ranks.all(batch.grounds)
        let (loss, value, spread) = try Torch.attempt {
            let (anchors, positives) = features(of: batch)
            let mask = Contrast.mask(
                grounds, negatives: recipe.loss.negatives, window: recipe.patches.window)
            let loss = contrast.loss(
                anchors: anchors, positives: positives,
                mask: Tensor(mask, shape: [grounds.count, grounds.count]).to(device))
            return (
                loss, Double(loss.item(as: Float.self)),
                FeatureSpread(anchors: anchors, positives: positives)
            )
        }
        guard value.isFinite, abs(value) <= Self.highestLoss else {
            throw TrainingFault(what: "the loss is \(value)\(try origin(of: value, batch))")
        }
        try Torch.attempt { (loss * share).backward() }
        return (value, spread)
    }

    /// What a loss that is no number comes from: the first parameter that is not finite, or else the first layer whose output is not.
    ///
    /// Norms' running moments are not looked at first: a layer before them may have broken them in this very step.
    ///
    /// All ranks come here, as all have the same loss, and all go the same way: their norms wait for each other.
    private func origin(of loss: Double, _ batch: PatchBatch) throws -> String {
        guard !loss.isFinite else { return "" }
        if let name = try firstBrokenParameter() { return ": \(name) is not finite" }
        let broken = try Torch.attempt {
            noGradient {
                let (images, positions) = input(batch)
                return model.outputs(images, at: positions, window: recipe.patches.window)
                    .first { !$0.1.isFinite().all().item(as: Bool.self) }
            }
        }
        return broken.map { ": the output of \($0.0) is not finite" } ?? ""
    }

    /// A batch's images, and its positions in them.
    private func input(_ batch: PatchBatch) -> (images: Tensor, positions: Tensor) {
        let side = recipe.data.crop
        let crops = batch.crops.count
        let shape = [crops, recipe.data.bands.count, side, side]
        // Both dates go through the network as one batch, so that they share their batch statistics.
        var images = Tensor.cat([
            Tensor(batch.anchors, shape: shape), Tensor(batch.positives, shape: shape),
        ]).to(device)
        if recipe.run.channelsLast { images = images.channelsLast() }
        let count = batch.grounds.count
        let positions = Tensor(
            twice(batch.positions, Int64(crops)), shape: [2 * count, 3]
        ).to(device)
        return (images, positions)
    }

    /// The features of all ranks' patches at both dates.
    private func features(of batch: PatchBatch) -> (anchors: Tensor, positives: Tensor) {
        let (images, positions) = input(batch)
        let features = model.features(
            images, at: positions, window: recipe.patches.window, convolving: inChosenPrecision)
        let count = batch.grounds.count
        return (
            ranks.joined(features.narrow(0, start: 0, length: count)),
            ranks.joined(features.narrow(0, start: count, length: count))
        )
    }

    private func inChosenPrecision(_ body: () -> Tensor) -> Tensor {
        recipe.run.precision == .bfloat16 ? autocast(to: .bfloat16, on: device, body) : body()
    }

    /// The positions of the first date, then the same in the images of the second.
    private func twice(_ positions: [Int64], _ crops: Int64) -> [Int64] {
        positions
            + positions.enumerated().map { $0.offset % 3 == 0 ? $0.element + crops : $0.element }
    }

    private func clippedNorm() -> Double {
        recipe.optimiser.clip > 0
            ? Gradients.clip(parameters, to: recipe.optimiser.clip)
            : Gradients.norm(of: parameters)
    }

    /// Which gradient is not finite.
    private func firstBrokenGradient() throws -> String {
        for (name, parameter) in optimiser.parameters {
            let norm = try Torch.attempt { Gradients.norm(of: [parameter]) }
            if !norm.isFinite { return "the gradient of \(name) is not finite" }
        }
        return "the gradients together are too long for a number"
    }
}

/// What was not finite in a step.
struct TrainingFault: Error {
    let what: String
}
