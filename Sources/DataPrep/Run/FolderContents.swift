import Foundation
import Manifests

/// The digests of the files of an output folder that no record of a tile names: `files.jsonl`, a file a line, sorted by path.
///
/// It is written before the file that makes the folder whole, so a folder that is whole has it.
struct FolderContents {
    /// By path relative to the folder.
    let files: [String: InputDigest]
    /// Whether the last line was torn.
    let isTorn: Bool

    static let fileName = "files.jsonl"

    /// Reads the file of a folder; nil where there is none, as before it was written.
    init?(of folder: String) throws {
        let path = "\(folder)/\(Self.fileName)"
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        let lines = try JSONLinesReader.read(InputDigest.self, from: path)
        files = Dictionary(lines.records.map { ($0.path, $0) }) { first, _ in first }
        isTorn = lines.hasTornTail
    }

    /// Whether a file is as it was written; a file that is not listed counts as such.
    func isIntact(_ relative: String, in folder: String) -> Bool {
        guard let known = files[relative] else { return true }
        return (try? SHA256Digest(ofFile: "\(folder)/\(relative)")) == known.sha256
    }

    /// Lists files that are there and one that is about to be written.
    static func publish(
        _ paths: [String], of folder: String, and last: (name: String, bytes: [UInt8])? = nil
    ) throws {
        var files = try paths.map { try InputDigest(file: "\(folder)/\($0)", named: $0) }
        if let last {
            files.append(
                InputDigest(
                    path: last.name, bytes: last.bytes.count, sha256: SHA256Digest(of: last.bytes)))
        }
        let bytes = try JSONLinesReader.bytes(of: files.sorted { $0.path < $1.path })
        try write(bytes, to: "\(folder)/\(fileName)")
    }

    /// Writes a file unless it holds just these bytes.
    static func write(_ bytes: [UInt8], to path: String) throws {
        if (try? WholeFile.read(path)) != bytes { try AtomicFile.write(bytes, to: path) }
    }
}
