/// The pages of a tree of LMDB over records whose values lie in the file already, each page filled to the brim.
///
/// Leaves come first, then each level of branches, the root last. The format is that of `mdb.c` of LMDB 0.9: 16 bytes of head, the
/// places of the nodes from the front, the nodes from the back in the order of their keys.
struct LMDBTree {
    /// What a head tells of a tree.
    struct Facts {
        var depth = 0
        var branchPages = 0
        var leafPages = 0
        /// Pages of values.
        var valuePages = 0
        var entries = 0
        var root: Int?
    }

    private static let pageSize = PageMemory.pageSize
    private static let headLength = PageMemory.headLength

    /// The pages' bytes.
    private(set) var bytes: [UInt8] = []
    private(set) var facts = Facts()
    private let firstPage: Int

    /// A node: what it leads to, and its key's bytes; empty for the first of a branch.
    private struct Node {
        let key: ArraySlice<UInt8>
        let page: Int
        /// Bytes of the value; nil in branches.
        let length: Int?

        var size: Int { (8 + key.count + (length == nil ? 0 : 8) + 1) & ~1 }
    }

    /// The tree over records, to lie from a page on.
    init(_ records: RecordIndex, firstPage: Int) {
        self.firstPage = firstPage
        guard records.count > 0 else { return }
        facts.entries = records.count
        let size = Self.pageSize
        var level = write(
            (0..<records.count).lazy.map { record in
                let value = records.values[record]
                return Node(
                    key: records.bytes(of: record), page: value.lowerBound / size,
                    length: value.count)
            }, flags: 2)
        facts.valuePages = records.values.reduce(0) { $0 + PageMemory.pages(ofValue: $1.count) }
        facts.leafPages = level.count
        facts.depth = 1
        while level.count > 1 {
            level = write(
                level.lazy.map {
                    Node(key: records.bytes(of: $0.first), page: $0.page, length: nil)
                },
                flags: 1, firsts: level.map(\.first))
            facts.branchPages += level.count
            facts.depth += 1
        }
        facts.root = level[0].page
    }

    /// A tree of one entry with an eight-byte number as its key, whose value lies in the file already: the list of free pages.
    init(key: UInt64, valueOf length: Int, at page: Int, firstPage: Int) {
        self.firstPage = firstPage
        let key = withUnsafeBytes(of: key.littleEndian) { Array($0) }
        let level = write(
            CollectionOfOne(Node(key: key[...], page: page, length: length)), flags: 2)
        facts = Facts(
            depth: 1, leafPages: 1, valuePages: PageMemory.pages(ofValue: length), entries: 1,
            root: level[0].page)
    }

    /// Writes the pages of a level; returns each with the record that its first key is of.
    private mutating func write(
        _ nodes: some Collection<Node>, flags: UInt16, firsts: [Int]? = nil
    ) -> [(first: Int, page: Int)] {
        let groups = Self.groups(of: nodes.lazy.map(\.size), isBranch: flags == 1)
        var level: [(first: Int, page: Int)] = []
        var place = nodes.startIndex
        for group in groups {
            let number = firstPage + bytes.count / Self.pageSize
            level.append((firsts?[group.lowerBound] ?? group.lowerBound, number))
            let start = bytes.count
            bytes.append(contentsOf: repeatElement(0, count: Self.pageSize))
            bytes.withUnsafeMutableBytes { all in
                var page = Page(
                    UnsafeMutableRawBufferPointer(rebasing: all[start...]), number, flags)
                for index in group {
                    let node = nodes[place]
                    nodes.formIndex(after: &place)
                    let isUnnamed = flags == 1 && index == group.lowerBound
                    page.add(
                        isUnnamed ? Node(key: [], page: node.page, length: node.length) : node)
                }
            }
        }
        return level
    }

    /// Which nodes share a page: as many as fit; a branch has two at least, as LMDB demands.
    private static func groups(of sizes: some Sequence<Int>, isBranch: Bool) -> [Range<Int>] {
        var groups: [Range<Int>] = []
        var (start, index, filled) = (0, 0, headLength)
        for size in sizes {
            if filled + size + 2 > pageSize {
                groups.append(start..<index)
                (start, filled) = (index, headLength)
            }
            filled += size + 2
            index += 1
        }
        groups.append(start..<index)
        if isBranch, groups.count > 1, groups[groups.count - 1].count == 1 {
            let middle = groups[groups.count - 1].lowerBound - 1
            groups[groups.count - 2] = groups[groups.count - 2].lowerBound..<middle
            groups[groups.count - 1] = middle..<index
        }
        return groups
    }

    /// One page while it is filled.
    private struct Page {
        let bytes: UnsafeMutableRawBufferPointer
        var lower = LMDBTree.headLength
        var upper = LMDBTree.pageSize

        init(_ bytes: UnsafeMutableRawBufferPointer, _ number: Int, _ flags: UInt16) {
            self.bytes = bytes
            bytes.put(UInt64(number), at: 0)
            bytes.put(flags, at: 10)
        }

        mutating func add(_ node: Node) {
            upper -= node.size
            bytes.put(UInt16(upper), at: lower)
            lower += 2
            let number = node.length ?? node.page
            bytes.put(UInt16(truncatingIfNeeded: number), at: upper)
            bytes.put(UInt16(truncatingIfNeeded: number >> 16), at: upper + 2)
            // The flags of a leaf's node: its value lies on pages of its own.
            bytes.put(
                node.length == nil ? UInt16(truncatingIfNeeded: number >> 32) : 1, at: upper + 4)
            bytes.put(UInt16(node.key.count), at: upper + 6)
            UnsafeMutableRawBufferPointer(rebasing: bytes[(upper + 8)...]).copyBytes(from: node.key)
            if node.length != nil { bytes.put(UInt64(node.page), at: upper + 8 + node.key.count) }
            bytes.put(UInt16(lower), at: 12)
            bytes.put(UInt16(upper), at: 14)
        }
    }
}

extension UnsafeMutableRawBufferPointer {
    /// Writes a number little-endian, aligned or not.
    func put(_ number: some FixedWidthInteger, at offset: Int) {
        storeBytes(of: number.littleEndian, toByteOffset: offset, as: type(of: number.littleEndian))
    }
}
