import Foundation
import Manifests

/// What the system knew of tiles' files when they were written: `tiles.log`, a line a tile.
///
/// A run that goes on does not read again what nobody has touched since. Whether all is whole, `verify` says, which
/// reads it.
struct TileLog {
    static let fileName = "tiles.log"
    private let folder: String
    private var lines: [String: JSONValue] = [:]

    /// The log of a folder; one that cannot be read, or is not asked for, tells of nothing.
    init(_ folder: String, reads: Bool) {
        self.folder = folder
        let path = "\(folder)/\(Self.fileName)"
        guard reads, FileManager.default.fileExists(atPath: path) else { return }
        guard let found = try? JSONLinesReader.read(path).records else {
            try? FolderBounds.remove(Self.fileName, in: folder)
            return
        }
        for line in found { lines[line["id"]?.string ?? ""] = line }
    }

    /// Whether the files of a tile are those that were written with its record.
    func isUntouched(_ record: TileRecord) -> Bool {
        guard let known = lines[record.id], known == line(record) else { return false }
        return FileIdentity("\(folder)/\(record.path)")?.bytes == record.bytes
    }

    /// Notes a tile whose files were just written; a line that is lost costs the next start a look at them.
    func note(_ record: TileRecord) throws {
        guard let line = line(record) else { return }
        try JSONLinesWriter(appendingTo: "\(folder)/\(Self.fileName)").append(line)
    }

    private func line(_ record: TileRecord) -> JSONValue? {
        let files = [record.path, TileFolder.quicklook(record.id)].compactMap {
            FileIdentity("\(folder)/\($0)")?.json
        }
        guard files.count == 2 else { return nil }
        let digests = [record.sha256, record.quicklookSHA256, record.sampleSHA256]
        return [
            "id": .string(record.id), "files": .array(files),
            "sha256": .array(digests.map { .string($0?.hex ?? "") }),
        ]
    }
}
