import Foundation
import Manifests

/// The file `curves.jsonl` of a run, kept in step with its checkpoints.
enum Curves {
    /// Cuts the file to the first `steps` lines, those before a checkpoint; what came after, or was torn, is computed anew.
    ///
    /// - Returns: the lines that are left.
    /// - Throws: `ManifestError` if fewer whole lines are there, or the file cannot be written.
    static func rewind(_ path: String, to steps: Int) throws -> [CurvePoint] {
        guard FileManager.default.fileExists(atPath: path) else {
            guard steps == 0 else { throw gap(path, steps, found: 0) }
            try AtomicFile.write("", to: path)
            return []
        }
        var kept: [CurvePoint] = []
        let lines = try WholeFile.read(path, limit: 1 << 40).split(separator: UInt8(ascii: "\n"))
        for line in lines.prefix(steps) {
            guard let point = try? decodeStrictJSON(CurvePoint.self, from: Array(line)),
                point.step == kept.count + 1
            else { break }
            kept.append(point)
        }
        guard kept.count == steps else { throw gap(path, steps, found: kept.count) }
        try AtomicFile.write(JSONLinesReader.bytes(of: kept), to: path)
        return kept
    }

    private static func gap(_ path: String, _ steps: Int, found: Int) -> ManifestError {
        ManifestError(
            .invalid, path: path,
            "holds \(found) whole steps, but the checkpoint was made after \(steps); "
                + "remove the run's folder to start anew")
    }
}
