/// What a pretraining run tells while it goes on.
public enum PretrainEvent: Sendable {
    /// What the bits of the results depend on beside the plan: libtorch and its threads.
    case runtime(libtorch: String, threads: Int)
    /// All samples are read for their means and deviations, which takes minutes of a large store.
    case reading(samples: Int)
    /// The store was looked through: places with two or more dates, regions, crops an epoch.
    case opened(places: Int, regions: Int, cropsAnEpoch: Int)
    /// A run goes on after a checkpoint.
    case resumed(step: Int)
    /// A run goes on with a plan that was changed on request: its result is that of neither plan.
    case planChanged([String])
    /// A checkpoint was damaged and passed over.
    case damagedCheckpoint(String)
    /// A step was taken.
    case step(CurvePoint, of: Int)
    /// Features begin to lie on one spot: their deviation is below a tenth of that of features that fill the sphere.
    case collapsed(step: Int, embeddingStd: Double)
    /// The loss has been the same to the last bit for a while: nothing is learned.
    case constantLoss(step: Int, loss: Double)
    /// A checkpoint was written.
    case checkpoint(step: Int)
    /// A snapshot of the encoder was written.
    case snapshot(step: Int)
    /// The snapshot just written is the best so far.
    case best(step: Int, value: Double)
    /// TensorBoard's file cannot be written any more; the run goes on without it.
    case boardLost(String)
    /// The steps of this process are over: how fast they were, and the share of time that was spent waiting for batches.
    case timing(stepsASecond: Double, stallShare: Double)
    /// The run was over already.
    case wasDone
}

/// How a pretraining run ended.
public enum PretrainOutcome: Hashable, Sendable {
    /// All steps are taken and the encoder is written.
    case done
    /// The run was asked to stop; the state after this many steps is saved.
    case stopped(step: Int)
}
