/// The records of an LMDB file: keys in the order of their bytes, and where each value lies.
///
/// The whole tree is walked once and every number in it checked: a page outside of the file or met twice, values that overlap,
/// keys out of order are refused, so that no damaged file can lead a reader astray. Afterwards a record is found without the
/// tree. Pages of large values are never written again while their record is there, so that another process may append meanwhile.
///
/// The format is LMDB 0.9's of 64-bit machines, little-endian: two meta pages, then a tree of branch and leaf pages, large
/// values on runs of pages of their own.
struct RecordIndex: Sendable {
    /// All keys, end to end.
    private(set) var names: [UInt8] = []
    /// Where each key ends in `names`.
    private(set) var ends: [Int] = []
    /// Where each value lies in the file.
    private(set) var values: [Range<Int>] = []

    var count: Int { values.count }

    /// The key's bytes.
    func bytes(of index: Int) -> ArraySlice<UInt8> {
        names[(index == 0 ? 0 : ends[index - 1])..<ends[index]]
    }

    func key(_ index: Int) -> String { String(decoding: bytes(of: index), as: UTF8.self) }

    /// The place of a key, or nil; found by halving.
    func find(_ key: String) -> Int? {
        let wanted = Array(key.utf8)
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if bytes(of: middle).lexicographicallyPrecedes(wanted) {
                low = middle + 1
            } else {
                high = middle
            }
        }
        return low < count && bytes(of: low).elementsEqual(wanted) ? low : nil
    }

    private init() {}

    /// Says that a record lies elsewhere.
    mutating func move(_ record: Int, to start: Int) {
        values[record] = start..<start + values[record].count
    }

    /// These records and others in any order, none of which is among them.
    func merged(with others: [(key: String, value: Range<Int>)]) -> RecordIndex {
        let others = others.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        var merged = RecordIndex()
        merged.reserve(count + others.count)
        var next = 0
        for (key, value) in others {
            while next < count, bytes(of: next).lexicographicallyPrecedes(key.utf8) {
                merged.append(bytes(of: next), values[next])
                next += 1
            }
            merged.append(key.utf8, value)
        }
        for rest in next..<count { merged.append(bytes(of: rest), values[rest]) }
        return merged
    }

    private mutating func append(_ key: some Collection<UInt8>, _ value: Range<Int>) {
        names.append(contentsOf: key)
        ends.append(names.count)
        values.append(value)
    }

    /// Walks the tree of a file.
    ///
    /// - Throws: `StoreError` (`invalid`) that says what is wrong, (`io`) where the disk fails.
    init(of file: MappedFile, store: String) throws {
        do {
            try file.prepare(0..<min(file.count, LMDBPages.headLength), store: store, key: nil)
            var pages = try LMDBPages(file.bytes)
            pages.prepare = { try file.prepare($0, store: store, key: nil) }
            reserve(pages.meta.entries)
            if let root = pages.meta.root { try walk(root, depth: 1, &pages) }
            guard count == pages.meta.entries else {
                throw PageFault("has \(count) records where its head says \(pages.meta.entries)")
            }
        } catch let fault as PageFault {
            throw StoreError(
                .invalid, path: store, "data.mdb \(fault.reason); pack the store again")
        }
    }

    private mutating func reserve(_ entries: Int) {
        let sensible = min(entries, 1 << 22)
        ends.reserveCapacity(sensible)
        values.reserveCapacity(sensible)
    }

    private mutating func walk(_ number: Int, depth: Int, _ pages: inout LMDBPages) throws {
        guard depth <= 32 else { throw PageFault("is nested deeper than 32 pages") }
        let page = try pages.page(number)
        for place in 0..<page.nodeCount {
            switch try page.node(place) {
            case .branch(let child): try walk(child, depth: depth + 1, &pages)
            case .leaf(let key, let value): try add(key, pages.range(of: value))
            }
        }
    }

    private mutating func add(_ key: UnsafeRawBufferPointer, _ value: Range<Int>) throws {
        let last = count > 0 ? bytes(of: count - 1) : []
        guard !key.isEmpty, last.lexicographicallyPrecedes(key) else {
            throw PageFault("has keys that are empty or out of order")
        }
        append(key, value)
    }
}
