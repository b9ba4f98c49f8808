/// One choice that no recipe can change, with where it comes from.
public struct FixedChoice: Codable, Hashable, Sendable {
    /// Dotted name, as a key of a recipe would have it.
    public let name: String
    /// What was chosen.
    public let value: String
    /// `paper`, `snapshot` or `ours`.
    public let origin: String
    /// The reason, or the place.
    public let reason: String

    private init(_ name: String, _ value: String, _ origin: String, _ reason: String) {
        (self.name, self.value, self.origin, self.reason) = (name, value, origin, reason)
    }

    /// All of them, in the order in which an image meets them; a test holds the numbers against what the networks compute.
    public static let all = refinement + networks + initialWeights + loss + optimisers

    private static let refinement = [
        FixedChoice(
            "tern.variance", "unbiased, over the windows with their centres", "snapshot",
            "models/tex_refine.py"),
        FixedChoice(
            "tern.edge", "repeated", "snapshot", "models/tex_refine.py pads with the edge"),
        FixedChoice(
            "tern.pamr.scale", "0.1", "snapshot", "what the deviation is multiplied by"),
        FixedChoice("tern.pamr.floor", "1e-8", "snapshot", "added to the scaled deviation"),
        FixedChoice("tern.pamr.bands", "mean of the logits", "snapshot", "models/tex_refine.py"),
        FixedChoice("tern.pamr.normalisation", "softmax", "snapshot", "models/tex_refine.py"),
        FixedChoice(
            "tern.cosine.floor", "1e-4", "ours",
            "added to the variance: even ground divides by no zero; there the nearest takes nearly all"
        ),
        FixedChoice(
            "tern.cosine.lengthFloor", "1e-12", "ours",
            "the least product of two lengths: a pixel of zeros has no direction"),
        FixedChoice(
            "tern.cosine.variance", "mean over bands", "ours", "the paper prints one σ² a pixel"),
        FixedChoice(
            "tern.cosine.normalisation", "softmax", "ours",
            "the paper prints none; raw weights of either sign grow with each layer"),
    ]

    private static let networks = [
        FixedChoice(
            "patches.edge", "repeated", "ours",
            "the snapshot fills patches at the border with zeros"),
        FixedChoice(
            "encoder.activation", "ReLU", "ours",
            "as torchvision's ResNet; the official code has a leaky one of slope −0.2, which turns signs"
        ),
        FixedChoice(
            "encoder.norm.epsilon", "1e-5", "ours",
            "PyTorch's; the official code's 0.0003 is its momentum in the wrong place"),
        FixedChoice("encoder.norm.momentum", "0.1", "ours", "PyTorch's"),
        FixedChoice(
            "encoder.norm.batch", "both dates together", "ours",
            "as in inference, where both have the same running statistics"),
        FixedChoice(
            "encoder.pooling", "mean over the patch", "snapshot",
            "the official code, before the encoding; by encoding.of = \"positions\" behind it"),
        FixedChoice(
            "encoding.distance", "squared, one scale a centre", "snapshot", "models/encoding.py"),
    ]

    private static let initialWeights = [
        FixedChoice(
            "initial.convolutions", "normal, variance 2 / (outputs · kernel)", "ours",
            "as torchvision's ResNet (He et al., 2015)"),
        FixedChoice("initial.norms", "1 and 0", "ours", "PyTorch's"),
        FixedChoice(
            "initial.projection", "uniform, ±1/√inputs; bias 0", "ours",
            "PyTorch's, but for the bias"),
        FixedChoice(
            "initial.centres", "uniform, ±1/√(centres · channels)", "snapshot",
            "models/encoding.py, as Deep-TEN"),
        FixedChoice(
            "initial.scales", "uniform, −1…0", "snapshot", "models/encoding.py, as Deep-TEN"),
    ]

    private static let loss = [
        FixedChoice("loss.mean", "over anchors", "paper", "an expectation is printed"),
        FixedChoice(
            "loss.candidates", "patches of the second date", "ours",
            "the paper does not say of which date the others are"),
        FixedChoice("loss.lengthFloor", "1e-12", "ours", "of features that are scaled; PyTorch's"),
        FixedChoice(
            "loss.highest", "\(TrainingStep.highestLoss)", "ours",
            "beyond it a run counts as diverged"),
    ]

    private static let optimisers = [
        FixedChoice("optimiser.beta2", "0.999", "ours", "of Adam and AdamW; PyTorch's"),
        FixedChoice("optimiser.epsilon", "1e-8", "ours", "of Adam and AdamW; PyTorch's"),
        FixedChoice("optimiser.trust", "0.001", "ours", "of LARS; You et al. (2017)"),
    ]
}
