import Glibc

/// The part of a file that its blocks are unpacked from: as small as a processor's cache.
struct BlockWindow: ~Copyable {
    private static let bytes = 1 << 18

    private var memory = ReusedBytes()
    /// What of the file lies in `memory`.
    private var range = 0..<0

    /// Forgets what file it looked at.
    mutating func forget() { range = 0..<0 }

    /// The bytes of a block: of the file's beginning where they lie in it, else read, with those behind it.
    ///
    /// - Returns: The bytes, valid until the next call.
    /// - Throws: `TIFFFault`: `system`; `broken` for a file that ends before it.
    mutating func bytes(
        _ block: Range<Int>, of header: TIFFHeader, _ file: borrowing OpenFile
    ) throws(TIFFFault) -> UnsafeRawBufferPointer {
        let head = header.bytes.all
        if block.upperBound <= head.count { return UnsafeRawBufferPointer(rebasing: head[block]) }
        if block.lowerBound < range.lowerBound || block.upperBound > range.upperBound {
            let count = min(max(block.count, Self.bytes), header.fileSize - block.lowerBound)
            guard let all = memory.reserve(count) else { throw .system(ENOMEM, "cannot be read") }
            let read = try file.readAll(
                into: UnsafeMutableRawBufferPointer(rebasing: all[..<count]),
                from: block.lowerBound)
            range = block.lowerBound..<block.lowerBound + read.count
            guard read.count >= block.count else {
                throw .broken("ends at \(range.upperBound), within a block of its image")
            }
        }
        let start = block.lowerBound - range.lowerBound
        return UnsafeRawBufferPointer(rebasing: memory.all[start..<start + block.count])
    }
}
