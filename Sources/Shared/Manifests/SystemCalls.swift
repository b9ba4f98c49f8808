import Glibc

/// An open file; closed at the end of its life.
struct OpenFile: ~Copyable {
    let descriptor: Int32
    let path: String

    /// Opens a file, with close-on-exec.
    init(_ path: String, _ flags: Int32, for access: FileAccess) throws(ManifestError) {
        guard !path.isEmpty, !path.utf8.contains(0) else {
            throw ManifestError(
                access == .reading ? .missing : .cannotCreate, path: path,
                "not a path: empty, or with a NUL byte in it")
        }
        var descriptor: Int32
        repeat {
            descriptor = open(path, flags | O_CLOEXEC, 0o666)
        } while descriptor < 0 && errno == EINTR
        guard descriptor >= 0 else {
            throw ManifestError(errno: errno, path: path, while: access, "cannot open")
        }
        self.descriptor = descriptor
        self.path = path
    }

    deinit { close(descriptor) }

    /// What the system knows of the open file.
    func status() throws(ManifestError) -> stat {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            throw ManifestError(errno: errno, path: path, while: .reading, "cannot examine")
        }
        return status
    }

    /// Writes all bytes, however many calls that takes.
    func write(all bytes: UnsafeRawBufferPointer) throws(ManifestError) {
        var rest = bytes
        while let start = rest.baseAddress, !rest.isEmpty {
            let count = Glibc.write(descriptor, start, min(rest.count, 1 << 30))
            if count < 0 {
                if errno == EINTR { continue }
                throw ManifestError(
                    errno: errno, path: path, while: .writing,
                    "cannot write \(bytes.count) bytes")
            }
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
    }

    /// Reads until the buffer is full or the file ends; returns the number of bytes read.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws(ManifestError) -> Int {
        var filled = 0
        while let start = buffer.baseAddress, filled < buffer.count {
            let count = Glibc.read(descriptor, start + filled, buffer.count - filled)
            if count < 0 {
                if errno == EINTR { continue }
                throw ManifestError(errno: errno, path: path, while: .reading, "cannot read")
            }
            if count == 0 { break }
            filled += count
        }
        return filled
    }

    /// Reads bytes at a place, fewer where the file ends before; where it is read and written next does not move.
    func read(at offset: Int, count: Int) throws(ManifestError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var filled = 0
        while filled < count {
            let found = bytes.withUnsafeMutableBytes {
                pread(
                    descriptor, $0.baseAddress.map { $0 + filled }, count - filled, offset + filled)
            }
            if found < 0 {
                if errno == EINTR { continue }
                throw ManifestError(errno: errno, path: path, while: .reading, "cannot read")
            }
            if found == 0 { break }
            filled += found
        }
        return Array(bytes.prefix(filled))
    }

    /// Forces what was written onto the disk; a failure is final, never tried again.
    func synchronize() throws(ManifestError) {
        guard fsync(descriptor) == 0 else {
            throw ManifestError(errno: errno, path: path, while: .writing, "cannot sync to disk")
        }
    }

    /// Takes the lock on the open file; false if `waits` is false and another has it.
    func lock(waits: Bool) throws(ManifestError) -> Bool {
        while flock(descriptor, LOCK_EX | (waits ? 0 : LOCK_NB)) != 0 {
            if errno == EINTR { continue }
            if errno == EWOULDBLOCK { return false }
            // NFS without its lock service, and file systems that know no locks.
            if [ENOLCK, EOPNOTSUPP, ENOSYS].contains(errno) {
                throw ManifestError(
                    .unavailable, path: path,
                    "cannot lock: \(String(cString: strerror(errno))); nothing keeps two runs from writing here at once: name "
                        + "a folder on a file system with locks, or mount this one with them")
            }
            throw ManifestError(errno: errno, path: path, while: .writing, "cannot lock")
        }
        return true
    }

    /// Whether the file's name still leads to this open file.
    func isStillNamed() throws(ManifestError) -> Bool {
        var named = stat()
        guard lstat(path, &named) == 0 else { return false }
        let own = try status()
        return own.st_ino == named.st_ino && own.st_dev == named.st_dev
    }
}

/// The folder part and the last part of a path.
func splitPath(_ path: String) -> (folder: String, name: String) {
    guard let slash = path.lastIndex(of: "/") else { return (".", path) }
    let folder = String(path[..<slash])
    return (folder.isEmpty ? "/" : folder, String(path[path.index(after: slash)...]))
}
