import Foundation
import Geo
import Manifests
import Raster
import Store

/// Proves a folder that `PrepRun` wrote, and all that lies below it.
///
/// Tiles, quick-looks and training samples by the manifest, every other file by `files.jsonl`, `unchanged/` by its scores, shards and
/// publications by their own lists, fetched scenes by their items. What is missing, damaged, or no part of any of them is named.
public struct PrepVerification: Sendable, Codable {
    /// Tiles that the manifest lists.
    public var tiles = 0
    /// Files that were proven by digest, training samples too.
    public var proven = 0
    /// What is wrong: file or tile, and cause.
    public var faults: [String] = []
    /// Whether a run was stopped before its last file was written.
    public var isUnfinished = false

    /// Looks at every file of a folder.
    ///
    /// - Throws: `ManifestError` with the line for a damaged manifest, `PrepError` for a folder that is no such output.
    public init(folder: String, onTile: (Int) -> Void = { _ in }) throws {
        let run = try RunRecord(readingFrom: folder)
        var proof = FolderProof(folder)
        switch run.program {
        case "matter-prep unchanged": try proof.proveUnchanged(proof.proveContents())
        case "matter-prep publish": try proof.provePublication(run, proof.proveContents())
        case "matter-prep run": try proof.proveTiles(proof.proveContents(), onTile: onTile)
        default:
            throw PrepError(
                .configuration, folder,
                "was written by \(run.program), which leaves no list to prove it by; name a folder of matter-prep "
                    + "run, merge, unchanged or publish")
        }
        let parts = try proof.finish()
        (tiles, proven, faults) = (proof.tiles, proof.proven, proof.faults)
        isUnfinished = proof.isUnfinished
        for part in parts { try add(part, below: folder) }
    }

    /// Adds what is wrong with a folder of its own below this one.
    private mutating func add(_ part: String, below folder: String) throws {
        let path = "\(folder)/\(part)"
        do {
            guard try RunRecord(readingFrom: path).program != Fetch.program else {
                var scenes = FolderProof(path)
                try scenes.proveScenes()
                _ = try scenes.finish()
                proven += scenes.proven
                faults += scenes.faults.map { "\(part)/\($0)" }
                return
            }
            let other = try PrepVerification(folder: path)
            proven += other.proven
            faults += other.faults.map { "\(part)/\($0)" }
            if other.isUnfinished { faults.append("\(part): unfinished; run again to complete it") }
        } catch let error as any ExitCoded {
            faults.append("\(error)")
        }
    }
}
