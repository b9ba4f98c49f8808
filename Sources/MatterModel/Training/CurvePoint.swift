/// One line of `curves.jsonl`: what a step of training was like.
///
/// No time is in it: a run that was killed and taken up again ends with the same bytes.
public struct CurvePoint: Codable, Hashable, Sendable {
    /// The step, from 1.
    public var step: Int
    /// The epoch that the step belongs to, from 0.
    public var epoch: Int
    /// The loss before the step was taken.
    public var loss: Double
    /// The learning rate of the step.
    public var learningRate: Double
    /// The length of the gradient of all parameters, before it was clipped.
    public var gradientNorm: Double
    /// The mean standard deviation of unit features over the batch; 0 in a collapse.
    public var embeddingStd: Double
    /// The mean squared distance of unit features of the two dates of a patch.
    public var alignment: Double
    /// log of the mean of exp(−2 d²) over pairs of different patches.
    public var uniformity: Double
}
