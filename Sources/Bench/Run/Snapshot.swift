/// An encoder as it was after so many steps of pretraining.
struct Snapshot: Sendable, Hashable {
    let step: Int
    let path: String

    /// The snapshots of a folder, `step-<number>.safetensors`, by their step.
    ///
    /// - Throws: `BenchError`, 66, when the folder is not there or holds none.
    static func all(in given: String) throws -> [Snapshot] {
        let folder = FileSystem.trimmed(given)
        guard FileSystem.isFolder(folder) else {
            throw BenchError(
                .missing,
                "\(folder): no such folder; name the snapshots folder of a pretraining run")
        }
        let snapshots = FileSystem.names(in: folder).compactMap { name -> Snapshot? in
            guard name.hasPrefix("step-"), name.hasSuffix(".safetensors"),
                let step = Int(name.dropFirst(5).dropLast(12)), step >= 0
            else { return nil }
            return Snapshot(step: step, path: "\(folder)/\(name)")
        }
        guard !snapshots.isEmpty else {
            throw BenchError(.missing, "\(folder): holds no step-<number>.safetensors")
        }
        return snapshots.sorted { $0.step < $1.step }
    }
}

/// What the encoder of one step reaches: a line of `curves.jsonl`.
public struct CurvePoint: Codable, Sendable, Hashable {
    /// The method that was run with the snapshot.
    public let method: String
    /// Steps of pretraining behind the snapshot.
    public let step: Int
    /// Pooled F1 on the curve's cities under Otsu's rule.
    public let f1: Double?
    /// Pooled precision.
    public let precision: Double?
    /// Pooled recall.
    public let recall: Double?
    /// Average precision of the cities' pixels pooled, which needs no threshold.
    public let averagePrecision: Double?
    /// The cities that were scored.
    public let cities: [String]
    /// The snapshot's digest.
    public let encoder: String
}
