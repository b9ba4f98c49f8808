import Foundation
import Manifests
import Store

/// Packs a data set into a training store.
///
/// Threads read and encode samples, one writer commits them in the order of their keys, some hundred in a transaction: a function
/// of the samples alone, so that a run that was killed anywhere and started again leaves the bytes of one that was not. Samples
/// that are in the store already are kept: another split or another data set of the same planes is appended.
///
/// Memory: at most `lineBytes` of samples that wait, `commitBytes` of a transaction twice, and one sample a thread.
public struct PackRun: Sendable {
    static let (commitBytes, commitRecords, lineBytes) = (64 << 20, 1024, 96 << 20)

    private let dataset: any Dataset
    private let plan: PackPlan
    private let folder: String

    /// A run that packs what a plan says of a data set into a folder; a shard goes to a folder of its own in it.
    public init(_ dataset: any Dataset, plan: PackPlan, to folder: String) {
        (self.dataset, self.plan) = (dataset, plan)
        self.folder =
            plan.shard.map { StoreFolder.shard($0.index, of: $0.count, in: folder) } ?? folder
    }

    /// Packs what is not there yet.
    ///
    /// - Parameters:
    ///   - threads: threads that read; the caller's own writes.
    ///   - onEvent: is told what happens, on the caller's thread.
    ///   - shouldStop: is asked between transactions.
    /// - Returns: what was done; nil if it was asked to stop.
    /// - Throws: `BenchError` for a split that is not there, no samples, or a folder of another data set (78, 65); what the
    ///   data set's reader throws, naming the sample; `StoreError` and `ManifestError` of the store.
    public func run(
        threads: Int, onEvent: (PackEvent) -> Void = { _ in },
        shouldStop: () -> Bool = { false }
    ) throws -> PackSummary? {
        let indices = try indices()
        let writer = try StoreWriter(folder)
        let record = try PackRecord(adding: plan, of: dataset, to: folder)
        let new = indices.filter { index in
            !dataset.recordsInStore(index).allSatisfy { writer.contains($0.key) }
        }
        var summary = PackSummary()
        (summary.samples, summary.known) = (indices.count, indices.count - new.count)
        onEvent(.started(samples: indices.count, known: summary.known))
        let line = PackLine(new, window: 64 + 4 * threads, byteLimit: Self.lineBytes)
        let workers = DispatchGroup()
        for _ in 0..<max(threads, 1) {
            let dataset = dataset
            DispatchQueue.global().async(group: workers) { Self.work(line, dataset) }
        }
        defer {
            line.stop()
            workers.wait()
        }
        guard try write(line, writer, &summary, onEvent, shouldStop) else { return nil }
        try finish(indices, writer, record)
        return summary
    }

    private func indices() throws -> [Int] {
        let all = try dataset.indices(of: plan.split)
        let indices = plan.shard.map { Array(all[$0.range(of: all.count)]) } ?? all
        guard !indices.isEmpty else {
            throw BenchError(
                .invalid,
                "nothing to pack: \(dataset.count) samples, \(all.count) after split \(plan.split ?? "all")\(plan.shard.map { ", 0 in shard \($0)" } ?? "")"
            )
        }
        return indices
    }

    // MARK: Reading

    private static func work(_ line: PackLine, _ dataset: any Dataset) {
        var encoder = RecordEncoder()
        var reader: (any SampleReader)?
        while let (place, index) = line.claim() {
            line.deliver(
                place,
                Result {
                    let open = try reader ?? dataset.reader()
                    reader = open
                    return try dataset.recordsInStore(index).map { record in
                        try encode(record, of: index, with: open, &encoder)
                    }
                })
        }
    }

    private static func encode(
        _ record: SampleRecord, of index: Int, with reader: any SampleReader,
        _ encoder: inout RecordEncoder
    ) throws -> EncodedRecord {
        var encoded: EncodedRecord?
        try reader.read(index, planes: record.planes) { planes in
            guard !planes.isEmpty, Set(planes.map(\.name)).count == planes.count else {
                throw BenchError(
                    .invalid, "sample \"\(record.key)\" has no planes, or one of them twice")
            }
            encoded = encoder.encode(planes, key: record.key)
        }
        guard let encoded else {
            throw BenchError(.invalid, "sample \"\(record.key)\": its reader gave nothing")
        }
        return encoded
    }

    // MARK: Writing

    /// Returns false if it was asked to stop.
    private func write(
        _ line: PackLine, _ writer: StoreWriter, _ summary: inout PackSummary,
        _ onEvent: (PackEvent) -> Void, _ shouldStop: () -> Bool
    ) throws -> Bool {
        var group: [EncodedRecord] = []
        var (bytes, done) = (0, summary.known)
        func commit() throws {
            try writer.commit(group)
            summary.records += group.count
            summary.bytes += bytes
            group.removeAll(keepingCapacity: true)
            bytes = 0
            onEvent(.committed(samples: done, known: summary.known))
        }
        while let (_, records) = try line.take() {
            group += records
            bytes += records.reduce(0) { $0 + $1.bytes.count }
            done += 1
            guard bytes >= Self.commitBytes || group.count >= Self.commitRecords else { continue }
            try commit()
            if shouldStop() { return false }
        }
        if !group.isEmpty { try commit() }
        return true
    }

    private func finish(_ indices: [Int], _ writer: StoreWriter, _ record: PackRecord) throws {
        var splits = [String?](repeating: nil, count: dataset.count)
        for (name, members) in dataset.splits {
            for member in members where splits.indices.contains(member) { splits[member] = name }
        }
        try writer.finish(
            indices.map { index in
                SampleLine(
                    key: dataset.key(index), split: splits[index], target: dataset.target(index),
                    records: dataset.recordsInStore(index).map(\.key).sorted {
                        $0.utf8.lexicographicallyPrecedes($1.utf8)
                    })
            })
        try record.publish(in: folder)
    }
}
