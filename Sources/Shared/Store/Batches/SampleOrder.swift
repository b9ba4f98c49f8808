import Geo

/// Which samples make which batch of an epoch: a function of (seed, epoch), never of threads or of what was read before.
///
/// The list is shuffled (Fisher and Yates, by `SplitMix64`), and position p goes to rank p mod ranks. With `rest` = drop the
/// last positions that ranks cannot share evenly, and then those that fill no batch, are left out of this epoch; other
/// samples are in the next. With keep, every sample is there once.
public struct SampleOrder: Sendable, Hashable {
    /// The samples of this rank in their order, by their numbers in the source.
    public let samples: [Int]
    private let batch: Int

    /// The order of an epoch.
    ///
    /// - Parameters:
    ///   - indices: the samples that take part, by their numbers in the source.
    ///   - plan: seed, ranks and size of batches.
    ///   - epoch: counted from 0.
    public init(_ indices: [Int], _ plan: BatchPlan, epoch: Int) {
        var all = indices
        if plan.isShuffled {
            var generator = SplitMix64(
                seed: SplitMix64.derive(seed: plan.seed, 1, UInt64(epoch)))
            for last in stride(from: all.count - 1, to: 0, by: -1) {
                all.swapAt(last, generator.nextInt(below: last + 1))
            }
        }
        let shared = plan.rest == .drop ? all.count / plan.ranks * plan.ranks : all.count
        var mine = stride(from: plan.rank, to: shared, by: plan.ranks).map { all[$0] }
        if plan.rest == .drop { mine.removeLast(mine.count % plan.batch) }
        (samples, batch) = (mine, plan.batch)
    }

    /// How many batches there are.
    public var batchCount: Int { (samples.count + batch - 1) / batch }

    /// The samples of a batch; the last may have fewer.
    public func batch(_ number: Int) -> ArraySlice<Int> {
        samples[number * batch..<min((number + 1) * batch, samples.count)]
    }
}
