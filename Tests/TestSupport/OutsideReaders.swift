import Foundation

/// Programs of others that read what ours write: scripts in `script/`, which install them below the cache folder when first run.
public enum OutsideReaders {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    /// The path of a script.
    public static func script(_ name: String) -> String {
        root.appending(path: "script/\(name)").path
    }

    /// Whether readers are installed and the programs that scripts start are built.
    public static func are(in environment: String) -> Bool {
        let variables = ProcessInfo.processInfo.environment
        let cache = variables["XDG_CACHE_HOME"] ?? "\(variables["HOME"] ?? "")/.cache"
        return FileManager.default.fileExists(
            atPath: "\(cache)/matter-suite/\(environment)/complete")
            && FileManager.default.isExecutableFile(
                atPath: root.appending(path: ".build/release/matter-model").path)
    }
}
