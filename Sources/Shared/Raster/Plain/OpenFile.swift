import Glibc

/// A file that is open for reading, closed with the end of its scope.
struct OpenFile: ~Copyable {
    private let descriptor: Int32

    /// A file of which all bytes are in memory already, so that none is ever read.
    init() { descriptor = -1 }

    /// Opens a file; a pipe or a device is never waited for.
    ///
    /// - Throws: `TIFFFault` (`system`).
    init(_ path: UnsafePointer<CChar>, in folder: Int32) throws(TIFFFault) {
        descriptor = try Self.again("cannot open") {
            openat(folder, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// Its bytes from an offset on, as many as one call gives.
    ///
    /// - Throws: `TIFFFault` (`system`).
    func read(
        into memory: UnsafeMutableRawBufferPointer, from offset: Int = 0
    ) throws(TIFFFault) -> UnsafeRawBufferPointer {
        let descriptor = descriptor
        let count = try Self.again("cannot be read") {
            pread(descriptor, memory.baseAddress, memory.count, offset)
        }
        return UnsafeRawBufferPointer(rebasing: memory[..<count])
    }

    /// Its bytes from an offset on, until the memory is full or the file ends.
    ///
    /// - Throws: `TIFFFault` (`system`).
    func readAll(
        into memory: UnsafeMutableRawBufferPointer, from offset: Int = 0
    ) throws(TIFFFault) -> UnsafeRawBufferPointer {
        var count = 0
        while count < memory.count {
            let rest = UnsafeMutableRawBufferPointer(rebasing: memory[count...])
            let got = try read(into: rest, from: offset + count).count
            if got == 0 { break }
            count += got
        }
        return UnsafeRawBufferPointer(rebasing: memory[..<count])
    }

    /// How many bytes it has.
    ///
    /// - Throws: `TIFFFault`: `system`; `broken` for what is no regular file; `notPlain` for one too large to be read whole.
    func size() throws(TIFFFault) -> Int {
        var status = stat()
        let descriptor = descriptor
        _ = try Self.again("cannot be read") { fstat(descriptor, &status) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw .broken("is not a regular file") }
        guard status.st_size < TIFFHeader.largestImage else { throw .notPlain }
        return Int(status.st_size)
    }

    /// What a call gives that is not interrupted.
    private static func again<Number: SignedInteger>(
        _ doing: StaticString, _ call: () -> Number
    ) throws(TIFFFault) -> Number {
        while true {
            let result = call()
            if result >= 0 { return result }
            guard errno == EINTR else { throw .system(errno, doing) }
        }
    }

    /// The error that a system call's number is told as.
    static func error(_ number: Int32, _ doing: StaticString, path: String) -> RasterError {
        let code: RasterError.Code =
            switch number {
            case ENOENT, ENOTDIR, ENAMETOOLONG: .missing
            case EACCES, EPERM: .notPermitted
            case EISDIR: .unreadable
            case EMFILE, ENFILE, ENOMEM: .outOfResources
            default: .io
            }
        return RasterError(code, path: path, "\(doing): \(String(cString: strerror(number)))")
    }
}
