import Foundation
import Manifests

/// Writes files below a folder, making the folders that they need.
struct FolderWriter: Sendable {
    let root: String

    /// The absolute path of a relative one.
    func path(_ relative: String) -> String { root + "/" + relative }

    /// Writes a file.
    ///
    /// - Throws: `ManifestError`, and `PrepError` (`cannotCreate`) where a symbolic link leads out of the folder.
    func write(_ bytes: [UInt8], to relative: String) throws {
        try makeFolder(for: relative)
        try AtomicFile.write(bytes, to: path(relative))
    }

    /// Makes the folder that a file goes into; nothing where a link would lead out.
    ///
    /// - Throws: as `write(_:to:)`.
    func makeFolder(for relative: String) throws {
        var parent = root
        for part in relative.split(separator: "/").dropLast() {
            parent += "/\(part)"
            guard let place = FolderBounds.escape(of: parent, from: root) else { continue }
            throw PrepError(
                .cannotCreate, parent,
                "a symbolic link leads out of the output folder, to \(place); remove it")
        }
        try AtomicFile.makeFolder(at: parent)
    }

    /// Writes a text file in UTF-8.
    func write(_ text: String, to relative: String) throws {
        try write(Array(text.utf8), to: relative)
    }

    /// Writes a JSON file with sorted keys.
    func write(_ json: JSONValue, to relative: String) throws {
        try write(json.serialized(pretty: true) + "\n", to: relative)
    }
}
