import CCompression

/// Packs blocks by DEFLATE or Zstandard; its tables are made once.
///
/// Uses `compress2` and `ZSTD_compressCCtx`.
final class BlockPacker {
    private static let (zstdLevel, deflateLevel) = (Int32(1), Int32(6))

    private let compression: TIFFCompression
    private let context: OpaquePointer?

    init(_ compression: TIFFCompression) {
        self.compression = compression
        context = compression == .zstd ? ZSTD_createCCtx() : nil
    }

    deinit { ZSTD_freeCCtx(context) }

    /// The packed bytes of a block.
    ///
    /// - Throws: `RasterError`, `outOfResources`.
    func pack(_ block: [UInt8]) throws(RasterError) -> [UInt8] {
        let most =
            compression == .zstd
            ? ZSTD_compressBound(block.count) : Int(compressBound(UInt(block.count)))
        var isPacked = false
        let packed = [UInt8](unsafeUninitializedCapacity: most) { buffer, count in
            switch compression {
            case .zstd:
                let written = ZSTD_compressCCtx(
                    context, buffer.baseAddress, most, block, block.count, Self.zstdLevel)
                isPacked = ZSTD_isError(written) == 0
                count = isPacked ? written : 0
            case .deflate:
                var written = UInt(most)
                isPacked =
                    compress2(
                        buffer.baseAddress, &written, block, UInt(block.count), Self.deflateLevel)
                    == Z_OK
                count = isPacked ? Int(written) : 0
            }
        }
        guard isPacked else {
            throw RasterError(.outOfResources, "cannot pack a block of \(block.count) bytes")
        }
        return packed
    }
}
