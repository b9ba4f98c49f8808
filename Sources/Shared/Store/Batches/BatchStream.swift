import Foundation
import Synchronization
public import Tensors

/// Batches of a source, made ahead by threads of their own and given out in order.
///
/// Which samples are in a batch, and every number in it, is a function of the plan, the epoch and the batch's number: neither
/// threads nor the batch that a run was taken up at change a bit. The memory is that of `buffers` batches, whatever the source.
///
/// One thread asks for batches. The first failure ends the stream; asking again gives it again. When the stream goes, its
/// threads end after the sample they are at; one that hangs in a read keeps its buffers until it comes back.
public final class BatchStream {
    /// How batches are made ahead; nothing of it changes a number.
    public struct Prefetch: Sendable, Hashable {
        /// Threads that read.
        public var threads = 2
        /// Batches that have memory: those made ahead, and those that the consumer holds; at least 2.
        public var buffers = 3
        /// How long one sample may take before its reader counts as lost.
        public var patience = Duration.seconds(20)
        /// Where batches are made; pinned memory needs a GPU.
        public var memory = HostMemory.plain

        /// Two threads, three buffers of plain memory.
        public init() {}
    }

    /// How large everything in a batch is; a plan's batch is larger where it is more than all samples.
    public let shape: BatchShape
    /// Bytes of all buffers: the most that batches ever take.
    public let byteCount: Int
    private let plan: BatchPlan
    private let source: any SampleSource
    private let prefetch: Prefetch
    private let ring: BatchRing
    private var failure: (any Error)?
    private var clock = StallClock()

    /// Checks the plan by one sample and begins to read.
    ///
    /// - Parameters:
    ///   - source: the samples.
    ///   - selection: those that take part.
    ///   - plan: what becomes of them.
    ///   - epochs: which epochs, one after the other.
    ///   - batch: the number of the first epoch's batch to begin with: where a run was stopped.
    ///   - prefetch: threads and memory.
    /// - Throws: `BatchError`: 78 for a plan that makes no sense or does not fit the first sample, 65 for too few samples, with
    ///   what the filters left, 71 for batches that the machine has no memory for; what the source's reader throws for the first
    ///   sample; `TorchError` (69) where memory cannot be pinned.
    public init(
        _ source: any SampleSource, _ selection: SampleSelection, _ plan: BatchPlan,
        epochs: Range<Int>, from batch: Int = 0, prefetch: Prefetch = Prefetch()
    ) throws {
        let full = try Self.rehearse(source, selection, plan, patience: prefetch.patience)
        guard prefetch.threads > 0, prefetch.buffers > 1, !epochs.isEmpty, epochs.lowerBound >= 0,
            batch >= 0
        else {
            throw BatchError(
                .configuration,
                "\(prefetch.threads) threads, \(prefetch.buffers) buffers, epochs \(epochs) from batch \(batch); at least 1, 2, one epoch, 0"
            )
        }
        // No batch has more samples than there are.
        let most = (selection.indices.count + plan.ranks - 1) / plan.ranks
        shape = full.holding(min(full.batch, most))
        try shape.expectRoom(for: prefetch.buffers)
        (self.plan, self.source, self.prefetch) = (plan, source, prefetch)
        byteCount = prefetch.buffers * shape.byteCount
        let shape = shape
        let ring = BatchRing(
            BatchCourse(plan, selection.indices, epochs: epochs, from: batch),
            buffers: try (0..<prefetch.buffers).map { _ in
                try BatchBuffers(shape, in: prefetch.memory)
            })
        self.ring = ring
        for worker in 0..<prefetch.threads {
            Thread { Self.work(worker, ring, plan, source) }.start()
        }
    }

    deinit { ring.stop() }

    /// Checks a plan against a source without making batches: the dry batch before anything dear is built.
    ///
    /// - Parameters:
    ///   - source: the samples.
    ///   - selection: those that take part.
    ///   - plan: what becomes of them.
    ///   - patience: how long the first sample may take.
    /// - Returns: how large a batch is.
    /// - Throws: as `init`; `BatchError` (74) naming the first sample if its reader does not answer.
    @discardableResult
    public static func rehearse(
        _ source: any SampleSource, _ selection: SampleSelection, _ plan: BatchPlan,
        patience: Duration = Prefetch().patience
    ) throws -> BatchShape {
        try plan.check()
        try selection.check(plan)
        let index = selection.indices[0]
        let answer = Answer()
        Thread {
            let shape = Result { try SampleFiller(plan, source).rehearse(on: index) }
            answer.shape.withLock { $0 = shape }
            answer.isThere.signal()
        }.start()
        let seconds = patience / .seconds(1)
        guard answer.isThere.wait(timeout: .now() + seconds) == .success,
            let shape = answer.shape.withLock({ $0 })
        else { throw BatchError.silence(of: source.key(index), for: patience) }
        return try shape.get()
    }

    private static func work(
        _ worker: Int, _ ring: BatchRing, _ plan: BatchPlan, _ source: any SampleSource
    ) {
        let filler = SampleFiller(plan, source)
        while let job = ring.job(for: worker) {
            var failure: (any Error)?
            do {
                try filler.fill(
                    job.ticket.buffers, sample: job.place, with: job.index, epoch: job.ticket.epoch)
            } catch { failure = error }
            ring.finish(job, worker: worker, failure: failure)
        }
    }

    /// The next batch; nil after the last of the last epoch.
    ///
    /// - Throws: what the reader of a sample threw, naming it; `BatchError` (74) naming the sample whose reader does not
    ///   answer, (78) where all buffers are held by the caller.
    public func next() throws -> Batch? {
        if let failure { throw failure }
        do {
            clock.begin()
            let ticket = try ring.take(patience: prefetch.patience, name: source.key)
            clock.end()
            return ticket.map {
                Batch($0, ring: ring, targets: $0.samples.map(source.target), plan)
            }
        } catch {
            failure = error
            ring.stop()
            throw error
        }
    }

    /// The share of time that the consumer waited, from the first batch on that it got; 0 before the second.
    public var stallShare: Double { clock.share }
}

/// What a thread says of the first sample, if it ever does.
private final class Answer: Sendable {
    let shape = Mutex<Result<BatchShape, any Error>?>(nil)
    let isThere = DispatchSemaphore(value: 0)
}

/// Measures how long a consumer waits; the first wait, in which threads start, does not count.
private struct StallClock {
    private var first: ContinuousClock.Instant?
    private var asked = ContinuousClock.now
    private var waited = Duration.zero

    mutating func begin() { asked = .now }

    mutating func end() {
        guard first != nil else {
            first = .now
            return
        }
        waited += asked.duration(to: .now)
    }

    var share: Double {
        guard let first else { return 0 }
        let total = first.duration(to: .now)
        return total > .zero ? waited / total : 0
    }
}
