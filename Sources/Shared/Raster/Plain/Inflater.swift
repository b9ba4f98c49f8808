import CCompression

/// Unpacks blocks of DEFLATE and ZSTD; its tables are made once.
///
/// Uses `inflate` and `ZSTD_decompressDCtx`.
final class Inflater {
    private var stream = z_stream()
    private var isStarted = false
    private var context: OpaquePointer?

    deinit {
        if isStarted { inflateEnd(&stream) }
        ZSTD_freeDCtx(context)
    }

    /// Whether a zlib stream gave all the bytes that a block has.
    func inflate(
        _ packed: UnsafeRawBufferPointer, into block: UnsafeMutableRawBufferPointer
    ) -> Bool {
        guard packed.count <= Int(UInt32.max), block.count <= Int(UInt32.max) else { return false }
        guard isStarted ? inflateReset(&stream) == Z_OK : matter_inflate_init(&stream) == Z_OK
        else { return false }
        isStarted = true
        // zlib does not write through `next_in`; its type is from before `const`.
        stream.next_in = UnsafeMutablePointer(
            mutating: packed.baseAddress?.assumingMemoryBound(to: UInt8.self))
        stream.avail_in = UInt32(packed.count)
        stream.next_out = block.baseAddress?.assumingMemoryBound(to: UInt8.self)
        stream.avail_out = UInt32(block.count)
        let status = CCompression.inflate(&stream, Z_FINISH)
        // A stream that holds more than the block is cut off, as libtiff does.
        return (status == Z_STREAM_END || status == Z_BUF_ERROR) && stream.avail_out == 0
    }

    /// Whether a Zstandard frame gave all the bytes that a block has.
    ///
    /// - Throws: `TIFFFault`, `notPlain` for a frame that holds more than the block: libtiff cuts it off.
    func unpackZSTD(
        _ packed: UnsafeRawBufferPointer, into block: UnsafeMutableRawBufferPointer
    ) throws(TIFFFault) -> Bool {
        if context == nil { context = ZSTD_createDCtx() }
        let count = ZSTD_decompressDCtx(
            context, block.baseAddress, block.count, packed.baseAddress, packed.count)
        guard ZSTD_getErrorCode(count) != ZSTD_error_dstSize_tooSmall else { throw .notPlain }
        return count == block.count
    }
}
