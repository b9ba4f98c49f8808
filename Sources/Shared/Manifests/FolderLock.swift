import Glibc

/// Holds a folder for one process as long as it lives; the lock dies with its process.
public final class FolderLock: Sendable {
    private let descriptor: Int32
    private let path: String
    /// Whose lock was taken over: "4711 on node7", which ended without giving it back; nil where there was none.
    public let formerHolder: String?

    /// Locks a folder (made if it is not there) through the file `.lock` in it.
    /// - Throws: `ManifestError`: `locked` with the holder's process id, or what keeps the file from being made.
    public init(folder: String) throws {
        try AtomicFile.makeFolder(at: folder)
        path = "\(folder)/.lock"
        while true {
            let file = try OpenFile(path, O_RDWR | O_CREAT | O_NOFOLLOW, for: .writing)
            guard try file.lock(waits: false) else {
                throw ManifestError(
                    .locked, path: folder,
                    "in use by process \(try Self.holder(file)); wait for it, or name another folder"
                )
            }
            guard try file.isStillNamed() else { continue }
            formerHolder = try Self.signature(file)
            try Self.sign(file)
            descriptor = fcntl(file.descriptor, F_DUPFD_CLOEXEC, 0)
            return
        }
    }

    deinit {
        // Whoever opened the file before it lost its name finds out and opens the new one.
        unlink(path)
        close(descriptor)
    }

    /// Writes "process id host" into the file.
    private static func sign(_ file: borrowing OpenFile) throws {
        guard ftruncate(file.descriptor, 0) == 0 else {
            throw ManifestError(errno: errno, path: file.path, while: .writing, "cannot empty")
        }
        var name = [CChar](repeating: 0, count: 256)
        gethostname(&name, name.count - 1)
        let host = name.withUnsafeBytes { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        try Array("\(getpid()) \(host)\n".utf8).withUnsafeBytes { try file.write(all: $0) }
    }

    /// Who signed the file, and since when: "4711 on node7 for 12 s".
    private static func holder(_ file: borrowing OpenFile) throws -> String {
        guard let signature = try signature(file) else { return "unknown" }
        return "\(signature) for \(max(0, time(nil) - (try file.status().st_mtim.tv_sec))) s"
    }

    /// Who signed the file: "4711 on node7"; nil for nobody.
    private static func signature(_ file: borrowing OpenFile) throws -> String? {
        let text = String(decoding: try file.read(at: 0, count: 300), as: UTF8.self)
        let words = text.split { $0 == " " || $0 == "\n" }
        guard let process = words.first else { return nil }
        return words.count > 1 ? "\(process) on \(words[1])" : String(process)
    }
}
