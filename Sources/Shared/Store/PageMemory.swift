/// Whole pages of memory as a large value of LMDB has them in its file: a head, the value, zeros up to the end.
///
/// It begins at a page, as writing past the system's cache asks for, so that a record goes to the disk from where it was made.
final class PageMemory: Sendable {
    /// Bytes of a page, in memory and in the files that are written here.
    static let pageSize = 4096
    /// Bytes before a value.
    static let headLength = 16

    private nonisolated(unsafe) let base: UnsafeMutableRawPointer
    /// Bytes of the value.
    let byteCount: Int

    /// Room for a value; only its last page's rest is set.
    init(valueOf byteCount: Int) {
        self.byteCount = byteCount
        let length = Self.pages(ofValue: byteCount) * Self.pageSize
        base = .allocate(byteCount: length, alignment: Self.pageSize)
        let end = Self.headLength + byteCount
        (base + end).initializeMemory(as: UInt8.self, repeating: 0, count: length - end)
    }

    deinit { base.deallocate() }

    /// Pages that a value takes.
    static func pages(ofValue byteCount: Int) -> Int {
        (headLength + byteCount + pageSize - 1) / pageSize
    }

    /// How many pages there are.
    var pageCount: Int { Self.pages(ofValue: byteCount) }

    /// All pages.
    var pages: UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(start: base, count: pageCount * Self.pageSize)
    }

    /// The value.
    var value: UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(start: base + Self.headLength, count: byteCount)
    }

    /// The head of a run of pages at a place of the file, as its two words: its number, flags and how many pages it has.
    static func head(ofRun pageCount: Int, at page: Int) -> (UInt64, UInt64) {
        (UInt64(page).littleEndian, (UInt64(pageCount) << 32 | UInt64(4) << 16).littleEndian)
    }

    /// Writes the head for a place of the file.
    func place(at page: Int) {
        let (number, run) = Self.head(ofRun: pageCount, at: page)
        base.storeBytes(of: number, as: UInt64.self)
        base.storeBytes(of: run, toByteOffset: 8, as: UInt64.self)
    }
}
