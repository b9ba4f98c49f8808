import Glibc
import Raster
import Synchronization

/// What the threads of a run do.
public enum PrepStage: String, Sendable, Codable, CaseIterable {
    /// Decoding pixels of scenes.
    case decode
    /// Geometry, alignment and resampling of tiles.
    case resample
    /// Looking for shifts.
    case align
    /// Packing rasters, quick-looks and samples.
    case encode
    /// Digests, of inputs and of what is there already.
    case digest
    /// Writing to disk, until it is there.
    case write
    /// Waiting, for one another or for what only one thread can do.
    case idle
}

/// What bounds a run: where its threads' time went.
public struct StageReport: Sendable, Codable {
    /// One stage.
    public struct Line: Sendable, Codable {
        /// The stage.
        public let stage: PrepStage
        /// Seconds, summed over threads.
        public let threadSeconds: Double
        /// Bytes that it took in (decoding: pixels made; encoding and writing: bytes given out); `nil` where nothing is counted.
        public let bytes: Int?
        /// Part of all threads' time, 0…1.
        public let share: Double
    }

    /// Threads that worked.
    public let threads: Int
    /// Seconds by the clock.
    public let seconds: Double
    /// All stages.
    public let stages: [Line]

    /// The stage that took most of the time.
    public var bound: Line? {
        stages.filter { $0.stage != .idle }.max { $0.threadSeconds < $1.threadSeconds }
    }

    /// In words, a line a stage, last what bounds the run.
    public var lines: [String] {
        let table = stages.map { line in
            let bytes = line.bytes.map { ", \(($0 + 500_000) / 1_000_000) MB" } ?? ""
            return "\(line.stage.rawValue): \(line.threadSeconds.short) thread-seconds"
                + "\(bytes), \(Self.percent(line.share))"
        }
        let most = bound.map {
            "bound by: \($0.stage.rawValue) (\(Self.percent($0.share)) of thread time)"
        }
        return table + [most].compactMap(\.self)
    }

    private static func percent(_ share: Double) -> String { "\(Int((share * 100).rounded())) %" }
}

/// The clocks of a run's stages; any thread may add to them.
final class StageTimes: Sendable {
    private struct Sum {
        var seconds = 0.0
        var bytes = 0
    }

    private let sums = Mutex<[PrepStage: Sum]>([:])
    private let start = ContinuousClock.now

    /// Does something on this thread and counts the time, and the bytes that `size` tells of the result.
    func measure<Result>(
        _ stage: PrepStage, bytes size: (Result) -> Int = { _ in 0 }, _ body: () throws -> Result
    ) rethrows -> Result {
        let begin = ContinuousClock.now
        let result = try body()
        add(stage, seconds: (ContinuousClock.now - begin) / .seconds(1), bytes: size(result))
        return result
    }

    /// Looks for shifts, on threads that are not ours to count: processor time, less that of decoding.
    func align<Result>(with blocks: DecodedBlocks, _ body: () throws -> Result) rethrows -> Result {
        let (before, begin) = (blocks.cost, Self.processorSeconds)
        let result = try body()
        let decoding = IsolatedDecoding.isOn ? 0 : blocks.cost.seconds - before.seconds
        add(.align, seconds: max(0, Self.processorSeconds - begin - decoding), bytes: 0)
        return result
    }

    /// Cuts tiles: what their threads decode, or wait for, is none of the resampling that they measure.
    func cut<Result>(with blocks: DecodedBlocks, _ body: () throws -> Result) rethrows -> Result {
        let before = blocks.cost
        defer {
            let after = blocks.cost
            let reading =
                after.seconds + after.secondsWaited - before.seconds - before.secondsWaited
            add(.resample, seconds: -reading, bytes: 0)
        }
        return try body()
    }

    private func add(_ stage: PrepStage, seconds: Double, bytes: Int) {
        sums.withLock {
            $0[stage, default: Sum()].seconds += seconds
            $0[stage, default: Sum()].bytes += bytes
        }
    }

    private static var processorSeconds: Double {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
        return seconds(usage.ru_utime) + seconds(usage.ru_stime)
    }

    /// Everything so far.
    func report(of blocks: DecodedBlocks) -> StageReport {
        var sums = sums.withLock(\.self)
        sums[.decode] = Sum(seconds: blocks.cost.seconds, bytes: blocks.cost.bytes)
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        let busy = sums.values.reduce(0) { $0 + max(0, $1.seconds) }
        // The thread that writes is one more; it seldom does much.
        let all = max(seconds * Double(blocks.threads), busy, 1e-9)
        sums[.idle] = Sum(seconds: all - busy)
        return StageReport(
            threads: blocks.threads, seconds: seconds,
            stages: PrepStage.allCases.map { stage in
                let sum = sums[stage] ?? Sum()
                return StageReport.Line(
                    stage: stage, threadSeconds: max(0, sum.seconds),
                    bytes: sum.bytes > 0 ? sum.bytes : nil, share: max(0, sum.seconds) / all)
            })
    }
}
