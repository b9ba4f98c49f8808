import Manifests
import Synchronization

/// What a store holds, whether it is one folder or several shards.
final class StoreContents: Sendable {
    /// A sample: one record or several of one part.
    struct Sample: Sendable {
        let key: String
        let target: SampleTarget
        let split: String?
        let part: Int
        let records: [Int]
    }

    let folder: String
    let parts: [StorePart]
    /// In the order of their keys' bytes.
    let samples: [Sample]

    init(_ folder: String) throws {
        let parts = try StoreFolder.parts(of: folder).map { try StorePart($0) }
        (self.folder, self.parts) = (folder, parts)
        // A file has its heads before it has records, and no packing ends without a sample: a shard too is whole or none.
        if let empty = parts.first(where: { $0.index.count == 0 }) {
            throw StoreError(
                .invalid, path: empty.folder,
                "the store holds no record: packing was not finished; run the same matter-bench pack again"
            )
        }
        var samples = try parts.indices.flatMap { try Self.samples(of: parts[$0], number: $0) }
        samples.sort { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        for (one, next) in zip(samples, samples.dropFirst()) where one.key == next.key {
            throw StoreError(
                .invalid, path: folder, key: one.key, "is there twice; pack the store again")
        }
        self.samples = samples
    }

    /// How many samples each part has, by its folder.
    var sampleCounts: [String: Int] {
        var counts = Dictionary(uniqueKeysWithValues: parts.map { ($0.folder, 0) })
        for sample in samples { counts[parts[sample.part].folder, default: 0] += 1 }
        return counts
    }

    private static func samples(of part: StorePart, number: Int) throws -> [Sample] {
        guard let lines = try SampleLine.read(StoreFolder.samples(in: part.folder)) else {
            guard !part.hasProofs else {
                throw StoreError(
                    .invalid, path: part.folder,
                    "packing was not finished; run the same matter-bench pack again")
            }
            return (0..<part.index.count).map {
                Sample(
                    key: part.index.key($0), target: .none, split: nil, part: number, records: [$0])
            }
        }
        return try lines.map { line in
            let records = try line.records.map { key in
                guard let record = part.index.find(key) else {
                    throw StoreError(
                        .invalid, path: part.folder, key: line.key,
                        "its record \"\(key)\" is not in data.mdb; pack the store again")
                }
                try part.expectProof(of: record)
                return record
            }
            return Sample(
                key: line.key, target: line.target, split: line.split, part: number,
                records: records)
        }
    }
}

/// One LMDB file with its sidecars.
final class StorePart: Sendable {
    let folder: String
    let file: MappedFile
    let index: RecordIndex
    /// By record; empty where there is no sidecar.
    let proofs: [RecordProof?]
    /// Records that the sidecar tells of, whether they are there or not; nil where there is no sidecar.
    let toldCount: Int?
    private let proven: Mutex<[Bool]>

    /// Whether the sidecar is there, even if it tells of nothing.
    var hasProofs: Bool { toldCount != nil }

    init(_ folder: String) throws {
        self.folder = folder
        file = try MappedFile(StoreFolder.data(in: folder), store: folder)
        index = try RecordIndex(of: file, store: folder)
        (proofs, toldCount) = try Self.proofs(of: index, in: folder)
        proven = Mutex([Bool](repeating: false, count: proofs.count))
    }

    private static func proofs(of index: RecordIndex, in folder: String) throws -> (
        [RecordProof?], told: Int?
    ) {
        let path = StoreFolder.records(in: folder)
        guard let lines = try StoreFolder.lines(path, isJournal: true, RecordProof.read) else {
            return ([], nil)
        }
        var proofs = [RecordProof?](repeating: nil, count: index.count)
        for line in lines {
            guard let record = index.find(line.key) else { continue }
            proofs[record] = line.proof
        }
        return (proofs, Set(lines.map(\.key)).count)
    }

    /// The names of a record's planes; of its bytes only the header is read.
    ///
    /// - Throws: `StoreError` (`invalid`, `io`).
    func planes(of record: Int) throws -> [String] {
        let (range, key) = (index.values[record], index.key(record))
        let bytes = UnsafeRawBufferPointer(rebasing: file.bytes[range])
        try file.prepare(range.prefix(8), store: folder, key: key)
        let length = bytes.count < 8 ? 0 : bytes.number(0, as: UInt64.self)
        let header = 8 + Int(min(length, UInt64(bytes.count)))
        try file.prepare(range.prefix(header), store: folder, key: key)
        var reader = RecordReader()
        return try reader.planes(of: bytes, key: key, store: folder).map(\.name)
    }

    /// Refuses a record that its sidecar does not know, or of which it knows another size.
    ///
    /// - Throws: `StoreError` (`invalid`).
    func expectProof(of record: Int) throws {
        guard hasProofs, proofs[record]?.byteCount != index.values[record].count else { return }
        throw StoreError(
            .invalid, path: folder, key: index.key(record),
            "records.jsonl does not know this record, or another size of it; run the same matter-bench pack again"
        )
    }

    /// Records above this have pages of their own, which nobody writes again.
    ///
    /// Smaller ones share a page, which moves when another process appends: they are proven whenever they are read.
    private static let large = 32 << 10

    /// Proves a record by its checksum, as often as is asked for.
    ///
    /// - Throws: `StoreError` (`invalid`).
    func prove(_ record: Int, _ bytes: UnsafeRawBufferPointer, _ proof: StoreProof) throws {
        guard proof != .never, hasProofs, let known = proofs[record] else { return }
        if proof == .first, bytes.count > Self.large, proven.withLock({ $0[record] }) { return }
        guard RecordProof.checksum(of: bytes) == known.checksum else {
            throw StoreError(
                .invalid, path: folder, key: index.key(record),
                "the record's bytes are not those that were packed; run matter-bench verify, and pack the store again"
            )
        }
        proven.withLock { $0[record] = true }
    }
}
