import Glibc
import Manifests

/// Many short names in one piece of memory: half a million take 25 MB and no object each.
struct NameList: Sendable {
    private(set) var bytes: [UInt8] = []
    private var starts: [UInt32] = [0]

    var count: Int { starts.count - 1 }

    /// The name at a place.
    subscript(index: Int) -> String { String(decoding: self.bytes(of: index), as: UTF8.self) }

    /// Where a name's bytes are.
    func range(_ index: Int) -> Range<Int> { Int(starts[index])..<Int(starts[index + 1]) }

    /// The bytes of a name.
    func bytes(of index: Int) -> ArraySlice<UInt8> { bytes[range(index)] }

    /// Adds a name; whether there was room (4 GiB).
    @discardableResult
    mutating func append(_ name: some Collection<UInt8>) -> Bool {
        guard let end = UInt32(exactly: bytes.count + name.count) else { return false }
        bytes.append(contentsOf: name)
        starts.append(end)
        return true
    }

    /// The names at some places, in that order.
    func picked(_ places: [Int]) -> NameList {
        var picked = NameList()
        picked.starts.reserveCapacity(places.count + 1)
        for place in places { picked.append(bytes(of: place)) }
        return picked
    }

    // MARK: Order

    /// The places of the names in the order of their bytes; equal names in the order of their places.
    func order() -> [Int] {
        bytes.withUnsafeBytes { memory in
            let isSorted = (1..<max(count, 1)).allSatisfy { compare($0 - 1, $0, memory) <= 0 }
            guard !isSorted else { return Array(0..<count) }
            return (0..<count).sorted { left, right in
                let sign = compare(left, right, memory)
                return sign == 0 ? left < right : sign < 0
            }
        }
    }

    private func compare(_ left: Int, _ right: Int, _ memory: UnsafeRawBufferPointer) -> Int {
        let (first, second) = (range(left), range(right))
        return Self.compare(memory[first], memory[second])
    }

    private static func compare(
        _ left: Slice<UnsafeRawBufferPointer>, _ right: Slice<UnsafeRawBufferPointer>
    ) -> Int {
        let (first, second) = (
            UnsafeRawBufferPointer(rebasing: left), UnsafeRawBufferPointer(rebasing: right)
        )
        guard let one = first.baseAddress, let other = second.baseAddress else {
            return first.count - second.count
        }
        let sign = Int(memcmp(one, other, min(first.count, second.count)))
        return sign == 0 ? first.count - second.count : sign
    }

    /// Where a name is in a list that is sorted; nil where it is not.
    func place(of name: Slice<UnsafeRawBufferPointer>) -> Int? {
        bytes.withUnsafeBytes { memory in
            var (low, high) = (0, count)
            while low < high {
                let middle = (low + high) / 2
                let sign = Self.compare(memory[range(middle)], name)
                if sign == 0 { return middle }
                if sign < 0 { low = middle + 1 } else { high = middle }
            }
            return nil
        }
    }

    /// For each name, whether it is in another list, which is sorted.
    func isThere(in sorted: NameList) -> [Bool] {
        bytes.withUnsafeBytes { memory in
            (0..<count).map { sorted.place(of: memory[range($0)]) != nil }
        }
    }

    /// The list in the order of its bytes.
    func sorted() -> NameList { picked(order()) }

    /// The first name that is in the list twice; the list is sorted.
    func firstDuplicate() -> Int? {
        bytes.withUnsafeBytes { memory in
            (1..<max(count, 1)).first { compare($0 - 1, $0, memory) == 0 }
        }
    }
}

// MARK: Folders

extension NameList {
    /// The names in a folder, sorted; hidden ones left out.
    ///
    /// One pass, however many there are.
    /// - Throws: `ManifestError` when it cannot be listed: 66 where it is not there, 77 where that is not permitted, 74, 71.
    init(inFolder path: String) throws {
        guard let folder = opendir(path) else {
            throw ManifestError(errno: errno, path: path, while: .reading, "cannot be listed")
        }
        defer { closedir(folder) }
        var names = NameList()
        while let entry = try Self.next(in: folder, path) {
            let offset = MemoryLayout<dirent>.offset(of: \.d_name) ?? 0
            let name = UnsafeRawPointer(entry) + offset
            let length = strlen(name.assumingMemoryBound(to: CChar.self))
            let bytes = UnsafeRawBufferPointer(start: name, count: length)
            guard bytes.first != UInt8(ascii: ".") else { continue }
            names.append(bytes)
        }
        self = names.sorted()
    }

    /// The next entry; nil at the end, and never where the system failed before it: half a folder is no smaller folder.
    private static func next(
        in folder: OpaquePointer, _ path: String
    ) throws -> UnsafeMutablePointer<dirent>? {
        errno = 0
        if let entry = readdir(folder) { return entry }
        guard errno == 0 else {
            throw ManifestError(errno: errno, path: path, while: .reading, "cannot be listed")
        }
        return nil
    }
}
