import Foundation
import Glibc
import Manifests

/// A folder that appears under its name only when it is whole.
///
/// Files are written into `.<name>.partial` beside it, which is renamed at the end; what a killed run
/// left is thrown away by the next one.
struct ProductFolder {
    let path: String
    private let partial: String

    init(_ path: String) {
        let url = URL(fileURLWithPath: path)
        self.path = path
        partial =
            url.deletingLastPathComponent()
            .appendingPathComponent(".\(url.lastPathComponent).partial").path
    }

    /// Whether the folder is there, and so whole.
    var isWhole: Bool { FileManager.default.fileExists(atPath: path) }

    /// Lets `fill` write the folder, unless it is there.
    func publish(_ fill: (FolderWriter) throws -> Void) throws {
        guard !isWhole else { return }
        if FileManager.default.fileExists(atPath: partial) {
            try FileManager.default.removeItem(atPath: partial)
        }
        try AtomicFile.makeFolder(at: partial)
        try fill(FolderWriter(root: partial))
        guard rename(partial, path) == 0 else {
            throw ManifestError(
                .cannotCreate, path: path,
                "cannot rename the finished folder to this: errno \(errno)")
        }
    }
}

/// Writes files below a folder, making the folders that they need.
struct FolderWriter: Sendable {
    let root: String

    /// The absolute path of a relative one.
    func path(_ relative: String) -> String { root + "/" + relative }

    /// Writes a file.
    func write(_ bytes: [UInt8], to relative: String) throws {
        let parent = URL(fileURLWithPath: path(relative)).deletingLastPathComponent().path
        try AtomicFile.makeFolder(at: parent)
        try AtomicFile.write(bytes, to: path(relative))
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
