import Manifests

/// Puts many records into a store; for single samples `SampleStore` is the way.
///
/// Records are on the disk, whole, when `commit` returns, and their proofs in `records.jsonl`; a reader sees them after `finish`. The
/// bytes of `data.mdb` are a function of the records in their order. Whoever is killed and starts again goes on behind the records of
/// which `records.jsonl` tells, and proofs that are missing are made up for from the records themselves.
public final class StoreWriter {
    private let file: RecordFile
    private let journal: JSONLinesWriter
    private let journalPath: String
    private var known: Set<String>
    /// The last line's key, as long as every line comes behind the one before; nil of a journal without lines.
    private var last: String?
    private var ascends = true
    /// Records that are written and not told of.
    private var pending: [JSONValue] = []

    /// Opens or makes a store, locked against other writers.
    ///
    /// - Throws: `StoreError`: `cannotCreate`, `invalid`, `io`; `ManifestError`: `locked` if another process writes, or what
    ///   keeps the sidecar from being written.
    public init(_ folder: String) throws {
        let file = try RecordFile(folder)
        let path = StoreFolder.records(in: folder)
        var known = Set((0..<file.index.count).map { file.index.key($0) })
        var told: [(key: String, proof: RecordProof)] = []
        var isWhole = true
        for line in try StoreFolder.lines(path, isJournal: true, RecordProof.read) ?? [] {
            if !known.contains(line.key) {
                // Behind the first record that is not there, none is.
                isWhole = isWhole && file.adopt(line.key, byteCount: line.proof.byteCount)
                guard isWhole else { continue }
                known.insert(line.key)
            }
            told.append(line)
        }
        if !isWhole { try Self.write(told, to: path) }
        (self.file, self.known, journalPath) = (file, known, path)
        journal = try JSONLinesWriter(appendingTo: path)
        for line in told { follow(line.key) }
        try completeJournal(Set(told.map(\.key)))
    }

    /// The store's folder.
    public var path: String { file.folder }

    /// Whether a record is there.
    public func contains(_ key: String) -> Bool { known.contains(key) }

    /// Tells of records that the tree leads to and no line tells of: another program wrote them, or somebody took the sidecar away.
    private func completeJournal(_ told: Set<String>) throws {
        for record in 0..<file.index.count {
            let key = file.index.key(record)
            guard !told.contains(key) else { continue }
            pending.append(RecordProof(of: try file.bytes(of: record)).line(key: key))
            follow(key)
        }
        guard !pending.isEmpty else { return }
        try synchronize()
    }

    private func follow(_ key: String) {
        ascends = ascends && (last.map { $0.utf8.lexicographicallyPrecedes(key.utf8) } ?? true)
        last = key
    }

    /// Writes records behind all that are there; they are on the disk, and told of, after `synchronize`.
    ///
    /// - Throws: `StoreError`: `invalid` for a key of 0 or above 511 bytes or one that is there already, and for a record of 4 GiB; `io`
    ///   for a full disk.
    public func append(_ records: [EncodedRecord]) throws {
        for record in records {
            func refuse(_ reason: String) throws {
                throw StoreError(.invalid, path: path, key: record.key, reason)
            }
            guard (1...511).contains(record.key.utf8.count) else {
                return try refuse("a key has 1 to 511 bytes")
            }
            guard record.byteCount <= RecordProof.largestRecord else {
                return try refuse("\(record.byteCount) bytes; a record has less than 4 GiB")
            }
            guard known.insert(record.key).inserted else {
                return try refuse("is there already; give each record a key of its own")
            }
        }
        try file.append(records)
        for record in records {
            pending.append(record.proof.line(key: record.key))
            follow(record.key)
        }
    }

    /// Forces all records onto the disk, and tells of them.
    ///
    /// - Throws: `StoreError` (`io`); `ManifestError` (`io`) of the sidecar.
    public func synchronize() throws {
        try file.synchronize()
        try journal.append(lines: pending)
        try journal.synchronize()
        pending.removeAll(keepingCapacity: true)
    }

    /// Writes records; afterwards they are on the disk.
    ///
    /// - Throws: as `append` and `synchronize`.
    public func commit(_ records: [EncodedRecord]) throws {
        try append(records)
        try synchronize()
    }

    /// Publishes all records and the sidecars: proofs sorted by key, and the samples given beside those that were there.
    ///
    /// - Returns: how many samples the store has now.
    /// - Throws: `StoreError` or `ManifestError` if they cannot be read or written.
    @discardableResult
    public func finish(_ samples: [SampleLine]) throws -> Int {
        if !pending.isEmpty { try synchronize() }
        try file.publish()
        if !ascends {
            let lines =
                try StoreFolder.lines(journalPath, isJournal: true, RecordProof.read) ?? []
            try Self.write(
                lines.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }, to: journalPath
            )
        }
        let path = StoreFolder.samples(in: path)
        let new = Set(samples.map(\.key))
        let kept = try SampleLine.read(path)?.filter { !new.contains($0.key) } ?? []
        try SampleLine.write(kept + samples, to: path)
        return kept.count + samples.count
    }

    private static func write(
        _ lines: [(key: String, proof: RecordProof)], to path: String
    ) throws {
        let text = lines.map { $0.proof.line(key: $0.key).serialized() + "\n" }.joined()
        try AtomicFile.write(Array(text.utf8), to: path)
    }
}
