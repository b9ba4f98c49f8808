import Synchronization

/// Whether files of others are decoded in processes of their own, so that a decoder that crashes, hangs or eats the memory
/// takes a file with it and not the run.
///
/// Pixels come back through shared memory: a copy costs about a hundredth of what decoding them does. As many workers live
/// as threads ask at a time; they end with the process that asks.
public enum IsolatedDecoding {
    /// How workers are started and what they may take.
    public struct Rules: Sendable {
        /// The program and its arguments that call `DecodeService.serve`.
        public var command: [String]
        /// How long one answer may take.
        public var timeout: Duration

        /// Rules; half of a nightly run is not spent on a single file.
        public init(command: [String], timeout: Duration = .seconds(120)) {
            (self.command, self.timeout) = (command, timeout)
        }
    }

    private struct State: Sendable {
        var rules: Rules?
        /// What was asked once and will not be asked again.
        var faults: [DecodeRequest: DecodeFault] = [:]
    }

    private static let state = Mutex(State())
    // Guarded by `state`, and taken out by whoever asks, so that no worker is asked by two.
    private nonisolated(unsafe) static var idle: [DecodeWorker] = []

    /// Decodes in workers from now on.
    public static func start(_ rules: Rules) {
        state.withLock { $0.rules = rules }
    }

    /// Decodes in this process again.
    public static func stop() {
        state.withLock { $0 = State() }
        endIdleWorkers()
    }

    /// Whether workers decode.
    public static var isOn: Bool { state.withLock { $0.rules != nil } }

    /// Asks a worker, one that is at hand or a new one; once more, and with all idle ones gone, where memory was short.
    /// - Throws: `DecodeFault`, at once where the same was asked in vain before, and `RasterError` as the reading itself.
    static func ask<Result>(
        _ request: DecodeRequest, _ use: (DecodeReply, DecodeWorker) throws -> Result
    ) throws -> Result {
        let (rules, fault) = state.withLock { ($0.rules, $0.faults[request]) }
        if let fault { throw fault }
        guard let rules else { preconditionFailure("decoding is not isolated") }
        do {
            do {
                return try ask(request, rules, use)
            } catch let fault as DecodeFault where fault.isOutOfMemory {
                endIdleWorkers()
                return try ask(request, rules, use)
            }
        } catch let fault as DecodeFault {
            state.withLock { $0.faults[request] = fault }
            throw fault
        }
    }

    private static func ask<Result>(
        _ request: DecodeRequest, _ rules: Rules,
        _ use: (DecodeReply, DecodeWorker) throws -> Result
    ) throws -> Result {
        // Nobody else has what was taken out.
        nonisolated(unsafe) let known = state.withLock { _ in idle.popLast() }
        nonisolated(unsafe) let worker = try known ?? DecodeWorker(rules.command)
        let reply = try worker.ask(request, timeout: rules.timeout)
        defer { state.withLock { if $0.rules != nil { idle.append(worker) } } }
        if reply.isOutOfMemory { throw DecodeFault(outOfMemory: request) }
        if let failure = reply.failure {
            throw RasterError(failure.code, path: request.path, messages: failure.messages)
        }
        return try use(reply, worker)
    }

    /// Ends workers that nobody asks, outside of the lock: an end is waited for.
    private static func endIdleWorkers() {
        nonisolated(unsafe) let workers = state.withLock { _ in
            defer { idle = [] }
            return idle
        }
        withExtendedLifetime(workers) {}
    }
}
