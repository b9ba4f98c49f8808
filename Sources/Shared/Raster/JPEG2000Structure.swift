/// Walks the boxes and tile-parts of a JPEG 2000 file, because the decoder takes a cut file for a whole one.
///
/// ISO/IEC 15444-1, annexes A (codestream) and I (JP2 boxes).
enum JPEG2000Structure {
    /// The signature box with which every JP2 file begins.
    static let signature: [UInt8] = [0, 0, 0, 0x0C, 0x6A, 0x50, 0x20, 0x20, 0x0D, 0x0A, 0x87, 0x0A]

    /// Checks that every box and every tile-part is inside of the file, and that the codestream has its end.
    static func check(_ file: borrowing VirtualFile, path: String) throws(RasterError) {
        let isBare = file.number(at: 0, bytes: 2) == 0xFF4F
        guard let codestream = isBare ? 0..<file.bytes : try findCodestream(file, path: path) else {
            throw broken(path, "it has no codestream")
        }
        try checkTileParts(file, codestream, path: path)
    }

    private static func broken(_ path: String, _ reason: String) -> RasterError {
        RasterError(
            .unreadable, path: path,
            "broken or truncated JPEG 2000: \(reason); fetch the file again")
    }

    private static func findCodestream(
        _ file: borrowing VirtualFile, path: String
    ) throws(RasterError) -> Range<Int>? {
        var offset = 0
        var codestream: Range<Int>?
        while offset < file.bytes {
            guard let short = file.number(at: offset, bytes: 4),
                let kind = file.number(at: offset + 4, bytes: 4)
            else { throw broken(path, "a box begins at byte \(offset) and ends too early") }
            var length = short
            var header = 8
            if short == 1 {
                guard let long = file.number(at: offset + 8, bytes: 8) else {
                    throw broken(path, "the box at byte \(offset) has no length")
                }
                (length, header) = (long, 16)
            } else if short == 0 {
                length = file.bytes - offset
            }
            guard length >= header, length <= file.bytes - offset else {
                throw broken(
                    path, "the box at byte \(offset) is \(length) bytes, the file has \(file.bytes)"
                )
            }
            if kind == 0x6A70_3263, codestream == nil {
                codestream = offset + header..<offset + length
            }
            offset += length
        }
        return codestream
    }

    private static func checkTileParts(
        _ file: borrowing VirtualFile, _ codestream: Range<Int>, path: String
    ) throws(RasterError) {
        var offset = codestream.lowerBound + 2
        while let marker = file.number(at: offset, bytes: 2), offset < codestream.upperBound {
            if marker == 0xFFD9 { return }
            guard marker > 0xFF00, let length = file.number(at: offset + 2, bytes: 2), length >= 2
            else { throw broken(path, "no marker at byte \(offset) of \(file.bytes)") }
            guard marker == 0xFF90 else {
                offset += 2 + length
                continue
            }
            let end = codestream.upperBound - 2
            let tilePart = file.number(at: offset + 6, bytes: 4) ?? 0
            let next = tilePart == 0 ? end : offset + tilePart
            guard next <= end, next > offset else {
                throw broken(
                    path, "the tile part at byte \(offset) reaches beyond the end (\(file.bytes))")
            }
            offset = next
        }
        throw broken(path, "the codestream has no end marker")
    }
}
