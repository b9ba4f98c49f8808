import Foundation
import Store

/// Hands samples to threads and takes what they made of them back in order; bounded in samples and in bytes.
final class PackLine: Sendable {
    // A reference: threads that wait must not hold the state itself.
    private final class State {
        var next = 0
        var taken = 0
        var bytes = 0
        var done: [Int: Result<[EncodedRecord], any Error>] = [:]
        var isStopped = false
    }

    private let samples: [Int]
    private let window: Int
    private let byteLimit: Int
    private let condition = NSCondition()
    private nonisolated(unsafe) let state = State()

    /// A line of samples, by their numbers in the data set.
    init(_ samples: [Int], window: Int, byteLimit: Int) {
        (self.samples, self.window, self.byteLimit) = (samples, window, byteLimit)
    }

    private func locked<Value>(_ body: (State) throws -> Value) rethrows -> Value {
        condition.lock()
        defer { condition.unlock() }
        return try body(state)
    }

    /// A sample for a thread: its place in the line and its number; nil when there is none any more.
    func claim() -> (place: Int, index: Int)? {
        locked { state in
            // Whoever has the first place that is not taken never waits here, so that the line always moves.
            while !state.isStopped, state.next < samples.count, state.next > state.taken,
                state.next - state.taken >= window || state.bytes >= byteLimit
            {
                condition.wait()
            }
            guard !state.isStopped, state.next < samples.count else { return nil }
            state.next += 1
            return (state.next - 1, samples[state.next - 1])
        }
    }

    /// What became of a place.
    func deliver(_ place: Int, _ result: Result<[EncodedRecord], any Error>) {
        locked { state in
            state.done[place] = result
            state.bytes += Self.byteCount(of: result)
            condition.broadcast()
        }
    }

    private static func byteCount(of result: Result<[EncodedRecord], any Error>) -> Int {
        guard case .success(let records) = result else { return 0 }
        return records.reduce(0) { $0 + $1.byteCount }
    }

    /// What became of the next place; nil behind the last.
    ///
    /// - Throws: what its thread threw.
    func take() throws -> (index: Int, records: [EncodedRecord])? {
        try locked { state in
            guard state.taken < samples.count else { return nil }
            while state.done[state.taken] == nil { condition.wait() }
            guard let result = state.done.removeValue(forKey: state.taken) else { return nil }
            state.bytes -= Self.byteCount(of: result)
            state.taken += 1
            condition.broadcast()
            return (samples[state.taken - 1], try result.get())
        }
    }

    /// Lets threads end after the sample they are at.
    func stop() {
        locked { state in
            state.isStopped = true
            condition.broadcast()
        }
    }
}
