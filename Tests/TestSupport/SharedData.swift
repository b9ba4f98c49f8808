import Foundation

/// Real data that is not in the repository; tests that need it say so and are skipped without it.
public enum SharedData {
    /// The folder, from `MATTER_SHARED_DATA`, else `../shared/data` beside the checkout; nil if it is not there.
    public static let folder: String? = {
        let named = ProcessInfo.processInfo.environment["MATTER_SHARED_DATA"]
        let path =
            named
            ?? URL(filePath: #filePath).appending(path: "../../../../shared/data").standardized.path
        var isFolder: ObjCBool = false
        let exists = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
        return exists && isFolder.boolValue ? path : nil
    }()

    /// Whether there is any.
    public static var isAvailable: Bool { folder != nil }

    /// The path of a file or folder in it, or nil if that is not there.
    public static func path(_ relative: String) -> String? {
        guard let folder else { return nil }
        let path = "\(folder)/\(relative)"
        return FileManager.default.fileExists(atPath: path) ? path : nil
    }
}
