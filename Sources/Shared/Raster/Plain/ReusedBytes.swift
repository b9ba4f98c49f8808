import Glibc

/// Memory that is kept and used again, so that the second file of a size allocates nothing.
struct ReusedBytes: ~Copyable {
    private(set) var all = UnsafeMutableRawBufferPointer(start: nil, count: 0)

    init() {}

    deinit { free(all.baseAddress) }

    /// Memory of at least so many bytes, aligned to 64; what was in it is lost if it has to grow.
    ///
    /// - Throws: `RasterError`, `outOfResources`.
    mutating func reserve(_ count: Int) throws(RasterError) -> UnsafeMutableRawBufferPointer {
        guard count > all.count else { return all }
        let (rounded, overflows) = count.addingReportingOverflow(63)
        guard !overflows, let memory = aligned_alloc(64, rounded & ~63) else {
            throw RasterError(.outOfResources, "no memory for \(count) bytes of a raster")
        }
        free(all.baseAddress)
        all = UnsafeMutableRawBufferPointer(start: memory, count: rounded & ~63)
        return all
    }
}
