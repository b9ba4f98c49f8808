import Foundation

/// Deals samples to threads and batches to their consumer, in order, out of a fixed number of buffers.
///
/// Threads work on the first unfinished batch together, then on the next, as long as a buffer is free. All state is guarded by
/// one condition; it changes a few times a sample.
final class BatchRing: Sendable {
    /// One sample to be read.
    struct Job {
        let ticket: Ticket
        /// Its place in the batch.
        let place: Int
        /// Its number in the source.
        let index: Int
    }

    /// A batch on its way.
    final class Ticket {
        let epoch, number: Int
        let samples: [Int]
        let buffers: BatchBuffers
        fileprivate var dealt = 0
        fileprivate var left: Int
        /// The failure of the first place that failed.
        fileprivate var failure: (place: Int, error: any Error)?

        fileprivate init(epoch: Int, number: Int, samples: [Int], buffers: BatchBuffers) {
            (self.epoch, self.number) = (epoch, number)
            (self.samples, self.buffers) = (samples, buffers)
            left = samples.count
        }
    }

    // A reference: threads that wait must not hold the state itself.
    private final class State {
        var course: BatchCourse
        var free: [BatchBuffers]
        /// Batches dealt or done that the consumer has not taken, in order.
        var waiting: [Ticket] = []
        /// What each thread is at, and since when.
        var busy: [Int: (index: Int, since: ContinuousClock.Instant)] = [:]
        var isStopped = false

        init(_ course: BatchCourse, _ free: [BatchBuffers]) {
            (self.course, self.free) = (course, free)
        }
    }

    private let condition = NSCondition()
    private nonisolated(unsafe) let state: State

    init(_ course: BatchCourse, buffers: [BatchBuffers]) {
        state = State(course, buffers)
    }

    private func locked<Result>(_ body: (State) throws -> Result) rethrows -> Result {
        condition.lock()
        defer { condition.unlock() }
        return try body(state)
    }

    // MARK: Threads

    /// The next sample for a thread; nil when there is nothing more to do.
    func job(for worker: Int) -> Job? {
        locked { state in
            while !state.isStopped {
                if let job = deal(state) {
                    state.busy[worker] = (job.index, .now)
                    return job
                }
                if state.course.isAtEnd { return nil }
                condition.wait()
            }
            return nil
        }
    }

    private func deal(_ state: State) -> Job? {
        if state.waiting.last.map({ $0.dealt == $0.samples.count }) ?? true {
            guard !state.free.isEmpty, let next = state.course.next() else { return nil }
            state.waiting.append(
                Ticket(
                    epoch: next.epoch, number: next.number, samples: next.samples,
                    buffers: state.free.removeLast()))
        }
        guard let ticket = state.waiting.last else { return nil }
        ticket.dealt += 1
        return Job(
            ticket: ticket, place: ticket.dealt - 1, index: ticket.samples[ticket.dealt - 1])
    }

    /// A thread is done with its sample.
    func finish(_ job: Job, worker: Int, failure: (any Error)?) {
        locked { state in
            state.busy[worker] = nil
            if let failure, job.ticket.failure.map({ $0.place > job.place }) ?? true {
                job.ticket.failure = (job.place, failure)
            }
            job.ticket.left -= 1
            if job.ticket.left == 0 { condition.broadcast() }
        }
    }

    // MARK: The consumer

    /// The next batch in order, when it is whole; nil after the last.
    ///
    /// - Parameters:
    ///   - patience: how long one sample may take.
    ///   - name: the key of a sample, for errors.
    /// - Returns: the batch; nil after the last.
    /// - Throws: the failure of the batch's first sample that failed; `BatchError` (`io`) for a reader that does not answer,
    ///   (`configuration`) where the consumer holds all buffers.
    func take(patience: Duration, name: (Int) -> String) throws -> Ticket? {
        try locked { state in
            while true {
                if let first = state.waiting.first {
                    if first.left == 0 {
                        if let failure = first.failure { throw failure.error }
                        state.waiting.removeFirst()
                        return first
                    }
                } else if state.course.isAtEnd {
                    return nil
                } else if state.free.isEmpty {
                    throw BatchError(
                        .configuration,
                        "all buffers are held by the caller; let go of batches, or prefetch more")
                }
                let stuck = state.busy.values.filter { $0.since.duration(to: .now) > patience }
                if let index = stuck.map(\.index).min() {
                    throw BatchError.silence(of: name(index), for: patience)
                }
                _ = condition.wait(until: Date(timeIntervalSinceNow: 0.1))
            }
        }
    }

    /// Takes back the buffers of a batch that is no longer looked at.
    func giveBack(_ buffers: BatchBuffers) {
        locked { state in
            state.free.append(buffers)
            condition.broadcast()
        }
    }

    /// Lets all threads end after the sample they are at.
    func stop() {
        locked { state in
            state.isStopped = true
            condition.broadcast()
        }
    }
}

/// The batches of some epochs, one after the other.
struct BatchCourse {
    private let plan: BatchPlan
    private let indices: [Int]
    private let lastEpoch: Int
    private var epoch: Int
    private var number: Int
    private var order: SampleOrder

    init(_ plan: BatchPlan, _ indices: [Int], epochs: Range<Int>, from batch: Int) {
        (self.plan, self.indices, lastEpoch) = (plan, indices, epochs.upperBound - 1)
        (epoch, number) = (epochs.lowerBound, batch)
        order = SampleOrder(indices, plan, epoch: epochs.lowerBound)
    }

    /// Whether there is no batch any more; a rank that has none in one epoch, because there are more ranks than samples, has none in any.
    var isAtEnd: Bool {
        order.batchCount == 0 || epoch == lastEpoch && number >= order.batchCount
    }

    mutating func next() -> (epoch: Int, number: Int, samples: [Int])? {
        guard !isAtEnd else { return nil }
        if number >= order.batchCount {
            epoch += 1
            number = 0
            order = SampleOrder(indices, plan, epoch: epoch)
        }
        number += 1
        return (epoch, number - 1, Array(order.batch(number - 1)))
    }
}
