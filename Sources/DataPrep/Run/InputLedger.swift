import Foundation
import Geo
import Manifests

/// What is known of a run's inputs: `run.json`, and `inputs.log` for those that are not in it yet.
///
/// The log has a line a file, written when its scene is proven. A file that is still the one of its line, by what the
/// system knows of it, is not read again by the next start. It is a log because it tells of this machine.
final class InputLedger {
    /// A file that was proven.
    private struct Entry {
        let digest: InputDigest
        let identity: FileIdentity?
        let checksum: String?
    }

    private struct Key: Hashable {
        let region, path: String
    }

    static let fileName = "inputs.log"

    private var entries: [Key: Entry] = [:]
    private var unsaved: [JSONValue] = []
    /// SHA-256 by path, of all regions.
    private var recorded: [String: Set<String>] = [:]
    /// Other shards' files, by region and path.
    private var recordedOthers: [String: [String: Set<String>]] = [:]

    // MARK: What earlier starts left

    /// Takes in what a folder's run has proven; a log that cannot be read proves nothing.
    /// - Returns: whether the log is sound, or there is none.
    @discardableResult
    func read(_ folder: String, _ record: RunRecord) -> Bool {
        for input in record.inputs { recorded[input.path, default: []].insert(input.sha256.hex) }
        for (region, files) in record.plan["alignedTo"]?.object ?? [:] {
            recordedOthers[region] = files.object?.mapValues { Set([$0.string ?? ""]) }
        }
        let path = "\(folder)/\(Self.fileName)"
        guard FileManager.default.fileExists(atPath: path) else { return true }
        guard let lines = try? JSONLinesReader.read(path) else { return false }
        for line in lines.records { take(line) }
        return true
    }

    private func take(_ line: JSONValue) {
        guard let region = line["region"]?.string, let path = line["path"]?.string,
            let bytes = line["bytes"]?.int,
            let digest = line["sha256"]?.string.flatMap(SHA256Digest.init(hex:))
        else { return }
        entries[Key(region: region, path: path)] = Entry(
            digest: InputDigest(path: path, bytes: bytes, sha256: digest),
            identity: FileIdentity(line["identity"]), checksum: line["checksum"]?.string)
    }

    // MARK: Proving

    /// Proves a scene's files, and reads those that are not known.
    func prove(
        _ scene: Scene, _ bands: [Sentinel2Band], in region: String
    ) throws -> [ProvenInput] {
        try SceneFiles(scene: scene).prove(bands) { path, identity, checksum in
            guard let entry = entries[Key(region: region, path: path)],
                entry.identity == identity, entry.checksum == checksum
            else { return nil }
            return entry.digest
        }
    }

    /// How a scene's files compare with those that the folder's run was made of so far.
    struct Standing {
        /// Whether all of them were known, so that what was made of them is theirs.
        var isKnown = true
        /// Files that are others now: keys of differences.
        var changed: [String] = []
    }

    /// Compares a scene's files with those of earlier starts.
    ///
    /// A scene that is in the run's record must be there with all of its files; another one may have new ones.
    func standing(of inputs: [ProvenInput], in region: String, isOwn: Bool) -> Standing {
        let recorded = isOwn ? recorded : recordedOthers[region] ?? [:]
        let isRecorded = inputs.contains { recorded[$0.digest.path] != nil }
        var standing = Standing()
        for digest in inputs.map(\.digest) {
            let key = Key(region: region, path: digest.path)
            let before: Set<String>? =
                isRecorded
                ? recorded[digest.path] ?? [] : entries[key].map { [$0.digest.sha256.hex] }
            if before == nil { standing.isKnown = false }
            if before?.contains(digest.sha256.hex) == false {
                standing.changed.append(
                    isOwn ? "inputs.\(digest.path)" : "alignedTo.\(region).\(digest.path)")
            }
        }
        return standing
    }

    /// What the log says of files of a scene that is not in the run's record yet, each as it was then.
    func earlier(_ inputs: [ProvenInput], in region: String) -> [InputDigest] {
        guard !inputs.contains(where: { recorded[$0.digest.path] != nil }) else { return [] }
        return inputs.map {
            entries[Key(region: region, path: $0.digest.path)]?.digest ?? $0.digest
        }
    }

    // MARK: Noting

    /// Notes what was proven; `save(to:)` writes it down.
    func note(_ inputs: [ProvenInput], in region: String) {
        for input in inputs where !input.isKnown {
            let digest = input.digest
            entries[Key(region: region, path: digest.path)] = Entry(
                digest: digest, identity: input.identity, checksum: input.checksum)
            unsaved.append([
                "region": .string(region), "path": .string(digest.path),
                "bytes": .integer(Int64(digest.bytes)), "sha256": .string(digest.sha256.hex),
                "identity": input.identity?.json ?? .null,
                "checksum": input.checksum.map { JSONValue.string($0) } ?? .null,
            ])
        }
    }

    /// Writes down what was noted, until it is on the disk.
    /// - Throws: `ManifestError`.
    func save(to folder: String) throws {
        guard !unsaved.isEmpty else { return }
        let log = try JSONLinesWriter(appendingTo: "\(folder)/\(Self.fileName)")
        try log.append(lines: unsaved)
        try log.synchronize()
        unsaved = []
    }
}
