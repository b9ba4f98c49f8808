import CTorch

/// The runtime behind the tensors: threads, seeds, determinism, and the throwing door.
public enum Torch {
    /// Runs tensor code whose input may be wrong: the first operator that fails throws instead of trapping.
    ///
    /// After a failure the rest of `body` still runs on stand-in tensors, so `body` should only call operators and modules.
    ///
    /// - Throws: `TorchError` naming the operator and the shapes it was given.
    public static func attempt<Result>(_ body: () -> Result) throws(TorchError) -> Result {
        let failure = TorchFailure()
        let result = TorchFailure.$current.withValue(failure, operation: body)
        if let error = failure.error { throw error }
        return result
    }

    /// Seeds every random operator, of the CPU and of the GPUs in use.
    public static func setSeed(_ seed: UInt64) {
        TorchFailure.check(ctorch_seed(seed), "Torch.setSeed")
    }

    /// The state of the CPU's random generator, for exact resumption; a `uint8` tensor.
    public static var randomState: Tensor {
        get { Tensor.take(ctorch_random_state(), "Torch.randomState") }
        set {
            withExtendedLifetime(newValue) {
                TorchFailure.check(
                    ctorch_set_random_state(newValue.handle), "Torch.randomState", [newValue])
            }
        }
    }

    /// How many threads an operator uses; set it once, in the program.
    public static func setThreads(_ count: Int) {
        precondition(count > 0, "Torch.setThreads(\(count)): needs at least one")
        ctorch_set_threads(Int32(count))
    }

    /// How many threads an operator uses.
    public static var threads: Int { Int(ctorch_threads()) }

    /// libtorch's version, such as "2.11.0".
    public static var version: String { String(cString: ctorch_version()) }

    /// Lets the process keep memory that tensors have freed, up to 1 GiB, for the next tensors; call it once, in the program.
    ///
    /// A training step frees and takes the same blocks again and again. Handed back to the kernel in between, every page
    /// of them costs a page fault: a twentieth of a ResNet-34 step in bfloat16 on two cores (`script/bench torch-step`).
    public static func retainFreedMemory() {
        ctorch_retain_freed_memory()
    }

    /// Lets only algorithms run that give the same bits each time; others fail.
    public static func setDeterministic(_ on: Bool) {
        TorchFailure.check(ctorch_set_deterministic(on), "Torch.setDeterministic")
    }

    /// Tensor handles that are alive in this process; for leak tests.
    package static var liveHandles: Int { Int(ctorch_live_handles()) }
}

/// Runs `body` without recording it on the autograd tape of this thread.
public func noGradient<Result, Failure: Error>(
    _ body: () throws(Failure) -> Result
) throws(Failure) -> Result {
    let before = ctorch_set_grad_enabled(false)
    defer { _ = ctorch_set_grad_enabled(before) }
    return try body()
}

/// Runs `body` with matrix products and convolutions in a smaller dtype, as PyTorch's `autocast` does; backward belongs outside.
public func autocast<Result, Failure: Error>(
    to dtype: DType = .bfloat16, on device: Device = .cpu, _ body: () throws(Failure) -> Result
) throws(Failure) -> Result {
    let kind = Int32(device.kind.rawValue)
    let before = ctorch_autocast_enter(kind, Int32(dtype.rawValue))
    precondition(before != -2, "autocast: \(String(cString: ctorch_error()))")
    defer { ctorch_autocast_exit(kind, before) }
    return try body()
}

/// Where failures go: to the `Torch.attempt` around them, or else to a trap.
final class TorchFailure: @unchecked Sendable {
    @TaskLocal static var current: TorchFailure?

    /// The first failure inside one `attempt`, which runs on one thread.
    var error: TorchError?

    static func report(_ error: TorchError) {
        guard let current else { fatalError(error.description) }
        if current.error == nil { current.error = error }
    }

    static func check(_ status: Int32, _ operation: StaticString, _ tensors: [Tensor] = []) {
        if status < 0 { report(.last("\(operation)", shapes: tensors.map(\.shape))) }
    }
}
