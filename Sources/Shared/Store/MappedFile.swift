import Glibc

/// A file mapped for reading; its pages come from the disk when they are asked for, and never by a signal.
///
/// What was mapped stays whole where the file's name goes to another file meanwhile. A file that is cut short, or a disk that
/// fails, is an error of `prepare`.
final class MappedFile: Sendable {
    let path: String
    private nonisolated(unsafe) let base: UnsafeRawPointer
    /// Bytes of the file when it was opened.
    let count: Int
    private let descriptor: Int32

    /// Maps a file of at least one byte.
    ///
    /// - Throws: `StoreError`: `missing`, `invalid` for what is no file or empty, `io`, `outOfResources`, `notPermitted`.
    init(_ path: String, store: String) throws {
        self.path = path
        let name = path.split(separator: "/").last.map(String.init) ?? path
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw Self.error(errno, store, "cannot open \(name)") }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
            status.st_size > 0
        else {
            close(descriptor)
            throw StoreError(.invalid, path: store, "\(name) is empty or no file; \(Self.remedy)")
        }
        let size = Int(status.st_size)
        guard let base = mmap(nil, size, PROT_READ, MAP_SHARED, descriptor, 0),
            base != MAP_FAILED
        else {
            let reason = errno
            close(descriptor)
            throw Self.error(reason, store, "cannot map \(name)")
        }
        (self.base, count, self.descriptor) = (UnsafeRawPointer(base), size, descriptor)
    }

    deinit {
        munmap(UnsafeMutableRawPointer(mutating: base), count)
        close(descriptor)
    }

    /// All bytes; look only at what `prepare` was asked for.
    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: count) }

    /// Brings bytes into memory, trying three times.
    ///
    /// - Throws: `StoreError` (`io`) where the disk does not give them, (`invalid`) where the file has become shorter.
    func prepare(_ range: Range<Int>, store: String, key: String?) throws {
        guard let reason = failure(range) else { return }
        guard isWhole(range.upperBound) else {
            throw StoreError(
                .invalid, path: store, key: key,
                "the file was cut off while it was read; \(Self.remedy)")
        }
        throw StoreError(
            .io, path: store, key: key,
            "cannot read \(range.count) bytes at \(range.lowerBound), tried three times: \(String(cString: strerror(reason)))"
        )
    }

    /// Populates pages, which on a failure tells so where a touch would end the process; nil where that went well.
    private func failure(_ range: Range<Int>) -> Int32? {
        let page = Int(sysconf(Int32(_SC_PAGESIZE)))
        let start = range.lowerBound / page * page
        let populateRead: Int32 = 22
        let address = UnsafeMutableRawPointer(mutating: base + start)
        var reason: Int32 = 0
        for _ in 0..<3 {
            guard madvise(address, range.upperBound - start, populateRead) != 0 else { return nil }
            reason = errno
            // Before Linux 5.14 there is no such advice: pages then come when they are touched.
            if reason == EINVAL { return isWhole(range.upperBound) ? nil : EIO }
        }
        return reason
    }

    /// Whether the file still has that many bytes.
    private func isWhole(_ end: Int) -> Bool {
        var status = stat()
        return fstat(descriptor, &status) == 0 && status.st_size >= end
    }

    private static let remedy = "pack the store again"

    private static func error(_ number: Int32, _ store: String, _ doing: String) -> StoreError {
        let code: StoreError.Code =
            switch number {
            case ENOENT, ENOTDIR: .missing
            case EMFILE, ENFILE, ENOMEM: .outOfResources
            case EACCES, EPERM: .notPermitted
            default: .io
            }
        return StoreError(code, path: store, "\(doing): \(String(cString: strerror(number)))")
    }
}
