import Glibc

/// Memory that is kept and used again, so that the second file of a size allocates nothing.
struct ReusedBytes: ~Copyable {
    private(set) var all = UnsafeMutableRawBufferPointer(start: nil, count: 0)

    init() {}

    deinit { free(all.baseAddress) }

    /// Memory of at least so many bytes, aligned to 64; what was in it is lost if it has to grow.
    ///
    /// - Returns: All of the memory; `nil` where there is not so much.
    mutating func reserve(_ count: Int) -> UnsafeMutableRawBufferPointer? {
        guard count > all.count else { return all }
        let (rounded, overflows) = count.addingReportingOverflow(63)
        guard !overflows, let memory = aligned_alloc(64, rounded & ~63) else { return nil }
        free(all.baseAddress)
        all = UnsafeMutableRawBufferPointer(start: memory, count: rounded & ~63)
        return all
    }
}
