import Glibc

extension OpenFile {
    /// From how many bytes on direct writing is worth its copy.
    static let fewestDirect = 1 << 20
    /// What places and lengths of direct writes are multiples of: the largest block that common disks have.
    private static let unit = 4096
    private static let part = 1 << 20

    #if arch(arm64)
    private static let direct: Int32 = 0o200000
    #else
    // <fcntl.h> shows O_DIRECT to GNU sources only.
    private static let direct: Int32 = 0o40000
    #endif

    /// Writes all bytes of a file that is still empty, many of them straight to the disk.
    ///
    /// They are synced next in any case, and filling the system's cache with pages that nobody reads soon can cost more than
    /// all the rest of the writing. Where the file system writes through its cache only, so it is done.
    func writeDirectly(all bytes: UnsafeRawBufferPointer) throws(ManifestError) {
        guard bytes.count >= Self.fewestDirect, setsDirect(true) else {
            return try write(all: bytes)
        }
        let done: Int
        do {
            done = try writeUnits(of: bytes)
        } catch {
            _ = setsDirect(false)
            throw error
        }
        guard setsDirect(false) else {
            throw ManifestError(errno: errno, path: path, while: .writing, "cannot go on writing")
        }
        try write(all: UnsafeRawBufferPointer(rebasing: bytes[done...]))
    }

    /// Writes whole units out of memory that begins where the disk wants it; returns how many bytes were written.
    private func writeUnits(of bytes: UnsafeRawBufferPointer) throws(ManifestError) -> Int {
        let buffer = UnsafeMutableRawBufferPointer.allocate(
            byteCount: Self.part, alignment: Self.unit)
        defer { buffer.deallocate() }
        var done = 0
        // After a write that was cut within a unit, the rest goes the ordinary way.
        while bytes.count - done >= Self.unit, done % Self.unit == 0 {
            let count = min(Self.part, (bytes.count - done) / Self.unit * Self.unit)
            buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[done..<done + count]))
            let written = Glibc.write(descriptor, buffer.baseAddress, count)
            guard written < 0 else {
                done += written
                continue
            }
            if errno == EINTR { continue }
            // A disk of larger units.
            if errno == EINVAL { break }
            throw ManifestError(
                errno: errno, path: path, while: .writing, "cannot write \(bytes.count) bytes")
        }
        return done
    }

    private func setsDirect(_ isDirect: Bool) -> Bool {
        let flags = fcntl(descriptor, F_GETFL)
        guard flags >= 0 else { return false }
        return fcntl(
            descriptor, F_SETFL, isDirect ? flags | Self.direct : flags & ~Self.direct) == 0
    }
}
