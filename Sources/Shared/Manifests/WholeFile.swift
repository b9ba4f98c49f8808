import Foundation
import Glibc

/// Reads files of which the whole must fit into memory.
public enum WholeFile {
    /// All bytes of a regular file, refused above `limit` bytes before anything is allocated.
    /// - Throws: `ManifestError`: `missing`, `notPermitted`, `invalid` (too large, not a file) or `io`.
    ///
    /// A disk that failed, and a handle that another machine made stale, may give it the next time: three times in all it is opened.
    public static func read(_ path: String, limit: Int = 1 << 30) throws -> [UInt8] {
        for _ in 0..<2 {
            do { return try readOnce(path, limit: limit) } catch let error as ManifestError {
                guard error.code == .io else { throw error }
            }
        }
        return try readOnce(path, limit: limit)
    }

    private static func readOnce(_ path: String, limit: Int) throws -> [UInt8] {
        let file = try OpenFile(path, O_RDONLY | O_NONBLOCK, for: .reading)
        let status = try file.status()
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw ManifestError(.invalid, path: path, "is not a regular file")
        }
        guard status.st_size <= limit else {
            throw ManifestError(
                .invalid, path: path, "has \(status.st_size) bytes; at most \(limit) are read")
        }
        return try [UInt8](unsafeUninitializedCapacity: Int(status.st_size)) { buffer, count in
            count = try file.read(into: UnsafeMutableRawBufferPointer(buffer))
        }
    }

    /// The whole of a file as text.
    /// - Throws: `ManifestError` as `read(_:limit:)`, and `invalid` if it is not UTF-8.
    public static func readText(_ path: String, limit: Int = 1 << 30) throws -> String {
        guard let text = String(validating: try read(path, limit: limit), as: UTF8.self) else {
            throw ManifestError(.invalid, path: path, "is not UTF-8 text")
        }
        return text
    }

    /// Size of a regular file in bytes.
    /// - Throws: `ManifestError`: `missing`, `notPermitted` or `invalid` (not a file).
    public static func size(of path: String) throws -> Int {
        let status = try OpenFile(path, O_RDONLY | O_NONBLOCK, for: .reading).status()
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw ManifestError(.invalid, path: path, "is not a regular file")
        }
        return Int(status.st_size)
    }
}
