import Glibc

/// A file that whole pages are written to, past the system's cache where the file system lets them.
///
/// Records are written once and larger than any cache: copying them into it costs more than making them, and they would drive out
/// what is still to be read.
final class DirectFile {
    /// `O_DIRECT` of x86-64 Linux, which Swift does not import.
    private static let direct: Int32 = 0o40000

    private let descriptor: Int32
    private let store: String
    private let name: String
    private var isDirect: Bool

    /// Opens or makes a file of a store.
    ///
    /// - Throws: `StoreError`: `cannotCreate`, `outOfResources`.
    init(_ path: String, store: String) throws {
        self.store = store
        name = path.split(separator: "/").last.map(String.init) ?? path
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else {
            let code: StoreError.Code =
                [EMFILE, ENFILE].contains(errno) ? .outOfResources : .cannotCreate
            throw StoreError(
                code, path: store, "cannot open \(name): \(String(cString: strerror(errno)))")
        }
        isDirect = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | Self.direct) == 0
    }

    deinit { close(descriptor) }

    /// How long the file is.
    ///
    /// - Throws: `StoreError` (`io`).
    func size() throws -> Int {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw fault("cannot be examined") }
        return Int(status.st_size)
    }

    /// Cuts the file off, or makes it longer.
    ///
    /// - Throws: `StoreError` (`io`).
    func resize(to size: Int) throws {
        guard ftruncate(descriptor, size) == 0 else {
            throw fault("cannot be cut to \(size) bytes")
        }
    }

    /// Writes pages one after another from a page on.
    ///
    /// - Throws: `StoreError` (`io`).
    func write(_ pieces: [PageMemory], at page: Int) throws {
        // As many as one call takes.
        var (rest, place) = (pieces[...], page)
        while !rest.isEmpty {
            let some = rest.prefix(512)
            try writeSome(some, at: place * PageMemory.pageSize)
            place += some.reduce(0) { $0 + $1.pageCount }
            rest = rest.dropFirst(512)
        }
    }

    private func writeSome(_ pieces: ArraySlice<PageMemory>, at offset: Int) throws {
        var vectors = pieces.map {
            iovec(iov_base: $0.pages.baseAddress, iov_len: $0.pages.count)
        }
        defer { withExtendedLifetime(pieces) {} }
        var (first, place) = (0, offset)
        while first < vectors.count {
            let written = vectors[first...].withUnsafeBufferPointer {
                pwritev(descriptor, $0.baseAddress, Int32($0.count), place)
            }
            if written < 0 {
                if errno == EINTR { continue }
                // Some file systems take the wish and refuse the write.
                if errno == EINVAL, isDirect {
                    isDirect = false
                    _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) & ~Self.direct)
                    continue
                }
                throw fault("cannot be written at \(place)")
            }
            place += written
            var left = written
            while first < vectors.count, left >= vectors[first].iov_len {
                left -= vectors[first].iov_len
                first += 1
            }
            guard left > 0 else { continue }
            vectors[first].iov_base = vectors[first].iov_base.advanced(by: left)
            vectors[first].iov_len -= left
        }
    }

    /// Forces what was written onto the disk; a failure is final, never tried again.
    ///
    /// - Throws: `StoreError` (`io`).
    func synchronize() throws {
        guard fdatasync(descriptor) == 0 else { throw fault("cannot be forced onto the disk") }
    }

    private func fault(_ doing: String) -> StoreError {
        let reason = String(cString: strerror(errno))
        return StoreError(.io, path: store, "\(name) \(doing): \(reason)")
    }
}
