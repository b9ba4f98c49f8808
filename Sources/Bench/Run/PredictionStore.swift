import Manifests

/// The predictions of one method on disk, each with what it was made from and its digest.
///
/// A prediction is kept when its key is the one asked for and its bytes are those that were written; anything else is made
/// again. The journal, `predictions.jsonl`, is rewritten whole after each city, in the order of names.
struct PredictionStore {
    /// A line of the journal.
    struct Entry: Codable, Hashable {
        let city: String
        /// Digest of method, plan, encoder, version and the city's files.
        let key: SHA256Digest
        let sha256: SHA256Digest
        let bytes: Int
    }

    private let folder: String
    private var entries: [String: Entry]
    private var journal: String { "\(folder)/predictions.jsonl" }

    init(folder: String) throws {
        self.folder = folder
        try AtomicFile.makeFolder(at: "\(folder)/predictions")
        try AtomicFile.removeLeftovers(in: folder)
        try AtomicFile.removeLeftovers(in: "\(folder)/predictions")
        entries = [:]
        guard FileSystem.isFile(journal) else { return }
        for entry in try JSONLinesReader.read(Entry.self, from: journal).records {
            entries[entry.city] = entry
        }
    }

    private func path(of city: String) -> String { "\(folder)/predictions/\(city).safetensors" }

    /// The prediction of a city, if it was made from just this and is whole.
    func prediction(of city: String, key: SHA256Digest) throws -> Prediction? {
        let path = path(of: city)
        guard let entry = entries[city], entry.key == key, FileSystem.isFile(path) else {
            return nil
        }
        let bytes = try WholeFile.read(path)
        guard SHA256Digest(of: bytes) == entry.sha256 else { return nil }
        return try Prediction(parsing: bytes, path: path)
    }

    /// Writes the prediction of a city beside its truth, then the journal.
    mutating func keep(
        _ prediction: Prediction, truth: [UInt8], of city: String, key: SHA256Digest
    ) throws {
        let bytes = try prediction.serialized(label: truth)
        try AtomicFile.write(bytes, to: path(of: city))
        entries[city] = Entry(
            city: city, key: key, sha256: SHA256Digest(of: bytes), bytes: bytes.count)
        let sorted = entries.values.sorted { $0.city < $1.city }
        try AtomicFile.write(try JSONLinesReader.bytes(of: sorted), to: journal)
    }
}
