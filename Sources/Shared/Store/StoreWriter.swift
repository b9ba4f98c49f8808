import Manifests

/// Puts many records into a store, some hundred in one transaction; for single samples `SampleStore` is the way.
///
/// Records are on the disk, whole, when `commit` returns; their proofs follow in `records.jsonl`. The bytes of `data.mdb` are a
/// function of the transactions and their order. Whoever is killed and starts again finds what was committed, and the
/// proofs that were missing are made up for from the records themselves.
public final class StoreWriter {
    private let environment: LMDBEnvironment
    private let journal: JSONLinesWriter
    private let journalPath: String
    private let known: Set<String>
    private var last: String?

    /// Opens or makes a store, locked against other writers.
    ///
    /// - Throws: `StoreError`: `cannotCreate`, `invalid`, `io`; `ManifestError`: `locked` if another process writes, or what
    ///   keeps the sidecar from being written.
    public init(_ folder: String) throws {
        environment = try LMDBEnvironment(folder, writing: true)
        let keys = try environment.transaction(writing: false) { try $0.keys() }
        (known, last) = (Set(keys), keys.last)
        journalPath = StoreFolder.records(in: folder)
        journal = try JSONLinesWriter(appendingTo: journalPath)
        try completeJournal(keys)
    }

    /// The store's folder.
    public var path: String { environment.path }

    /// How many records were there when it was opened.
    public var knownCount: Int { known.count }

    /// Whether a record was there when the store was opened.
    public func contains(_ key: String) -> Bool { known.contains(key) }

    /// A process may have been killed between a transaction and the lines that tell of it.
    private func completeJournal(_ keys: [String]) throws {
        let lines = try StoreFolder.lines(journalPath, RecordProof.read) ?? []
        let told = Set(lines.map(\.key))
        let missing = keys.filter { !told.contains($0) }
        guard !missing.isEmpty else { return }
        let proofs = try environment.transaction(writing: false) { transaction in
            try missing.map { key in
                guard let bytes = try transaction.value(key) else {
                    throw StoreError(.invalid, path: path, key: key, "listed, but not there")
                }
                return RecordProof(of: bytes).line(key: key)
            }
        }
        try tell(proofs)
    }

    private func tell(_ lines: [JSONValue]) throws {
        for line in lines { try journal.append(line) }
        try journal.synchronize()
    }

    /// Puts records in one transaction; afterwards they are on the disk.
    ///
    /// - Throws: `StoreError`: `invalid` for a key of 0 or above 511 bytes, or one that is there already; `io` for a full disk.
    public func commit(_ records: [EncodedRecord]) throws {
        guard !records.isEmpty else { return }
        for record in records where !(1...511).contains(record.key.utf8.count) {
            throw StoreError(.invalid, path: path, key: record.key, "a key has 1 to 511 bytes")
        }
        try environment.makeRoom(for: records.reduce(0) { $0 + $1.bytes.count + 4096 })
        let ascends = ascends(records)
        try environment.transaction(writing: true) { transaction in
            for record in records {
                try transaction.add(record.bytes, record.key, isLast: ascends)
            }
        }
        if ascends { last = records.last?.key }
        try tell(records.map { $0.proof.line(key: $0.key) })
    }

    /// Publishes the sidecars: proofs sorted by key, and the samples given beside those that were there.
    ///
    /// - Throws: `ManifestError` if they cannot be read or written.
    public func finish(_ samples: [SampleLine]) throws {
        let lines = try StoreFolder.lines(journalPath, RecordProof.read) ?? []
        let sorted = lines.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        if !zip(lines, sorted).allSatisfy({ $0.key == $1.key }) {
            let text = sorted.map { $0.proof.line(key: $0.key).serialized() + "\n" }.joined()
            try AtomicFile.write(Array(text.utf8), to: journalPath)
        }
        let path = StoreFolder.samples(in: path)
        let new = Set(samples.map(\.key))
        let kept = try SampleLine.read(path)?.filter { !new.contains($0.key) } ?? []
        try SampleLine.write(kept + samples, to: path)
    }

    /// Whether every key comes behind the one before and all that are there: pages are then filled to the brim.
    private func ascends(_ records: [EncodedRecord]) -> Bool {
        let keys = [last].compactMap(\.self) + records.map(\.key)
        return zip(keys, keys.dropFirst()).allSatisfy {
            $0.utf8.lexicographicallyPrecedes($1.utf8)
        }
    }
}
