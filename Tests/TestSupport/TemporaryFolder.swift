import Foundation

/// A new, empty folder; it and all that is in it go away at the end of its life.
public final class TemporaryFolder: Sendable {
    /// Where it is.
    public let path: String

    /// Makes the folder.
    /// - Throws: what Foundation throws if it cannot.
    public init() throws {
        let name = "matter-test-\(UUID().uuidString)"
        path = FileManager.default.temporaryDirectory.appending(path: name).path
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// The path of something in the folder.
    public func path(_ relative: String) -> String { "\(path)/\(relative)" }

    /// Every file in the folder, relative to it and sorted, hidden ones too.
    public func files() -> [String] {
        (FileManager.default.subpaths(atPath: path) ?? []).filter { name in
            var isFolder: ObjCBool = false
            let exists = FileManager.default.fileExists(
                atPath: self.path(name), isDirectory: &isFolder)
            return exists && !isFolder.boolValue
        }.sorted()
    }
}
