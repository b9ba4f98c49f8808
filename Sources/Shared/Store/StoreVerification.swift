import Manifests

/// Proves every record of a store by its SHA-256 and by its header, and the sidecars against the records.
public struct StoreVerification: Sendable {
    /// What a proof found.
    public struct Result: Sendable, Hashable, Codable {
        /// Records that were looked at.
        public var records = 0
        /// Samples that are made of them.
        public var samples = 0
        /// Bytes of all records.
        public var bytes = 0
        /// What is wrong, a line each, in the order of the records.
        public var faults: [String] = []
    }

    private let contents: StoreContents

    /// Opens a store.
    ///
    /// - Throws: as `StoreSource`; and `StoreError` (`missing`) where packing left no `records.jsonl`.
    public init(_ folder: String) throws {
        contents = try StoreContents(folder)
        guard contents.parts.allSatisfy(\.hasProofs) else {
            throw StoreError(
                .missing, path: folder,
                "no records.jsonl: this store was not made by matter-bench pack, nothing is known that could prove it"
            )
        }
    }

    /// How many samples each part of the store has, by the part's folder.
    public var sampleCounts: [String: Int] { contents.sampleCounts }

    /// How many records there are.
    public var count: Int { contents.parts.reduce(0) { $0 + $1.index.count } }

    /// Looks at all records.
    ///
    /// - Parameters:
    ///   - onRecord: is told the number of records done.
    ///   - shouldStop: is asked before each record.
    /// - Returns: what was found; nil if it was asked to stop.
    /// - Throws: `StoreError` where the disk does not give a record (74, 71, 77): that says nothing of the store.
    public func run(
        onRecord: (Int) -> Void = { _ in }, shouldStop: () -> Bool = { false }
    ) throws -> Result? {
        var result = Result()
        result.samples = contents.samples.count
        for part in contents.parts {
            var reader = RecordReader()
            for record in 0..<part.index.count {
                if shouldStop() { return nil }
                result.faults += try fault(of: record, in: part, &reader).map { [$0] } ?? []
                result.records += 1
                result.bytes += part.index.values[record].count
                onRecord(result.records)
            }
            if let told = part.toldCount, told != part.index.count {
                result.faults.append(
                    "\(part.folder): records.jsonl tells of \(told) records, data.mdb holds \(part.index.count); run the same matter-bench pack again"
                )
            }
        }
        return result
    }

    private func fault(
        of record: Int, in part: StorePart, _ reader: inout RecordReader
    ) throws -> String? {
        let key = part.index.key(record)
        do {
            try part.expectProof(of: record)
            let range = part.index.values[record]
            try part.file.prepare(range, store: part.folder, key: key)
            let bytes = UnsafeRawBufferPointer(rebasing: part.file.bytes[range])
            let digest = SHA256Digest(of: bytes)
            guard let proof = part.proofs[record], proof.digest == digest else {
                return
                    "\(part.folder), sample \"\(key)\": SHA-256 is \(digest), not the one in records.jsonl; pack the store again"
            }
            _ = try reader.planes(of: bytes, key: key, store: part.folder)
            return nil
        } catch let error as StoreError
            where [.io, .outOfResources, .notPermitted].contains(error.code)
        {
            throw error
        } catch {
            return "\(error)"
        }
    }
}
