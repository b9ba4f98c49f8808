import CTorch

/// Processes that compute together, each a rank from 0: libtorch's own process group over Gloo.
///
/// Every rank must call the same operations in the same order. When a rank dies or does not answer within the time-out, the
/// operation fails on all others: throwing ones throw `TorchError` (`disconnected`), others report it as operators do.
/// Uses `c10d::TCPStore` and `c10d::ProcessGroupGloo`.
public final class ProcessGroup {
    /// This process's number.
    public let rank: Int
    /// How many processes there are.
    public let size: Int
    private let handle: OpaquePointer

    /// Meets the other processes; returns when all have come.
    ///
    /// - Throws: `TorchError` (`unavailable`) when they do not come in time, or the port cannot be had.
    public init(_ meeting: Meeting) throws(TorchError) {
        (rank, size) = (meeting.rank, meeting.size)
        let joined = meeting.host.withCString { host in
            meeting.prefix.withCString { prefix in
                meeting.interface.withCString { interface in
                    var meeting = ctorch_meeting(
                        host: host, port: Int32(meeting.port), serves: meeting.isServer,
                        prefix: prefix, interface: interface, rank: Int32(meeting.rank),
                        size: Int32(meeting.size),
                        timeout_ms: Int64(meeting.timeout / .milliseconds(1)))
                    return ctorch_group_join(&meeting)
                }
            }
        }
        guard let joined else {
            throw TorchError(
                .unavailable, operation: "rank \(rank) of \(size)",
                message: "cannot join the others at MASTER_ADDR \(meeting.host), MASTER_PORT "
                    + "\(meeting.port): \(TorchError.last("").message)")
        }
        handle = joined
    }

    deinit { ctorch_group_leave(handle) }

    /// The sum over all ranks, written into the tensor.
    ///
    /// - Throws: `TorchError` (`disconnected`).
    public func sum(_ tensor: Tensor) throws(TorchError) {
        let status = withExtendedLifetime(tensor) { ctorch_group_sum(handle, tensor.handle) }
        if status != 0 { throw failure("sum") }
    }

    /// The sum of each number over all ranks.
    ///
    /// - Throws: `TorchError` (`disconnected`).
    public func sums(_ numbers: [Double]) throws(TorchError) -> [Double] {
        let tensor = Tensor(numbers)
        try sum(tensor)
        return tensor.values(as: Double.self)
    }

    /// What `root` gives, on every rank.
    ///
    /// - Throws: `TorchError` (`disconnected`).
    public func broadcast(_ bytes: [UInt8], from root: Int = 0) throws(TorchError) -> [UInt8] {
        let count = Tensor([rank == root ? bytes.count : 0])
        try broadcast(count, root)
        let length = count.item(as: Int.self)
        let content = Tensor(
            rank == root ? bytes : [UInt8](repeating: 0, count: length), shape: [length])
        if length > 0 { try broadcast(content, root) }
        return content.bytes()
    }

    private func broadcast(_ tensor: Tensor, _ root: Int) throws(TorchError) {
        let status = withExtendedLifetime(tensor) {
            ctorch_group_broadcast(handle, tensor.handle, Int32(root))
        }
        if status != 0 { throw failure("broadcast") }
    }

    /// The tensors of all ranks along a new first dimension: `(ranks, …)`.
    ///
    /// All have one shape; the tape ends here.
    public func gather(_ tensor: Tensor) -> Tensor {
        withExtendedLifetime(tensor) {
            Tensor.take(
                ctorch_group_gather(handle, tensor.handle), "gather over ranks", given: [tensor])
        }
    }

    /// The rows of all ranks one behind the other, of which this rank's own stay on the tape.
    ///
    /// A function of all rows that every rank computes alike has, summed over the ranks, exactly the gradient that one process
    /// would find: each rank contributes the part that goes through its own rows.
    ///
    /// - Returns: `(ranks · rows, …)`, in the order of the ranks.
    public func joined(_ rows: Tensor) -> Tensor {
        let all = gather(rows)
        guard all.rank == rows.rank + 1 else { return rows }
        return Tensor.cat((0..<size).map { $0 == rank ? rows : all.select(0, $0) })
    }

    /// Waits until all ranks are here.
    ///
    /// - Throws: `TorchError` (`disconnected`).
    public func barrier() throws(TorchError) {
        if ctorch_group_barrier(handle) != 0 { throw failure("barrier") }
    }

    /// Batch normalisation of a training step with the moments of all ranks' batches.
    func batchNorm(
        _ input: Tensor, weight: Tensor, bias: Tensor, runningMean: Tensor,
        runningVariance: Tensor, momentum: Double, epsilon: Double
    ) -> Tensor {
        let all = [input, weight, bias, runningMean, runningVariance]
        return withExtendedLifetime(all) {
            Tensor.take(
                ctorch_group_norm(
                    handle, input.handle, weight.handle, bias.handle, runningMean.handle,
                    runningVariance.handle, momentum, epsilon), "batch norm over ranks",
                given: all)
        }
    }

    private func failure(_ operation: String) -> TorchError {
        TorchError.last("\(operation) over ranks, rank \(rank) of \(size)")
    }

    /// Makes what sums gradients; for `GradientSum`.
    func reducer(of parameters: [Tensor], bucketBytes: Int) -> OpaquePointer? {
        let handles: [OpaquePointer?] = parameters.map(\.handle)
        return withExtendedLifetime(parameters) {
            ctorch_reducer_make(handle, handles, handles.count, bucketBytes)
        }
    }
}

extension Module {
    /// Lets all batch norms beneath use, while training, the moments of the batches of all ranks together.
    public func joinNorms(over group: ProcessGroup?) {
        (self as? BatchNorm2d)?.group = group
        for (_, child) in children { child.joinNorms(over: group) }
    }
}
