import Dispatch
import Foundation
public import Manifests
import Store

/// What the samples of a data set are like: each plane's statistics, and how often each class occurs.
public struct DatasetStatistics: Codable, Sendable {
    /// A class and in how many samples it occurs.
    public struct ClassCount: Codable, Sendable, Hashable {
        /// The class.
        public let name: String
        /// Samples that are labelled with it.
        public let samples: Int
    }

    /// The data set's name.
    public let dataset: String
    /// Its options.
    public let options: [String: String]
    /// The split that was read; all of them for `nil`.
    public let split: String?
    /// Samples that were read.
    public let samples: Int
    /// SHA-256 over the lines "key" of these samples: which ones they were.
    public let keys: SHA256Digest
    /// The suite's version.
    public let version: String
    /// Every plane, in the data set's order.
    public let planes: [PlaneStatistics]
    /// Every class, in the data set's order; empty when the target is a mask.
    public let classes: [ClassCount]
    /// Samples by country; nil where the data set does not know.
    public let countries: [String: Int]?
}

/// Reads the samples of a data set once and counts their pixels, on several threads, in memory that does not grow with them.
///
/// The numbers are the same for any number of threads.
public struct StatisticsRun: Sendable {
    /// What pixels of no data are.
    public enum NoData: Sendable, Hashable {
        /// 0 in planes of 16-bit counts, nothing elsewhere.
        case usual
        /// This value in every plane but masks.
        case value(Int)
        /// Every pixel counts.
        case none
    }

    private let dataset: any Dataset
    private let options: DatasetOptions
    private let split: String?
    private let indices: [Int]
    private let noData: NoData
    private let threads: Int

    /// Samples that a thread takes at a time.
    private static let portion = 16

    /// A run.
    ///
    /// - Parameters:
    ///   - dataset: the data set, opened.
    ///   - options: those it was opened with.
    ///   - split: the split to read, all for `nil`.
    ///   - noData: which pixels are left out.
    ///   - threads: how many read; one for each core for `nil`.
    /// - Throws: `BenchError`: 78 for an unknown split, 65 for one without samples.
    public init(
        _ dataset: any Dataset, options: DatasetOptions = DatasetOptions(), split: String? = nil,
        noData: NoData = .usual, threads: Int? = nil
    ) throws {
        (self.dataset, self.options, self.split) = (dataset, options, split)
        (self.noData, indices) = (noData, try dataset.indices(of: split))
        self.threads = max(1, threads ?? ProcessInfo.processInfo.activeProcessorCount)
        guard !indices.isEmpty else {
            throw BenchError(
                .invalid, "\(type(of: dataset).name): no samples\(split.map { " in \($0)" } ?? "")")
        }
    }

    /// How many samples are read.
    public var count: Int { indices.count }

    /// Reads them.
    ///
    /// - Parameters:
    ///   - onProgress: told from any thread how many are done, one call at a time.
    ///   - shouldStop: asked between samples.
    /// - Returns: the statistics; `nil` when it was stopped.
    /// - Throws: the error of the first sample that cannot be read; `BenchError`, 65, for planes that differ in type.
    public func run(
        onProgress: (Int) -> Void = { _ in }, shouldStop: @Sendable () -> Bool = { false }
    ) throws -> DatasetStatistics? {
        let portions = (indices.count + Self.portion - 1) / Self.portion
        let tally = Tally(portions: portions)
        withoutActuallyEscaping(onProgress) { (onProgress: @escaping (Int) -> Void) -> Void in
            // Sound: it is called below the tally's lock only, and not after this call.
            nonisolated(unsafe) let onProgress = onProgress
            DispatchQueue.concurrentPerform(iterations: min(threads, portions)) { _ in
                count(into: tally, onProgress, shouldStop)
            }
        }
        if let failure = tally.failure { throw failure }
        return shouldStop() ? nil : try result(tally)
    }

    private func count(
        into tally: Tally, _ onProgress: @escaping (Int) -> Void, _ shouldStop: () -> Bool
    ) {
        var mine = Counted()
        do {
            let reader = try dataset.reader()
            while let portion = tally.next(), !shouldStop() {
                let first = portion * Self.portion
                let part = indices[first..<min(first + Self.portion, indices.count)]
                var moments: [String: Moments] = [:]
                for index in part {
                    do {
                        try reader.read(index, planes: nil) { planes in
                            for plane in planes { try add(plane, of: index, to: &mine, &moments) }
                        }
                    } catch {
                        tally.fail(error, at: index)
                        return
                    }
                }
                tally.finish(portion, moments, part.count, onProgress)
            }
        } catch {
            tally.fail(error, at: -1)
        }
        tally.add(mine)
    }

    private func add(
        _ plane: SamplePlane, of index: Int, to counted: inout Counted,
        _ moments: inout [String: Moments]
    ) throws {
        let noData = value(of: plane.name, plane.pixel)
        let known = counted.planes[plane.name]?.pixel ?? plane.pixel
        guard known == plane.pixel else {
            throw BenchError(
                .invalid,
                "\(dataset.key(index)), \(plane.name): \(plane.pixel.rawValue) where other samples have \(known.rawValue); unpack the data set again"
            )
        }
        counted.planes[plane.name, default: PlaneCounts(plane.pixel, noDataValue: noData)]
            .add(plane)
        if plane.pixel == .float32 {
            moments[plane.name, default: Moments()].add(Moments(plane, without: noData))
        }
    }

    /// The value that means "no data" in a plane.
    private func value(of name: String, _ pixel: SamplePlane.Pixel) -> Int? {
        guard !SamplePlane.holdsCodes(name) else { return nil }
        switch noData {
        case .none: return nil
        case .value(let value): return value
        case .usual: return pixel == .uint16 || pixel == .int16 ? 0 : nil
        }
    }

    private func result(_ tally: Tally) throws -> DatasetStatistics {
        let counted = tally.counted
        for (name, kinds) in counted.kinds where kinds.count > 1 {
            throw BenchError(
                .invalid,
                "\(type(of: dataset).name), \(name): pixels of \(kinds.map(\.rawValue).sorted().joined(separator: " and ")); unpack the data set again"
            )
        }
        let order = dataset.planes.filter { counted.planes[$0] != nil }
        let others = counted.planes.keys.filter { !order.contains($0) }.sorted()
        let keys = indices.map { dataset.key($0) + "\n" }.joined()
        return DatasetStatistics(
            dataset: type(of: dataset).name, options: options.values, split: split,
            samples: indices.count, keys: SHA256Digest(of: Array(keys.utf8)),
            version: SuiteVersion.current,
            planes: (order + others).compactMap { name in
                counted.planes[name].map { counts in
                    PlaneStatistics(
                        name: name, counts: counts,
                        moments: counts.pixel == .float32 ? tally.moments(of: name) : nil)
                }
            }, classes: try classes(), countries: dataset.countries(of: indices))
    }

    private func classes() throws -> [DatasetStatistics.ClassCount] {
        var counts = [Int](repeating: 0, count: dataset.classes.count)
        for index in indices {
            let present: [Int] =
                switch dataset.target(index) {
                case .none: []
                case .category(let category): [category]
                case .categories(let flags): flags.indices.filter { flags[$0] != 0 }
                }
            for category in present {
                guard counts.indices.contains(category) else {
                    throw BenchError(
                        .invalid,
                        "\(type(of: dataset).name), \(dataset.key(index)): its \"target\" has class \(category), counted from 0, of \(counts.count); pack the store again, or mend the labels"
                    )
                }
                counts[category] += 1
            }
        }
        return zip(dataset.classes, counts).map { .init(name: $0, samples: $1) }
    }
}

/// What one thread has counted.
private struct Counted: Sendable {
    var planes: [String: PlaneCounts] = [:]
    /// The types that a plane was met with on other threads.
    var kinds: [String: Set<SamplePlane.Pixel>] = [:]

    mutating func add(_ other: Counted) {
        for (name, counts) in other.planes {
            kinds[name, default: []].insert(counts.pixel)
            if planes[name]?.pixel ?? counts.pixel == counts.pixel {
                let none = PlaneCounts(counts.pixel, noDataValue: counts.noDataValue)
                planes[name, default: none].add(counts)
            }
        }
    }
}

/// What the threads share.
private final class Tally: @unchecked Sendable {
    // The lock guards all that follows.
    private let lock = NSLock()
    private var nextPortion = 0
    private var done = 0
    private var first: (index: Int, error: any Error)?
    private var all = Counted()
    /// Of each portion the moments of its float planes: added up in the portions' order, whoever was first.
    private var moments: [[String: Moments]]

    init(portions: Int) {
        moments = .init(repeating: [:], count: portions)
    }

    /// A portion that nobody has begun; `nil` when there is none, or something has failed.
    func next() -> Int? {
        lock.withLock {
            guard first == nil, nextPortion < moments.count else { return nil }
            defer { nextPortion += 1 }
            return nextPortion
        }
    }

    func finish(
        _ portion: Int, _ found: [String: Moments], _ samples: Int, _ onProgress: (Int) -> Void
    ) {
        lock.withLock {
            moments[portion] = found
            done += samples
            onProgress(done)
        }
    }

    /// Keeps the failure of the first sample in order.
    func fail(_ error: any Error, at index: Int) {
        lock.withLock {
            if let first, first.index <= index { return }
            first = (index, error)
        }
    }

    func add(_ counted: Counted) { lock.withLock { all.add(counted) } }

    var failure: (any Error)? { lock.withLock { first?.error } }
    var counted: Counted { lock.withLock { all } }

    func moments(of plane: String) -> Moments {
        lock.withLock {
            moments.reduce(into: Moments()) { sum, portion in
                if let part = portion[plane] { sum.add(part) }
            }
        }
    }
}
