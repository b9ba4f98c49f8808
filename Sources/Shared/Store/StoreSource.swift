/// How often a record's checksum is looked at when it is read.
public enum StoreProof: String, Sendable, CaseIterable, Codable {
    /// Not at all; `matter-bench verify` does it once for all.
    case never
    /// When this process reads the record for the first time: the first epoch is proven, the others are free.
    case first
    /// Whenever it is read.
    case always
}

/// A packed store, or any LMDB of safetensors documents as rico-hdl writes it, as samples.
///
/// Planes lie in the mapped file and are not copied. With the sidecars that packing leaves, samples have splits and targets and
/// may be of several records (Sentinel-1 beside Sentinel-2), and each record is proven by its checksum; without them every
/// record is a sample, and nothing is known that could prove it. A folder of shards is read as one store.
///
/// A record that does not pass its checksum stops the reading with an error (65), before a number of it is used. What was
/// opened stays as it is where another process appends, or puts another file in the place of this one.
public struct StoreSource: SampleSource {
    private let contents: StoreContents
    private let proof: StoreProof

    /// Opens a store.
    ///
    /// - Throws: `StoreError`: 66 where there is no store or a shard is missing; 65 for a damaged file, sidecars that
    ///   contradict it, and packing that was not finished; `ManifestError` for sidecars that cannot be read.
    public init(_ folder: String, proof: StoreProof = .first) throws {
        contents = try StoreContents(folder)
        self.proof = proof
    }

    /// How many samples there are.
    public var count: Int { contents.samples.count }

    /// The name of a sample.
    public func key(_ index: Int) -> String { contents.samples[index].key }

    /// What a sample is labelled with.
    public func target(_ index: Int) -> SampleTarget { contents.samples[index].target }

    /// Samples by the name of their split, ascending; empty where no sidecar tells.
    public var splits: [String: [Int]] {
        let known = contents.samples.indices.filter { contents.samples[$0].split != nil }
        return Dictionary(grouping: known) { contents.samples[$0].split ?? "" }
    }

    /// How many samples each part of the store has, by the part's folder.
    public var sampleCounts: [String: Int] { contents.sampleCounts }

    /// Whether the sidecars of packing are there.
    public var isProvable: Bool { contents.parts.allSatisfy(\.hasProofs) }

    /// The records of a sample: their keys, and the planes in each where they are several.
    ///
    /// - Throws: `StoreError` for a record that is damaged (65), or that the disk does not give (74).
    public func records(_ index: Int) throws -> [(key: String, planes: [String]?)] {
        let sample = contents.samples[index]
        let part = contents.parts[sample.part]
        return try sample.records.map { record in
            let key = part.index.key(record)
            guard sample.records.count > 1 else { return (key, nil) }
            return (key, try part.planes(of: record))
        }
    }

    /// The file that a sample lies in, relative to the store's folder: "data.mdb", or "shards/3-of-16/data.mdb".
    public func file(_ index: Int) -> String {
        let folder = contents.parts[contents.samples[index].part].folder
        return String(StoreFolder.data(in: folder).dropFirst(contents.folder.count + 1))
    }

    /// A reader for one thread.
    public func reader() -> any SampleReader { StoreReader(contents, proof: proof) }
}

/// Reads samples of a store on one thread.
final class StoreReader: SampleReader {
    private let contents: StoreContents
    private let proof: StoreProof
    private var records = RecordReader()
    private var copies: [UnsafeMutableRawBufferPointer] = []

    init(_ contents: StoreContents, proof: StoreProof) {
        (self.contents, self.proof) = (contents, proof)
    }

    deinit { forgetCopies() }

    func read(_ index: Int, planes: [String]?, _ body: ([SamplePlane]) throws -> Void) throws {
        let sample = contents.samples[index]
        let part = contents.parts[sample.part]
        forgetCopies()
        var found: [SamplePlane] = []
        for record in sample.records {
            let bytes = try bytes(of: record, in: part)
            found += try records.planes(
                of: bytes, key: part.index.key(record), store: part.folder)
        }
        guard let planes else {
            try body(sample.records.count > 1 ? found.sorted { $0.name < $1.name } : found)
            return
        }
        try body(
            planes.map { name in
                guard let plane = found.first(where: { $0.name == name }) else {
                    throw StoreError(
                        .invalid, path: part.folder, key: sample.key,
                        "has no plane \"\(name)\"; it has \(found.map(\.name).joined(separator: ", "))"
                    )
                }
                return plane
            })
    }

    private func bytes(of record: Int, in part: StorePart) throws -> UnsafeRawBufferPointer {
        let range = part.index.values[record]
        try part.file.prepare(range, store: part.folder, key: part.index.key(record))
        let bytes = UnsafeRawBufferPointer(rebasing: part.file.bytes[range])
        try part.prove(record, bytes, proof)
        // Small records lie inside of pages, anywhere; numbers need their alignment.
        guard UInt(bitPattern: bytes.baseAddress) % 8 != 0 else { return bytes }
        return copy(bytes)
    }

    private func copy(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        let room = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 8)
        room.copyMemory(from: bytes)
        copies.append(room)
        return UnsafeRawBufferPointer(room)
    }

    private func forgetCopies() {
        copies.forEach { $0.deallocate() }
        copies.removeAll(keepingCapacity: true)
    }
}
