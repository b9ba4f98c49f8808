import CTorch

/// Sums gradients over the ranks of a group, bucket by bucket, while backward is still computing those of earlier layers.
///
/// A bucket starts on its way as soon as backward has left the last of its gradients; buckets are filled from the last
/// parameter on, as backward reaches them, and start in the same order on every rank.
public final class GradientSum {
    private let group: ProcessGroup
    private let parameters: [Tensor]
    private let handle: OpaquePointer

    /// Watches over parameters, the same in the same order on every rank.
    ///
    /// - Parameters:
    ///   - parameters: leaves of the tape.
    ///   - group: the ranks.
    ///   - bucketBytes: the most that travels together.
    /// - Throws: `TorchError` (`invalid`).
    public init(
        of parameters: [Tensor], over group: ProcessGroup, bucketBytes: Int = 4 << 20
    ) throws(TorchError) {
        guard let handle = group.reducer(of: parameters, bucketBytes: bucketBytes) else {
            throw .last("GradientSum")
        }
        (self.group, self.parameters, self.handle) = (group, parameters, handle)
    }

    /// Watches over the parameters of a module, in the order of its layers, which is the one that backward follows.
    ///
    /// - Parameters:
    ///   - module: the same on every rank; an optimiser may have its parameters in another order.
    ///   - group: the ranks.
    ///   - bucketBytes: the most that travels together.
    /// - Throws: `TorchError` (`invalid`).
    public convenience init(
        of module: some Module, over group: ProcessGroup, bucketBytes: Int = 4 << 20
    ) throws(TorchError) {
        try self.init(
            of: module.namedParameters.map(\.1), over: group, bucketBytes: bucketBytes)
    }

    deinit { ctorch_reducer_free(handle) }

    /// How many buckets of the last step began to travel while backward still owed gradients.
    public var earlyBuckets: Int { Int(ctorch_reducer_early(handle)) }

    /// Begins to listen: call it before the backward whose gradients complete a step.
    ///
    /// - Throws: `TorchError`.
    public func begin() throws(TorchError) {
        if ctorch_reducer_begin(handle) != 0 { throw .last("GradientSum") }
    }

    /// Waits for the sums; afterwards the gradient of every parameter is that of all ranks together.
    ///
    /// - Throws: `TorchError` (`disconnected`).
    public func finish() throws(TorchError) {
        if ctorch_reducer_finish(handle) != 0 {
            throw .last("gradients over ranks, rank \(group.rank) of \(group.size)")
        }
    }
}
