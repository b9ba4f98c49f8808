import CCompression

/// Unpacks files that are lists packed with bzip2, as BigEarthNet's official lists are.
enum BZip2 {
    /// All bytes of a packed file, refused above a limit.
    ///
    /// Uses `BZ2_bzDecompress`.
    /// - Throws: `BenchError`, 65.
    static func unpack(_ packed: [UInt8], path: String, limit: Int = 1 << 28) throws -> [UInt8] {
        var packed = packed
        var result: [UInt8] = []
        var piece = [CChar](repeating: 0, count: 1 << 16)
        let isWhole = packed.withUnsafeMutableBytes { input in
            piece.withUnsafeMutableBufferPointer { output in
                unpack(input, through: output, to: &result, limit: limit)
            }
        }
        guard isWhole else {
            throw BenchError(
                .invalid,
                "\(path): is no whole bzip2 file of at most \(limit) bytes; get it again, or unpack it with bunzip2"
            )
        }
        return result
    }

    private static func unpack(
        _ input: UnsafeMutableRawBufferPointer, through output: UnsafeMutableBufferPointer<CChar>,
        to result: inout [UInt8], limit: Int
    ) -> Bool {
        var stream = bz_stream()
        guard !input.isEmpty, BZ2_bzDecompressInit(&stream, 0, 0) == BZ_OK else { return false }
        defer { BZ2_bzDecompressEnd(&stream) }
        stream.next_in = input.baseAddress?.assumingMemoryBound(to: CChar.self)
        stream.avail_in = UInt32(clamping: input.count)
        while result.count <= limit {
            stream.next_out = output.baseAddress
            stream.avail_out = UInt32(output.count)
            let status = BZ2_bzDecompress(&stream)
            let got = output.count - Int(stream.avail_out)
            result += UnsafeRawBufferPointer(output)[..<got]
            if status == BZ_STREAM_END { return stream.avail_in == 0 }
            guard status == BZ_OK, got > 0 || stream.avail_in > 0 else { return false }
        }
        return false
    }
}
