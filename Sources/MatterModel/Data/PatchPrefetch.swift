import Foundation

/// Draws the batches of the coming steps on threads of its own and gives them out in order.
///
/// A batch is a function of (seed, number): neither threads nor their order change a bit of it. One thread asks for batches.
/// The memory is that of the batches ahead. A thread that hangs is not waited for longer than the caller's patience.
package final class PatchPrefetch {
    /// Draws the batch of a number; each thread has its own.
    package typealias Draw = (Int) throws -> PatchBatch

    private let ring: PatchRing
    private let name: String
    private let patience: Duration
    private var number: Int
    private var clock: (start: ContinuousClock.Instant, waited: Duration)?

    /// Begins to draw.
    ///
    /// - Parameters:
    ///   - name: the store, for messages.
    ///   - numbers: which batches, in order.
    ///   - threads: threads that draw, above 0.
    ///   - ahead: batches that are drawn ahead, above 0.
    ///   - patience: how long a batch is waited for.
    ///   - open: called once by each thread.
    package init(
        _ name: String, numbers: Range<Int>, threads: Int = 2, ahead: Int = 4, patience: Duration,
        open: @escaping @Sendable () throws -> Draw
    ) {
        ring = PatchRing(numbers, ahead: ahead)
        (self.name, self.patience) = (name, patience)
        number = numbers.lowerBound
        for _ in 0..<threads {
            Thread { [ring] in Self.work(ring, open) }.start()
        }
    }

    deinit { ring.stop() }

    private static func work(_ ring: PatchRing, _ open: () throws -> Draw) {
        let draw = Result { try open() }
        while let number = ring.deal() {
            ring.put(Result { try draw.get()(number) }, number)
        }
    }

    /// The next batch; the caller asks for no more than there are.
    ///
    /// - Throws: what drawing it threw; `TrainingError` (`noBatch`) if it does not come.
    package func next() throws -> PatchBatch {
        let asked = ContinuousClock.now
        guard let batch = ring.take(number, patience: patience) else {
            throw TrainingError.noBatch(store: name, number: number, patience: patience)
        }
        number += 1
        if let clock {
            self.clock = (clock.start, clock.waited + asked.duration(to: .now))
        } else {
            // The first wait, in which the threads start, does not count.
            clock = (.now, .zero)
        }
        return try batch.get()
    }

    /// The share of time that the caller waited, since it got its first batch.
    var stallShare: Double {
        guard let clock else { return 0 }
        let total = clock.start.duration(to: .now)
        return total > .zero ? clock.waited / total : 0
    }
}

/// The batches dealt to threads and done by them; all state is guarded by one condition.
private final class PatchRing: Sendable {
    private let condition = NSCondition()
    private let end: Int
    private let ahead: Int
    private nonisolated(unsafe) var dealt: Int
    private nonisolated(unsafe) var taken: Int
    private nonisolated(unsafe) var done: [Int: Result<PatchBatch, any Error>] = [:]
    private nonisolated(unsafe) var isStopped = false

    init(_ numbers: Range<Int>, ahead: Int) {
        (dealt, taken, end) = (numbers.lowerBound, numbers.lowerBound, numbers.upperBound)
        self.ahead = ahead
    }

    /// The next number for a thread, when there is room for its batch; nil when there is nothing more to do.
    func deal() -> Int? {
        condition.withLock {
            while !isStopped, dealt < end, dealt >= taken + ahead { condition.wait() }
            guard !isStopped, dealt < end else { return nil }
            dealt += 1
            return dealt - 1
        }
    }

    func put(_ batch: Result<PatchBatch, any Error>, _ number: Int) {
        condition.withLock {
            done[number] = batch
            condition.broadcast()
        }
    }

    /// The batch of a number; nil if it does not come in time.
    func take(_ number: Int, patience: Duration) -> Result<PatchBatch, any Error>? {
        let end = ContinuousClock.now + patience
        return condition.withLock {
            while true {
                if let batch = done.removeValue(forKey: number) {
                    taken = number + 1
                    condition.broadcast()
                    return batch
                }
                let left = ContinuousClock.now.duration(to: end) / .seconds(1)
                guard left > 0 else { return nil }
                // In parts, as the other clock may be set while we wait.
                _ = condition.wait(until: Date(timeIntervalSinceNow: min(left, 1)))
            }
        }
    }

    func stop() {
        condition.withLock {
            isStopped = true
            condition.broadcast()
        }
    }
}
