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
