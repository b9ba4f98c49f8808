import Foundation
import Manifests

/// The folder `unchanged` of a finished folder of tiles, looked through before anything is made of it.
struct UnchangedCatalogue {
    /// The scores and the training pairs, proven by digest and named below the tiles' folder.
    let inputs: [InputDigest]
    /// The lines of `scores.jsonl` by tile.
    let tiles: [String: UnchangedTile]

    /// Whether unchanged ground was looked for in a folder of tiles.
    static func isThere(_ folder: String) -> Bool {
        FileManager.default.fileExists(
            atPath: "\(UnchangedPlan.output(of: folder))/\(RunRecord.fileName)")
    }

    /// Opens the folder; nil where there is none.
    /// - Throws: `PrepError`, `ManifestError`: `missing` for one that is unfinished or lacks a mask, `configuration` for one that
    ///   was made of another manifest.
    init?(_ folder: String, manifest: InputDigest) throws {
        let path = UnchangedPlan.output(of: folder)
        guard Self.isThere(folder) else { return nil }
        guard FileManager.default.fileExists(atPath: "\(path)/\(UnchangedFolder.scores)") else {
            throw PrepError(
                .missing, path,
                "matter-prep unchanged has not ended there; run it again, or remove the folder")
        }
        guard try RunRecord(readingFrom: path).inputs == [manifest] else {
            throw PrepError(
                .configuration, path,
                "was made of another manifest; run matter-prep unchanged again")
        }
        inputs = try [UnchangedFolder.scores, UnchangedFolder.pairs].map {
            try InputDigest(file: "\(path)/\($0)", named: "unchanged/\($0)")
        }
        let lines = try JSONLinesReader.read(
            UnchangedTile.self, from: "\(path)/\(UnchangedFolder.scores)")
        guard !lines.hasTornTail else {
            throw PrepError(
                .badData, "\(path)/\(UnchangedFolder.scores)", "the last line is torn; run again")
        }
        for tile in lines.records { try tile.prove(in: path) }
        tiles = Dictionary(lines.records.map { ($0.tile, $0) }) { first, _ in first }
    }
}

extension UnchangedTile {
    /// The mask, relative to the tiles' folder.
    var mask: String? { path.map { "unchanged/\($0)" } }

    /// What a catalogue says of the tile.
    var summary: JSONValue {
        [
            "score": score.map { .number($0) } ?? .null, "known": .number(known),
            "selected": .bool(selected), "pairs": .integer(Int64(pairsUsed)),
        ]
    }

    /// Proves that the mask is there with the size of the scores; `verify` proves its digest.
    fileprivate func prove(in folder: String) throws {
        guard let path else { return }
        guard path == UnchangedFolder.raster(tile) else {
            throw PrepError(.badData, tile, "the path \(path) is not that of its mask")
        }
        guard let size = try? WholeFile.size(of: "\(folder)/\(path)") else {
            throw PrepError(
                .missing, "\(folder)/\(path)", "the mask is missing; run again to rebuild it")
        }
        guard size == bytes else {
            throw PrepError(
                .badData, "\(folder)/\(path)",
                "\(size) bytes, the scores say \(bytes); run again to rebuild it")
        }
    }
}
