import Glibc

extension AtomicFile {
    /// How a file came to be in two places.
    public enum Sharing: Sendable {
        /// A file of its own whose bytes the file system shares until one of the two is written to.
        case clone
        /// A second name of the same file.
        case link
        /// A copy.
        case copy
    }

    /// Publishes a file under a second path: as a clone where the file system makes some, else as a hard link, else as a copy.
    ///
    /// The source stays as it is. As with `write(_:to:)`, what has its real name is whole, whenever the process is killed.
    /// - Returns: How.
    /// - Throws: `ManifestError`: `missing`, `cannotCreate`, `notPermitted` or `io`.
    @discardableResult
    public static func share(_ source: String, to path: String) throws -> Sharing {
        let file = try OpenFile(source, O_RDONLY | O_NOFOLLOW, for: .reading)
        guard try file.status().st_mode & S_IFMT == S_IFREG else {
            throw ManifestError(.invalid, path: source, "is not a regular file")
        }
        guard try target(at: path) == .file else {
            throw ManifestError(.cannotCreate, path: path, "is no file; name one")
        }
        if try clone(file, to: path) { return .clone }
        if try link(file, to: path) { return .link }
        try write(WholeFile.read(source, limit: .max), to: path)
        return .copy
    }

    /// Linux's FICLONE, `_IOW(0x94, 9, int)`.
    private static let clone: UInt = 0x4004_9409

    private static func clone(_ source: borrowing OpenFile, to path: String) throws -> Bool {
        let partial = try lockedPartial(for: path)
        guard ftruncate(partial.descriptor, 0) == 0,
            ioctl(partial.descriptor, clone, source.descriptor) == 0
        else {
            unlink(partial.path)
            return false
        }
        try partial.synchronize()
        try publish(partial.path, as: path)
        return true
    }

    private static func link(_ source: borrowing OpenFile, to path: String) throws -> Bool {
        let partial = partialPath(for: path)
        unlink(partial)
        guard Glibc.link(source.path, partial) == 0 else { return false }
        // Bytes of the source that are not on the disk yet.
        try source.synchronize()
        try publish(partial, as: path)
        // Of two names of one file, renaming leaves both.
        unlink(partial)
        return true
    }

    private static func publish(_ partial: String, as path: String) throws {
        guard rename(partial, path) == 0 else {
            let error = ManifestError(errno: errno, path: path, while: .writing, "cannot rename")
            unlink(partial)
            throw error
        }
        try OpenFile(splitPath(path).folder, O_RDONLY | O_DIRECTORY, for: .writing).synchronize()
    }
}
