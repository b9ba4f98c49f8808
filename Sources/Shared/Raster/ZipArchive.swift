import Foundation

/// The directory of a zip archive, checked before anything in it is believed.
///
/// PKWARE, .ZIP File Format Specification 6.3.10, sections 4.3 (headers) and 4.5.3 (Zip64).
public struct ZipArchive: Sendable {
    /// A file in the archive.
    public struct Entry: Sendable, Hashable {
        /// Its path in the archive.
        public let name: String
        /// Its size when unpacked.
        public let bytes: Int
        /// Its size as it lies there.
        public let packedBytes: Int
    }

    /// The files, in the order of the directory; folders are left out.
    public let entries: [Entry]

    /// The most that deflated files unpack to, in parts of their packed size, above 16 MiB.
    static let largestRatio = 200

    /// Reads the directory.
    ///
    /// - Throws: `RasterError` (`unreadable`) for an archive that is cut short, encrypted, names a file twice or one
    ///   outside of itself, holds symbolic links, would unpack to far more than it has, or whose files overlap or are
    ///   headed by something else than the directory says.
    public init(_ path: String) throws {
        do {
            let file = try VirtualFile(path)
            let listed = try ZipDirectory(file).entries()
            try ZipDirectory.prove(listed, file)
            entries = listed.map(\.entry).filter { !$0.name.hasSuffix("/") }
        } catch let error as ZipFault {
            throw RasterError(.unreadable, path: path, "\(error.cause); get the archive again")
        }
    }
}

private struct ZipFault: Error {
    let cause: String
    init(_ cause: String) { self.cause = cause }
}

/// Little-endian numbers of a directory in memory.
private struct ZipDirectory {
    private let bytes: [UInt8]
    private let count: Int
    private let length: Int

    init(_ file: borrowing VirtualFile) throws {
        length = file.bytes
        let tail = file.read(at: max(0, length - 65_557), count: 65_557)
        guard let end = Self.lastIndex(of: [0x50, 0x4B, 5, 6], in: tail), tail.count >= end + 22
        else { throw ZipFault("the zip archive has no end: it is cut short") }
        var (count, size) = (Self.number(tail, end + 10, 2), Self.number(tail, end + 12, 4))
        var start = Self.number(tail, end + 16, 4)
        if size == 0xFFFF_FFFF || start == 0xFFFF_FFFF || count == 0xFFFF {
            let locator = end - 20
            guard locator >= 0, tail[locator..<locator + 4].elementsEqual([0x50, 0x4B, 6, 7]) else {
                throw ZipFault("the zip archive has no Zip64 end")
            }
            let record = file.read(at: Self.number(tail, locator + 8, 8), count: 56)
            guard record.count == 56, record.starts(with: [0x50, 0x4B, 6, 6]) else {
                throw ZipFault("the Zip64 end is not where the archive says")
            }
            count = Self.number(record, 32, 8)
            size = Self.number(record, 40, 8)
            start = Self.number(record, 48, 8)
        }
        guard size <= 64 << 20, start <= length, size <= length - start, count <= size / 46 else {
            throw ZipFault("the zip directory (\(count) entries, \(size) bytes) is not in the file")
        }
        bytes = file.read(at: start, count: size)
        self.count = count
    }

    /// A file or folder as the directory has it, and what its own header must repeat.
    struct Listed {
        let entry: ZipArchive.Entry
        let name: [UInt8]
        let start: Int
        let flags: Int
        let method: Int
    }

    func entries() throws -> [Listed] {
        var entries: [Listed] = []
        var seen: Set<String> = []
        var offset = 0
        for _ in 0..<count {
            let (listed, next) = try entry(at: offset)
            offset = next
            guard seen.insert(listed.entry.name.lowercased()).inserted else {
                throw ZipFault("the zip archive has two files \(listed.entry.name)")
            }
            entries.append(listed)
        }
        return entries
    }

    private func entry(at offset: Int) throws -> (Listed, next: Int) {
        guard offset + 46 <= bytes.count,
            bytes[offset..<offset + 4].elementsEqual([0x50, 0x4B, 1, 2])
        else { throw ZipFault("the zip directory breaks off at byte \(offset)") }
        func field(_ at: Int, _ count: Int) -> Int { Self.number(bytes, offset + at, count) }
        let (nameLength, extraLength) = (field(28, 2), field(30, 2))
        let next = offset + 46 + nameLength + extraLength + field(32, 2)
        guard next <= bytes.count else { throw ZipFault("the zip directory breaks off") }
        let text = bytes[offset + 46..<offset + 46 + nameLength]
        let name = String(decoding: text, as: UTF8.self)
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        guard !name.isEmpty, !name.hasPrefix("/"), !parts.contains(".."), !text.contains(0),
            !name.contains("\\")
        else { throw ZipFault("the zip archive names a file outside of itself: \(name)") }
        guard field(8, 2) & 1 == 0 else { throw ZipFault("\(name) in the archive is encrypted") }
        guard field(38, 4) >> 16 & 0o170000 != 0o120000 else {
            throw ZipFault("\(name) in the archive is a symbolic link")
        }
        var (packed, unpacked, start) = (field(20, 4), field(24, 4), field(42, 4))
        var extra = offset + 46 + nameLength
        let extraEnd = extra + extraLength
        while extra + 4 <= extraEnd {
            let size = Self.number(bytes, extra + 2, 2)
            var at = extra + 4
            if Self.number(bytes, extra, 2) == 1 {
                if unpacked == 0xFFFF_FFFF, at + 8 <= extraEnd {
                    unpacked = Self.number(bytes, at, 8)
                    at += 8
                }
                if packed == 0xFFFF_FFFF, at + 8 <= extraEnd {
                    packed = Self.number(bytes, at, 8)
                    at += 8
                }
                if start == 0xFFFF_FFFF, at + 8 <= extraEnd { start = Self.number(bytes, at, 8) }
            }
            extra += 4 + size
        }
        guard packed <= length, unpacked <= max(16 << 20, packed * ZipArchive.largestRatio) else {
            throw ZipFault("\(name) says it is \(unpacked) bytes, of \(packed) packed")
        }
        let entry = ZipArchive.Entry(name: name, bytes: unpacked, packedBytes: packed)
        return (
            Listed(
                entry: entry, name: Array(text), start: start, flags: field(8, 2),
                method: field(10, 2)), next
        )
    }

    /// Proves that every file begins with a header that repeats the directory, and that no two share bytes.
    static func prove(_ entries: [Listed], _ file: borrowing VirtualFile) throws {
        var end = 0
        for listed in entries.sorted(by: { $0.start < $1.start }) {
            let (name, packed) = (listed.entry.name, listed.entry.packedBytes)
            let header = file.read(at: listed.start, count: 30)
            guard header.count == 30, header.starts(with: [0x50, 0x4B, 3, 4]) else {
                throw ZipFault("\(name) does not begin where the directory says")
            }
            let nameLength = number(header, 26, 2)
            let isUnsized = number(header, 6, 2) & 8 != 0
            let (ownPacked, ownUnpacked) = (number(header, 18, 4), number(header, 22, 4))
            guard file.read(at: listed.start + 30, count: nameLength) == listed.name,
                (number(header, 6, 2) ^ listed.flags) & 9 == 0,
                number(header, 8, 2) == listed.method,
                isUnsized || ownPacked == 0xFFFF_FFFF || ownPacked == packed,
                isUnsized || ownUnpacked == 0xFFFF_FFFF || ownUnpacked == listed.entry.bytes
            else { throw ZipFault("\(name) is headed by something else than the directory says") }
            guard listed.start >= end else {
                throw ZipFault("\(name) shares bytes with another file")
            }
            end = listed.start + 30 + nameLength + number(header, 28, 2) + packed
            guard end <= file.bytes else { throw ZipFault("\(name) ends beyond the archive") }
        }
    }

    /// A little-endian number; one that does not fit is larger than any file.
    private static func number(_ bytes: [UInt8], _ offset: Int, _ count: Int) -> Int {
        let value = bytes[offset..<offset + count].reversed().reduce(UInt64(0)) {
            $0 << 8 | UInt64($1)
        }
        return Int(exactly: value) ?? .max
    }

    private static func lastIndex(of mark: [UInt8], in bytes: [UInt8]) -> Int? {
        guard bytes.count >= mark.count else { return nil }
        return (0...bytes.count - mark.count).reversed().first {
            bytes[$0..<$0 + mark.count].elementsEqual(mark)
        }
    }
}
