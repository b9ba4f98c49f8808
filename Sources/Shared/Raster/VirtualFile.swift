import CGDAL

/// Bytes of a file as GDAL sees it, on disk or in `/vsimem/`.
struct VirtualFile: ~Copyable {
    private let handle: UnsafeMutablePointer<VSILFILE>
    /// The file's length.
    let bytes: Int

    init(_ path: String, failing code: RasterError.Code = .io) throws(RasterError) {
        handle = try GDALLibrary.collectingErrors(code, path: path, "cannot open") {
            VSIFOpenL(path, "rb").map { UnsafeMutablePointer(mutating: $0) }
        }
        VSIFSeekL(handle, 0, SEEK_END)
        bytes = Int(VSIFTellL(handle))
    }

    deinit { VSIFCloseL(handle) }

    /// Up to `count` bytes from an offset on; fewer where the file ends.
    func read(at offset: Int, count: Int) -> [UInt8] {
        guard offset >= 0, offset < bytes, count > 0 else { return [] }
        VSIFSeekL(handle, vsi_l_offset(offset), SEEK_SET)
        return [UInt8](unsafeUninitializedCapacity: min(count, bytes - offset)) { buffer, read in
            read = VSIFReadL(buffer.baseAddress, 1, buffer.count, handle)
        }
    }

    /// A big-endian number of up to 8 bytes, or nil where the file ends before.
    func number(at offset: Int, bytes count: Int) -> Int? {
        let digits = read(at: offset, count: count)
        guard digits.count == count else { return nil }
        return Int(exactly: digits.reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
    }
}
