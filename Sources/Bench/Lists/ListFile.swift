import Manifests

/// A published list: one name a line, maybe with more behind a comma; plain text or packed with bzip2.
struct ListFile {
    let path: String
    private let bytes: [UInt8]

    /// Finds a list in some folders under some names, with or without ".bz2"; nil where there is none.
    ///
    /// - Throws: `BenchError` or `ManifestError`.
    init?(in folders: [String], named names: [String]) throws {
        let candidates = folders.flatMap { folder in
            names.flatMap { ["\(folder)/\($0)", "\(folder)/\($0).bz2"] }
        }
        guard let path = candidates.first(where: FileSystem.isFile) else { return nil }
        try self.init(path: path)
    }

    /// Reads a list.
    ///
    /// - Throws: `BenchError` or `ManifestError`.
    init(path: String) throws {
        self.path = path
        let stored = try WholeFile.read(path, limit: 1 << 28)
        bytes = path.hasSuffix(".bz2") ? try BZip2.unpack(stored, path: path) : stored
    }

    /// The digest of its text, unpacked.
    var digest: SHA256Digest { SHA256Digest(of: bytes) }

    /// Hands over the fields of each line that is not empty, with the line's number from 1.
    ///
    /// A byte order mark, ends of lines of any kind, blanks around fields and quotation marks around them are taken off.
    func forEachLine(_ body: (Int, [ArraySlice<UInt8>]) throws -> Void) throws {
        var rest = bytes[...]
        if rest.starts(with: [0xEF, 0xBB, 0xBF]) { rest = rest.dropFirst(3) }
        var number = 0
        var fields: [ArraySlice<UInt8>] = []
        while !rest.isEmpty {
            number += 1
            let end = rest.firstIndex(of: UInt8(ascii: "\n")) ?? rest.endIndex
            let line = Self.trimmed(rest[..<end])
            rest = end < rest.endIndex ? rest[(end + 1)...] : []
            guard !line.isEmpty else { continue }
            fields.removeAll(keepingCapacity: true)
            for field in line.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
            {
                fields.append(Self.unquoted(Self.trimmed(field)))
            }
            try body(number, fields)
        }
    }

    private static func trimmed(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var text = text
        while let first = text.first, first <= 0x20 { text = text.dropFirst() }
        while let last = text.last, last <= 0x20 { text = text.dropLast() }
        return text
    }

    private static func unquoted(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let quote = UInt8(ascii: "\"")
        guard text.count >= 2, text.first == quote, text.last == quote else { return text }
        return text.dropFirst().dropLast()
    }

    /// Whether a name may be part of a path: letters, digits, "-" and "_" only.
    static func isName(_ text: ArraySlice<UInt8>) -> Bool {
        !text.isEmpty && text.count <= 200
            && text.allSatisfy {
                switch $0 {
                case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "_"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }

    /// The error of a line, which shows what stands there.
    func fault(_ line: Int, _ text: ArraySlice<UInt8>, expected: String) -> BenchError {
        let seen = String(decoding: text.prefix(60), as: UTF8.self).debugDescription
        return BenchError(
            .invalid, "\(path): line \(line): \(seen) where \(expected) was expected; get it again")
    }
}
