import Foundation
import Manifests
import Store

/// Packs a data set into a training store.
///
/// Threads read and encode samples, one writes them in the order of their keys: the bytes are a function of the samples alone, so
/// that a run that was killed anywhere and started again leaves those of one that was not. Samples that are in the store already
/// are kept: another split of the same pixels is appended.
///
/// Memory: at most `lineBytes` of samples that wait, `writeBytes` being written, and one sample a thread.
public struct PackRun: Sendable {
    /// Samples that wait, in bytes and in number; what is written at once; what is forced onto the disk at once, in bytes and records.
    static let (lineBytes, lineSamples, writeBytes) = (96 << 20, 4096, 8 << 20)
    static let (commitBytes, commitRecords) = (256 << 20, 4096)

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
    ///   - shouldStop: is asked whenever records were written.
    /// - Returns: what was done; nil if it was asked to stop.
    /// - Throws: `BenchError` for a split that is not there, no samples, or a folder of another data set, other planes or pixels
    ///   of other options (78, 65); what the data set's reader throws, naming the sample; `StoreError` and `ManifestError` of the
    ///   store.
    public func run(
        threads: Int, onEvent: (PackEvent) -> Void = { _ in },
        shouldStop: () -> Bool = { false }
    ) throws -> PackSummary? {
        let indices = try indices()
        // Before a file is made; and again, when nobody else can write there.
        _ = try PackRecord(adding: plan, of: dataset, to: folder)
        let writer = try StoreWriter(folder)
        let record = try PackRecord(adding: plan, of: dataset, to: folder)
        try record.begin(in: folder)
        let (new, held) = try missing(indices, writer)
        var summary = PackSummary()
        (summary.samples, summary.known) = (indices.count, indices.count - new.count)
        onEvent(.started(samples: indices.count, known: summary.known))
        let line = PackLine(new, window: Self.lineSamples, byteLimit: Self.lineBytes)
        let workers = DispatchGroup()
        for _ in 0..<max(threads, 1) {
            let dataset = dataset
            DispatchQueue.global().async(group: workers) { Self.work(line, dataset, without: held) }
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

    /// The samples whose records are not all there, and those of their records that are: a run was stopped between two of a sample.
    private func missing(
        _ indices: [Int], _ writer: StoreWriter
    ) throws -> (samples: [Int], held: Set<String>) {
        var samples: [Int] = []
        var held: Set<String> = []
        for index in indices {
            let keys = try dataset.recordsInStore(index).map(\.key)
            let known = keys.filter(writer.contains)
            guard known.count < keys.count else { continue }
            samples.append(index)
            held.formUnion(known)
        }
        return (samples, held)
    }

    // MARK: Reading

    private static func work(
        _ line: PackLine, _ dataset: any Dataset, without held: Set<String>
    ) {
        var encoder = RecordEncoder()
        var reader: (any SampleReader)?
        while let (place, index) = line.claim() {
            line.deliver(
                place,
                Result {
                    let open = try reader ?? dataset.reader()
                    reader = open
                    return try dataset.recordsInStore(index).filter { !held.contains($0.key) }
                        .map { try encode($0, of: index, with: open, &encoder) }
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
        var (groupBytes, records, bytes, done) = (0, 0, 0, summary.known)
        func append() throws {
            try writer.append(group)
            (records, bytes) = (records + group.count, bytes + groupBytes)
            group.removeAll(keepingCapacity: true)
            groupBytes = 0
        }
        func commit() throws {
            try append()
            try writer.synchronize()
            summary.records += records
            summary.bytes += bytes
            (records, bytes) = (0, 0)
            onEvent(.committed(samples: done, known: summary.known))
        }
        while let (_, new) = try line.take() {
            group += new
            groupBytes += new.reduce(0) { $0 + $1.byteCount }
            done += 1
            guard groupBytes >= Self.writeBytes || group.count >= Self.commitRecords else {
                continue
            }
            try append()
            let isStopped = shouldStop()
            guard isStopped || bytes >= Self.commitBytes || records >= Self.commitRecords else {
                continue
            }
            try commit()
            if isStopped { return false }
        }
        if !group.isEmpty || records > 0 { try commit() }
        return true
    }

    private func finish(_ indices: [Int], _ writer: StoreWriter, _ record: PackRecord) throws {
        var splits = [String?](repeating: nil, count: dataset.count)
        for (name, members) in dataset.splits {
            for member in members where splits.indices.contains(member) { splits[member] = name }
        }
        var record = record
        record.samples = try writer.finish(
            try indices.map { index in
                SampleLine(
                    key: dataset.key(index), split: splits[index], target: dataset.target(index),
                    records: try dataset.recordsInStore(index).map(\.key).sorted {
                        $0.utf8.lexicographicallyPrecedes($1.utf8)
                    })
            })
        try record.publish(in: folder)
    }
}
