import Foundation

extension ProcessGroup {
    /// Does work of unknown length on every rank; returns when all ranks have done theirs.
    ///
    /// The ranks keep in touch meanwhile: the time-out says how long a rank may be silent, not how long the work may take.
    ///
    /// - Parameter body: the work of this rank; runs on a thread of its own.
    /// - Returns: what it gave.
    /// - Throws: what it threw, at once; `TorchError` (`disconnected`) if another rank is gone.
    public func together<Value: Sendable>(
        _ body: @escaping @Sendable () throws -> Value
    ) throws -> Value {
        let work = Work<Value>()
        Thread { work.end(Result { try body() }) }.start()
        while true {
            let value = try work.value(within: 0.25)
            let done = try sums([value == nil ? 0 : 1])[0]
            if done == Double(size), let value { return value }
        }
    }
}

/// What a thread computes for another; guarded by one condition.
private final class Work<Value: Sendable>: Sendable {
    private let condition = NSCondition()
    private nonisolated(unsafe) var result: Result<Value, any Error>?

    func end(_ result: Result<Value, any Error>) {
        condition.withLock {
            self.result = result
            condition.broadcast()
        }
    }

    /// The value as soon as it is there; nil if it is not by then.
    func value(within seconds: Double) throws -> Value? {
        try condition.withLock {
            if result == nil { _ = condition.wait(until: Date(timeIntervalSinceNow: seconds)) }
            return try result?.get()
        }
    }
}
