public import Manifests
public import Tensors

/// The training store: samples, each a few named arrays, in one LMDB file.
///
/// A key is a tile's id; a value is a safetensors document, as rico-hdl writes and ConfigILM reads it. The file's bytes follow from
/// the samples and the order in which they were put: no clock, process or path is in it. One process writes at a time.
///
/// Not `Sendable`: a thread opens its own.
public final class SampleStore {
    /// What a store is opened for.
    public enum Access: Sendable {
        /// The store is there and is not changed.
        case reading
        /// The store is made if it is not there, and locked against other writers.
        case writing
    }

    private let environment: LMDBEnvironment
    private let access: Access

    /// Opens the store in a folder.
    /// - Throws: `StoreError`: `missing`, `invalid`, `cannotCreate`, `io`; `ManifestError` (`locked`) if another process writes.
    public init(_ folder: String, for access: Access) throws {
        environment = try LMDBEnvironment(folder, writing: access == .writing)
        self.access = access
    }

    /// The store's folder.
    public var path: String { environment.path }

    // MARK: Reading

    /// All keys, sorted by their bytes.
    /// - Throws: `StoreError` (`io`).
    public func keys() throws -> [String] {
        try environment.transaction(writing: false) { try $0.keys() }
    }

    /// Whether there is a sample under a key.
    /// - Throws: `StoreError` (`io`).
    public func contains(_ key: String) throws -> Bool {
        try environment.transaction(writing: false) { try $0.value(key) != nil }
    }

    /// A sample's arrays, copied.
    /// - Throws: `StoreError`: `missing`, or `invalid` if the value is no safetensors document.
    public func sample(_ key: String) throws -> [String: HostArray] {
        try withBytes(key) { bytes in
            do {
                return try Safetensors.parse(bytes).arrays
            } catch {
                throw StoreError(.invalid, path: path, key: key, "\(error)")
            }
        }
    }

    /// Lets `body` look at a sample where it lies in the file, so that a crop costs no more than its own pixels.
    /// - Throws: `StoreError`: `missing` or `invalid`, and whatever `body` throws.
    public func withSample<Result>(_ key: String, _ body: (StoredSample) throws -> Result) throws
        -> Result
    {
        try withBytes(key) { try body(StoredSample($0, key: key, store: path)) }
    }

    /// The SHA-256 of a sample's bytes.
    /// - Throws: `StoreError`: `missing` or `io`.
    public func digest(_ key: String) throws -> SHA256Digest {
        try withBytes(key) { SHA256Digest(of: $0) }
    }

    private func withBytes<Result>(
        _ key: String, _ body: (UnsafeRawBufferPointer) throws -> Result
    ) throws -> Result {
        try environment.transaction(writing: false) { transaction in
            guard let bytes = try transaction.value(key) else {
                throw StoreError(.missing, path: path, key: key, "no such sample")
            }
            return try body(bytes)
        }
    }

    // MARK: Writing

    /// Puts a sample, replacing what was there, in a transaction of its own: afterwards it is on the disk, whole.
    ///
    /// A sample that is there already with the same bytes is left alone, so that a run that was killed and started again ends
    /// with the same file.
    /// - Returns: the SHA-256 of the sample's bytes.
    /// - Throws: `StoreError`: `invalid` for a key of 0 or above 511 bytes, `io`.
    @discardableResult
    public func put(_ sample: [String: HostArray], for key: String) throws -> SHA256Digest {
        precondition(access == .writing, "the store was opened for reading")
        guard (1...511).contains(key.utf8.count) else {
            throw StoreError(.invalid, path: path, key: key, "a key has 1 to 511 bytes")
        }
        let bytes = try Safetensors.serialize(sample)
        let isThere = try environment.transaction(writing: false) {
            try $0.value(key)?.elementsEqual(bytes) ?? false
        }
        let digest = SHA256Digest(of: bytes)
        guard !isThere else { return digest }
        try environment.makeRoom(for: bytes.count)
        try environment.transaction(writing: true) { try $0.put(bytes, key) }
        return digest
    }

    /// Removes a sample; one that is not there is fine.
    /// - Throws: `StoreError` (`io`).
    public func remove(_ key: String) throws {
        precondition(access == .writing, "the store was opened for reading")
        guard try contains(key) else { return }
        try environment.makeRoom(for: 0)
        _ = try environment.transaction(writing: true) { try $0.remove(key) }
    }
}
