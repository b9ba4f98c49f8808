import Manifests

/// The manifest of a folder that `matter-prep run` wrote.
enum TileManifest {
    /// Reads all records, each checked as far as something here relies on it.
    ///
    /// - Throws: `ManifestError`: `missing`; `invalid` for a record that makes no sense, and for a file that was cut off.
    static func read(_ path: String) throws -> [TileRecord] {
        let lines = try JSONLinesReader.read(TileRecord.self, from: path)
        guard !lines.hasTornTail else {
            throw ManifestError(
                .invalid, path: path, "ends within a line, so that tiles are missing; copy it again"
            )
        }
        for record in lines.records {
            guard let problem = problem(of: record) else { continue }
            throw ManifestError(.invalid, path: path, "the tile \(record.id) \(problem)")
        }
        return lines.records
    }

    private static func problem(of record: TileRecord) -> String? {
        let parts = record.id.split(separator: "/", omittingEmptySubsequences: false)
        // Files are written under it.
        guard !parts.contains(where: { ["", ".", ".."].contains($0) || $0.contains("\0") }) else {
            return "has an id that is no plain path"
        }
        guard record.width > 0, record.height > 0 else { return "has no pixels" }
        guard record.transform.count == 6, record.transform.allSatisfy(\.isFinite) else {
            return "needs a transform of six numbers"
        }
        return nil
    }
}
