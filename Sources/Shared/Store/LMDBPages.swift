/// Why a file is refused; which file, the reader knows.
struct PageFault: Error {
    let reason: String

    init(_ reason: String) { self.reason = reason }
}

/// The pages of an LMDB file, each handed out once and only where it lies in the file.
struct LMDBPages {
    /// What the newer of the two heads says.
    struct Meta {
        let pageSize: Int
        let root: Int?
        let entries: Int
        /// The last page in use.
        let lastPage: Int
        let transaction: UInt64
    }

    /// Bytes that hold both heads, whatever the size of pages.
    static let headLength = 2 << 16
    private static let (magic, version): (UInt32, UInt32) = (0xBEEF_C0DE, 1)
    private static let headerLength = 16
    private static let (branch, leaf, overflow, metaPage): (UInt16, UInt16, UInt16, UInt16) = (
        1, 2, 4, 8
    )

    let meta: Meta
    private let bytes: UnsafeRawBufferPointer
    private var seen: [Bool]
    /// Brings bytes into memory before they are looked at.
    var prepare: (Range<Int>) throws -> Void = { _ in }

    /// Reads both heads of a file whose first `headLength` bytes are in memory.
    init(_ bytes: UnsafeRawBufferPointer) throws {
        let first = try Self.meta(bytes, at: 0)
        let second = try Self.meta(bytes, at: first.pageSize)
        let meta = second.transaction > first.transaction ? second : first
        let (length, overflow) = (meta.lastPage + 1).multipliedReportingOverflow(by: meta.pageSize)
        guard second.pageSize == first.pageSize, !overflow, length <= bytes.count else {
            throw PageFault(
                "is cut off: \(bytes.count) bytes where its head counts \(meta.lastPage + 1) pages of \(meta.pageSize)"
            )
        }
        (self.meta, self.bytes) = (meta, bytes)
        seen = [Bool](repeating: false, count: meta.lastPage + 1)
        (seen[0], seen[1]) = (true, true)
    }

    private static func meta(_ bytes: UnsafeRawBufferPointer, at start: Int) throws -> Meta {
        let at = start + headerLength
        guard bytes.count >= at + 136 else {
            throw PageFault("has \(bytes.count) bytes, too few for a store")
        }
        func word(_ offset: Int) throws -> Int {
            guard let word = Int(exactly: bytes.number(at + offset, as: UInt64.self)) else {
                throw PageFault("has an impossible head")
            }
            return word
        }
        guard bytes.number(start + 10, as: UInt16.self) & metaPage != 0,
            bytes.number(at, as: UInt32.self) == magic,
            bytes.number(at + 4, as: UInt32.self) == version
        else { throw PageFault("is no LMDB file of version 1") }
        let pageSize = Int(bytes.number(at + 24, as: UInt32.self))
        guard (512...65536).contains(pageSize), pageSize.nonzeroBitCount == 1 else {
            throw PageFault("has pages of \(pageSize) bytes")
        }
        guard bytes.number(at + 76, as: UInt16.self) & 0x3E == 0 else {
            throw PageFault("has several values a key, or keys that are numbers")
        }
        let rootBits = bytes.number(at + 112, as: UInt64.self)
        let (entries, lastPage) = try (word(104), word(120))
        guard lastPage >= 1, lastPage < bytes.count, entries <= bytes.count else {
            throw PageFault("is cut off, or has an impossible head")
        }
        return Meta(
            pageSize: pageSize, root: rootBits == .max ? nil : try word(112), entries: entries,
            lastPage: lastPage, transaction: bytes.number(at + 128, as: UInt64.self))
    }

    /// Takes a run of pages, which nobody may have taken before; returns its first byte.
    private mutating func take(_ first: Int, count: Int = 1) throws -> Int {
        guard first >= 2, count >= 1, first <= meta.lastPage, count <= meta.lastPage + 1 - first
        else { throw PageFault("leads to page \(first), which is outside of it") }
        for page in first..<first + count {
            guard !seen[page] else { throw PageFault("leads to page \(page) twice") }
            seen[page] = true
        }
        return first * meta.pageSize
    }

    /// A page of the tree.
    mutating func page(_ number: Int) throws -> Page {
        let start = try take(number)
        try prepare(start..<start + meta.pageSize)
        let page = UnsafeRawBufferPointer(rebasing: bytes[start..<start + meta.pageSize])
        let flags = page.number(10, as: UInt16.self)
        let lower = Int(page.number(12, as: UInt16.self))
        guard flags == Self.branch || flags == Self.leaf, lower >= Self.headerLength,
            lower % 2 == 0, lower <= meta.pageSize
        else { throw PageFault("has a page \(number) that is none of its tree") }
        return Page(
            bytes: page, isLeaf: flags == Self.leaf, nodeCount: (lower - Self.headerLength) / 2,
            start: start)
    }

    /// Where a value lies.
    mutating func range(of value: Page.Value) throws -> Range<Int> {
        switch value {
        case .here(let range): return range
        case .elsewhere(let number, let length):
            let (total, isTooLong) = (length + Self.headerLength).addingReportingOverflow(
                meta.pageSize - 1)
            guard !isTooLong else { throw PageFault("has an impossible value") }
            let start = try take(number, count: total / meta.pageSize)
            return start + Self.headerLength..<start + Self.headerLength + length
        }
    }
}

extension LMDBPages {
    /// A page of the tree.
    struct Page {
        let bytes: UnsafeRawBufferPointer
        let isLeaf: Bool
        let nodeCount: Int
        let start: Int

        enum Node {
            case branch(Int)
            case leaf(UnsafeRawBufferPointer, Value)
        }

        enum Value {
            case here(Range<Int>)
            case elsewhere(Int, length: Int)
        }

        func node(_ place: Int) throws -> Node {
            let at = Int(bytes.number(16 + 2 * place, as: UInt16.self))
            guard at >= 16, at + 8 <= bytes.count else { throw outside }
            let (low, high) = (
                Int(bytes.number(at, as: UInt16.self)), Int(bytes.number(at + 2, as: UInt16.self))
            )
            let flags = Int(bytes.number(at + 4, as: UInt16.self))
            guard isLeaf else { return .branch(low | high << 16 | flags << 32) }
            let keyEnd = at + 8 + Int(bytes.number(at + 6, as: UInt16.self))
            let length = low | high << 16
            guard flags & ~1 == 0, keyEnd + (flags == 1 ? 8 : length) <= bytes.count else {
                throw outside
            }
            let key = UnsafeRawBufferPointer(rebasing: bytes[at + 8..<keyEnd])
            guard flags == 1 else {
                return .leaf(key, .here(start + keyEnd..<start + keyEnd + length))
            }
            guard let page = Int(exactly: bytes.number(keyEnd, as: UInt64.self)) else {
                throw outside
            }
            return .leaf(key, .elsewhere(page, length: length))
        }

        private var outside: PageFault { PageFault("has an entry that leaves its page") }
    }
}

extension UnsafeRawBufferPointer {
    /// A little-endian number at some place, aligned or not.
    func number<Number: FixedWidthInteger>(_ offset: Int, as type: Number.Type) -> Number {
        Number(littleEndian: loadUnaligned(fromByteOffset: offset, as: Number.self))
    }
}
