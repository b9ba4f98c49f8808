public import Foundation
import Glibc

/// Publishes files whole: whatever has its real name is complete, and what was there before survives any failure.
public enum AtomicFile {
    /// Writes bytes beside the target, syncs, renames onto it and syncs the folder.
    ///
    /// Devices and pipes are streamed to. A symbolic link is never replaced or followed to a file.
    /// What a killed writer left beside the target is overwritten by the next write of that target.
    /// - Throws: `ManifestError`: `cannotCreate`, `notPermitted`, or `io` (disk full, device error).
    public static func write(_ bytes: some ContiguousBytes, to path: String) throws {
        try bytes.withUnsafeBytes { (bytes: UnsafeRawBufferPointer) in
            switch try target(at: path) {
            case .stream: try stream(bytes, to: path)
            case .file: try publish(bytes, to: path)
            }
        }
    }

    /// Writes text as UTF-8, as `write(_:to:)` of bytes does.
    /// - Throws: `ManifestError` as there.
    public static func write(_ text: String, to path: String) throws {
        try write(Array(text.utf8), to: path)
    }

    /// Makes a folder and those above it; one that is there already is fine.
    /// - Throws: `ManifestError`: `cannotCreate` or `notPermitted`.
    public static func makeFolder(at path: String) throws {
        var made = path.hasPrefix("/") ? "/" : ""
        for part in path.split(separator: "/", omittingEmptySubsequences: true) {
            made += (made.isEmpty || made.hasSuffix("/") ? "" : "/") + part
            var status = stat()
            guard mkdir(made, 0o777) != 0 else { continue }
            let reason = errno
            guard stat(made, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
                throw ManifestError(
                    errno: reason, path: made, while: .writing, "cannot create the folder")
            }
        }
    }

    /// Removes what killed writers left in a folder; files that a writer still holds are left alone.
    /// - Throws: `ManifestError` if the folder cannot be listed.
    public static func removeLeftovers(in folder: String) throws {
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: folder)
        } catch {
            throw ManifestError(.io, path: folder, "cannot list the folder")
        }
        for name in names where name.hasPrefix(".") && name.hasSuffix(suffix) {
            let path = "\(folder)/\(name)"
            guard let file = try? OpenFile(path, O_WRONLY | O_NOFOLLOW, for: .writing),
                try file.lock(waits: false), try file.isStillNamed()
            else { continue }
            unlink(path)
        }
    }

    static let suffix = ".partial"

    enum Target { case file, stream }

    static func target(at path: String) throws -> Target {
        var status = stat()
        guard lstat(path, &status) == 0 else { return .file }
        let isLink = status.st_mode & S_IFMT == S_IFLNK
        if isLink, stat(path, &status) != 0 { status.st_mode = S_IFREG }
        switch status.st_mode & S_IFMT {
        case S_IFCHR, S_IFIFO, S_IFSOCK, S_IFBLK: return .stream
        case S_IFDIR:
            throw ManifestError(.cannotCreate, path: path, "is a folder; name a file")
        default: break
        }
        guard !isLink else {
            throw ManifestError(
                .cannotCreate, path: path, "is a symbolic link; name the file itself")
        }
        return .file
    }

    private static func stream(_ bytes: UnsafeRawBufferPointer, to path: String) throws {
        try OpenFile(path, O_WRONLY, for: .writing).write(all: bytes)
    }

    private static func publish(_ bytes: UnsafeRawBufferPointer, to path: String) throws {
        let (folder, _) = splitPath(path)
        let partial = try lockedPartial(for: path)
        do {
            guard ftruncate(partial.descriptor, 0) == 0 else {
                throw ManifestError(errno: errno, path: path, while: .writing, "cannot empty")
            }
            try partial.writeDirectly(all: bytes)
            try partial.synchronize()
            guard rename(partial.path, path) == 0 else {
                throw ManifestError(errno: errno, path: path, while: .writing, "cannot rename")
            }
        } catch {
            unlink(partial.path)
            throw (error as? ManifestError)?.at(path: path) ?? error
        }
        try OpenFile(folder, O_RDONLY | O_DIRECTORY, for: .writing).synchronize()
    }

    /// Opens the one partial file that a target has; the lock makes two writers of one target take turns.
    static func lockedPartial(for path: String) throws -> OpenFile {
        let name = partialPath(for: path)
        while true {
            let file: OpenFile
            do {
                file = try OpenFile(name, O_WRONLY | O_CREAT | O_NOFOLLOW, for: .writing)
            } catch {
                throw error.at(path: path)
            }
            _ = try file.lock(waits: true)
            if try file.isStillNamed() { return file }
        }
    }

    static func partialPath(for path: String) -> String {
        let (folder, name) = splitPath(path)
        let isLong = name.utf8.count + suffix.utf8.count + 1 > 255
        return "\(folder)/.\(isLong ? SHA256Digest(of: Array(name.utf8)).hex : name)\(suffix)"
    }
}
