import Glibc
import Manifests

/// An LMDB file that many records are written to: each on pages of its own behind all that is there, and in the end one tree over all.
///
/// Until then the file is what it was before; whoever keeps a list of the records written finds them again by it. Readers lose
/// nothing: no page that a tree ever led to is written twice. Those that the new tree leaves are listed as free, as LMDB does. The bytes
/// follow from what was there and from the records in their order.
final class RecordFile {
    /// The store's folder.
    let folder: String
    /// The records that the file's tree leads to.
    let index: RecordIndex
    private let mapped: MappedFile
    private let lock: FolderLock
    private let file: DirectFile
    private var transaction: UInt64
    /// Records of the tree that lie within its own pages, which have to leave them.
    private let small: [Int]
    /// Where the first of those goes.
    private let firstPage: Int
    private var nextPage: Int
    private var added: [(key: String, value: Range<Int>)] = []
    /// How many of those the tree leads to.
    private var published = 0

    /// Opens or makes a folder's `data.mdb`, locked against other writers.
    ///
    /// - Throws: `StoreError`; `ManifestError` (`locked`).
    init(_ folder: String) throws {
        self.folder = folder
        lock = try FolderLock(folder: folder)
        let path = StoreFolder.data(in: folder)
        file = try DirectFile(path, store: folder)
        try Self.begin(file)
        mapped = try MappedFile(path, store: folder)
        index = try RecordIndex(of: mapped, store: folder)
        guard let meta = try? LMDBPages(mapped.bytes).meta, meta.pageSize == PageMemory.pageSize
        else {
            throw StoreError(
                .invalid, path: folder,
                "data.mdb has pages of another size than \(PageMemory.pageSize) bytes; pack into another folder"
            )
        }
        transaction = meta.transaction
        firstPage = meta.lastPage + 1
        let values = index.values
        small = values.indices.filter {
            values[$0].lowerBound % PageMemory.pageSize != PageMemory.headLength
        }
        nextPage = small.reduce(firstPage) { $0 + PageMemory.pages(ofValue: values[$1].count) }
    }

    /// Writes both heads of a file that has none: a new one, or one whose maker was ended there.
    private static func begin(_ file: DirectFile) throws {
        guard try file.size() < 2 * PageMemory.pageSize else { return }
        let heads = PageMemory(valueOf: 2 * PageMemory.pageSize - PageMemory.headLength)
        heads.pages.initializeMemory(as: UInt8.self, repeating: 0)
        for number in 0..<2 {
            LMDBHead.empty.write(
                to: .init(rebasing: heads.pages[(number * PageMemory.pageSize)...]), number: number)
        }
        try file.resize(to: 0)
        try file.write([heads], at: 0)
        try file.synchronize()
    }

    /// The bytes of a record of the tree.
    ///
    /// - Throws: `StoreError` (`io`, `invalid`).
    func bytes(of record: Int) throws -> UnsafeRawBufferPointer {
        let range = index.values[record]
        try mapped.prepare(range, store: folder, key: index.key(record))
        return UnsafeRawBufferPointer(rebasing: mapped.bytes[range])
    }

    // MARK: Adding

    /// Takes a record into the next tree that was written before by a run that did not come to its end.
    ///
    /// - Returns: false where it is not the one that lies there; nothing behind that can be taken either.
    func adopt(_ key: String, byteCount: Int) -> Bool {
        let (start, count) = (nextPage * PageMemory.pageSize, PageMemory.pages(ofValue: byteCount))
        guard start + count * PageMemory.pageSize <= mapped.count,
            (try? mapped.prepare(start..<start + 16, store: folder, key: key)) != nil,
            PageMemory.head(ofRun: count, at: nextPage)
                == (
                    mapped.bytes.loadUnaligned(fromByteOffset: start, as: UInt64.self),
                    mapped.bytes.loadUnaligned(fromByteOffset: start + 8, as: UInt64.self)
                )
        else { return false }
        add(key, byteCount)
        return true
    }

    /// Writes records; they are on the disk after `synchronize`.
    ///
    /// - Throws: `StoreError` (`io`).
    func append(_ records: [EncodedRecord]) throws {
        let start = nextPage
        for record in records {
            record.memory.place(at: nextPage)
            add(record.key, record.byteCount)
        }
        try file.write(records.map(\.memory), at: start)
    }

    private func add(_ key: String, _ byteCount: Int) {
        let start = nextPage * PageMemory.pageSize + PageMemory.headLength
        added.append((key, start..<start + byteCount))
        nextPage += PageMemory.pages(ofValue: byteCount)
    }

    /// Forces all records onto the disk.
    ///
    /// - Throws: `StoreError` (`io`).
    func synchronize() throws { try file.synchronize() }

    // MARK: The tree

    /// Writes the tree over all records, and then the head that leads to it; does nothing where there is no new record.
    ///
    /// - Throws: `StoreError` (`io`).
    func publish() throws {
        guard added.count > published else { return }
        let all = try moveSmallRecords().merged(with: added)
        var head = LMDBHead(transaction: transaction + 1, lastPage: 0)
        let tree = LMDBTree(all, firstPage: nextPage)
        var pages = tree.bytes
        let free = freeList(all)
        if !free.isEmpty {
            let run = PageMemory(valueOf: free.count * 8)
            let page = nextPage + pages.count / PageMemory.pageSize
            run.place(at: page)
            for (place, number) in free.enumerated() { run.value.put(number, at: 8 * place) }
            pages += run.pages
            let list = LMDBTree(
                key: head.transaction, valueOf: free.count * 8, at: page,
                firstPage: page + run.pageCount)
            pages += list.bytes
            head.free = list.facts
        }
        head.records = tree.facts
        head.lastPage = nextPage + pages.count / PageMemory.pageSize - 1
        try file.write([Self.aligned(pages)], at: nextPage)
        try file.resize(to: (head.lastPage + 1) * PageMemory.pageSize)
        try file.synchronize()
        let page = Self.aligned([UInt8](repeating: 0, count: PageMemory.pageSize))
        head.write(to: page.pages, number: head.page)
        try file.write([page], at: head.page)
        try file.synchronize()
        (transaction, nextPage, published) = (head.transaction, head.lastPage + 1, added.count)
    }

    private static func aligned(_ bytes: [UInt8]) -> PageMemory {
        let memory = PageMemory(valueOf: bytes.count - PageMemory.headLength)
        memory.pages.copyBytes(from: bytes)
        return memory
    }

    /// Gives records that lie within the tree's pages pages of their own.
    private func moveSmallRecords() throws -> RecordIndex {
        var (moved, page) = (index, firstPage)
        for record in small {
            let bytes = try bytes(of: record)
            let memory = PageMemory(valueOf: bytes.count)
            memory.value.copyMemory(from: bytes)
            memory.place(at: page)
            try file.write([memory], at: page)
            moved.move(record, to: page * PageMemory.pageSize + PageMemory.headLength)
            page += memory.pageCount
        }
        return moved
    }

    /// Pages before the new tree that hold no value: LMDB's list of numbers from the last to the first, behind their count.
    private func freeList(_ records: RecordIndex) -> [UInt64] {
        var isUsed = [Bool](repeating: false, count: nextPage)
        (isUsed[0], isUsed[1]) = (true, true)
        for value in records.values {
            let first = value.lowerBound / PageMemory.pageSize
            for page in first..<first + PageMemory.pages(ofValue: value.count) {
                isUsed[page] = true
            }
        }
        let free = isUsed.indices.reversed().filter { !isUsed[$0] }.map { UInt64($0) }
        return free.isEmpty ? [] : [UInt64(free.count)] + free
    }
}
