import Glibc

/// Appends JSON documents to a file, one a line; a line torn by a kill is cut off when the file is opened again.
public struct JSONLinesWriter: ~Copyable {
    private let file: OpenFile

    /// Opens or makes a file, and cuts off a last line without an end.
    /// - Throws: `ManifestError`: `cannotCreate`, `notPermitted` or `io`.
    public init(appendingTo path: String) throws {
        let file = try OpenFile(path, O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW, for: .writing)
        try Self.cutTornTail(of: file)
        self.file = file
    }

    private static func cutTornTail(of file: borrowing OpenFile) throws {
        let size = Int(try file.status().st_size)
        // From the end, so that a long file costs no more than a short one.
        var whole = size
        while whole > 0 {
            let start = max(0, whole - 1 << 16)
            let bytes = try file.read(at: start, count: whole - start)
            if let end = bytes.lastIndex(of: UInt8(ascii: "\n")) {
                whole = start + end + 1
                break
            }
            whole = start
        }
        guard whole == size || ftruncate(file.descriptor, whole) == 0 else {
            throw ManifestError(
                errno: errno, path: file.path, while: .writing, "cannot cut off a torn line")
        }
    }

    /// Appends one line.
    /// - Throws: `ManifestError` (`io`).
    public func append(_ value: JSONValue) throws { try append(lines: [value]) }

    /// Appends lines in one piece.
    /// - Throws: `ManifestError` (`io`).
    public func append(lines: [JSONValue]) throws {
        var text: [UInt8] = []
        for line in lines {
            text += line.serialized().utf8
            text.append(UInt8(ascii: "\n"))
        }
        try text.withUnsafeBytes { try file.write(all: $0) }
    }

    /// Appends one line.
    /// - Throws: `ManifestError`: `io`, or `invalid` if a number is NaN or infinite.
    public func append(_ value: some Encodable) throws {
        try append(JSONValue(encoding: value))
    }

    /// Forces all lines onto the disk.
    /// - Throws: `ManifestError` (`io`).
    public func synchronize() throws {
        try file.synchronize()
    }
}

/// The lines of a file of JSON documents.
public struct JSONLines<Record> {
    /// The whole lines, in order; empty lines are skipped.
    public let records: [Record]
    /// Whether bytes after the last line's end were left out: the writer was killed there.
    public let hasTornTail: Bool
}

extension JSONLines: Sendable where Record: Sendable {}

/// Reads files of JSON documents, one a line.
public enum JSONLinesReader {
    /// Reads and decodes every whole line.
    /// - Throws: `ManifestError`: `missing`, `io`, or `invalid` with the line.
    public static func read<T: Decodable>(
        _ type: T.Type, from path: String
    ) throws -> JSONLines<T> {
        try read(path) { try decodeStrictJSON(type, from: $0) }
    }

    /// Reads every whole line as JSON of any kind.
    /// - Throws: `ManifestError`: `missing`, `io`, or `invalid` with the line.
    public static func read(_ path: String) throws -> JSONLines<JSONValue> {
        try read(path) { try JSONValue.parse($0) }
    }

    /// The bytes of a file of JSON documents, one a line, each with its line's end.
    /// - Throws: `ManifestError` (`invalid`) if a number is NaN or infinite.
    public static func bytes(of records: [some Encodable]) throws -> [UInt8] {
        try records.flatMap { try encodeCanonicalJSON($0) + [UInt8(ascii: "\n")] }
    }

    private static func read<T>(
        _ path: String, decode: ([UInt8]) throws -> T
    ) throws -> JSONLines<T> {
        let bytes = try WholeFile.read(path)
        var records: [T] = []
        var start = 0
        var line = 0
        while let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) {
            line += 1
            let text = Array(bytes[start..<end])
            start = end + 1
            if text.allSatisfy({ $0 == 0x20 || $0 == 0x0D }) { continue }
            do {
                records.append(try decode(text))
            } catch let error as ManifestError {
                throw error.at(path: path, line: line)
            }
        }
        return JSONLines(records: records, hasTornTail: start < bytes.count)
    }
}
