import Foundation

/// Makes results on several threads, a few ahead, and hands them over in order on the thread that asked.
///
/// So what is written does not depend on which thread was faster, and memory holds no more than a few results.
enum OrderedWork {
    /// Makes results side by side and uses them one after another.
    ///
    /// - Parameters:
    ///   - count: how many.
    ///   - threads: how many are made at a time.
    ///   - make: called on any thread, in any order.
    ///   - use: called here, in order.
    /// - Throws: what `make` or `use` throws first in that order; no further result is begun then.
    static func run<Result: Sendable>(
        _ count: Int, threads: Int, make: @escaping @Sendable (Int) throws -> Result,
        use: (Result) throws -> Void
    ) throws {
        let queue = ResultQueue<Result>(count: count, ahead: threads + 1)
        let group = DispatchGroup()
        for _ in 0..<max(1, min(threads, count)) {
            DispatchQueue.global().async(group: group) {
                while let index = queue.begin() {
                    queue.put(index, Swift.Result { try make(index) })
                }
            }
        }
        // Nothing is left running, whatever happens here.
        defer {
            queue.stop()
            group.wait()
        }
        for index in 0..<count { try use(queue.take(index).get()) }
    }
}

/// Results on their way from the threads that make them.
private final class ResultQueue<Result: Sendable>: Sendable {
    private let condition = NSCondition()
    // All guarded by `condition`.
    private nonisolated(unsafe) var results: [Int: Swift.Result<Result, any Error>] = [:]
    private nonisolated(unsafe) var begun = 0
    private nonisolated(unsafe) var taken = 0
    private nonisolated(unsafe) var count: Int
    private let ahead: Int

    init(count: Int, ahead: Int) {
        self.count = count
        self.ahead = ahead
    }

    /// The next result to make; nil when there is none left.
    func begin() -> Int? {
        condition.lock()
        defer { condition.unlock() }
        while begun < count, begun >= taken + ahead { condition.wait() }
        guard begun < count else { return nil }
        begun += 1
        return begun - 1
    }

    func put(_ index: Int, _ result: Swift.Result<Result, any Error>) {
        condition.lock()
        defer { condition.unlock() }
        results[index] = result
        if case .failure = result { count = min(count, begun) }
        condition.broadcast()
    }

    /// Waits for a result.
    func take(_ index: Int) -> Swift.Result<Result, any Error> {
        condition.lock()
        defer { condition.unlock() }
        while true {
            if let result = results.removeValue(forKey: index) {
                taken = index + 1
                condition.broadcast()
                return result
            }
            condition.wait()
        }
    }

    /// No further result is begun.
    func stop() {
        condition.lock()
        defer { condition.unlock() }
        count = 0
        condition.broadcast()
    }
}
