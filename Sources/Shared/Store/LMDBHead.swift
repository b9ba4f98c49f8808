/// One of the two heads of an LMDB file, as `mdb.c` of LMDB 0.9 lays it out; the one of the later transaction counts.
struct LMDBHead {
    /// The transaction that ended with this head.
    let transaction: UInt64
    /// The last page in use.
    var lastPage: Int
    /// Pages that nobody uses any more.
    var free = LMDBTree.Facts()
    /// The records.
    var records = LMDBTree.Facts()

    /// The head of a file without records.
    static let empty = LMDBHead(transaction: 0, lastPage: 1)

    /// Which of the first two pages it is.
    var page: Int { Int(transaction & 1) }

    /// How much of the file other programs map when they open it for writing: twice as much until all fits, and some.
    private var mapSize: Int {
        var size = 1 << 28
        while size < (lastPage + 65) * PageMemory.pageSize { size *= 2 }
        return size
    }

    /// Writes the head over the first two pages of a file, or the one that it is of them.
    func write(to page: UnsafeMutableRawBufferPointer, number: Int) {
        page.put(UInt64(number), at: 0)
        page.put(UInt16(8), at: 10)
        page.put(UInt32(0xBEEF_C0DE), at: 16)
        page.put(UInt32(1), at: 20)
        page.put(UInt64(mapSize), at: 32)
        // Free pages are found by numbers, not by names.
        page.put(UInt32(PageMemory.pageSize), at: 40)
        page.put(UInt16(8), at: 44)
        Self.write(free, to: page, at: 40)
        Self.write(records, to: page, at: 88)
        page.put(UInt64(lastPage), at: 136)
        page.put(transaction, at: 144)
    }

    private static func write(
        _ tree: LMDBTree.Facts, to page: UnsafeMutableRawBufferPointer, at start: Int
    ) {
        page.put(UInt16(tree.depth), at: start + 6)
        let counts = [tree.branchPages, tree.leafPages, tree.valuePages, tree.entries]
        for (place, count) in counts.enumerated() {
            page.put(UInt64(count), at: start + 8 + 8 * place)
        }
        page.put(tree.root.map { UInt64($0) } ?? .max, at: start + 40)
    }
}
