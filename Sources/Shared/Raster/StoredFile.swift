import CGDAL
import Glibc
public import Manifests

/// A file or folder wherever it lies: on disk, in a zip archive on disk, or behind `https://` or `s3://`.
///
/// An archive is a folder in the path, as in "product.zip/NAME.SAFE/manifest.safe"; it is read in place, never unpacked.
/// Uses GDAL's `/vsizip/`, `/vsicurl/` and `/vsis3/`.
public struct StoredFile: Sendable, Hashable {
    /// Where files lie.
    public enum Place: Sendable, Hashable {
        /// On a disk of this machine.
        case disk
        /// In a zip archive, which is named.
        case archive(String)
        /// Elsewhere on the network.
        case remote
    }

    /// The path or address as it was given.
    public let path: String
    /// Where it lies.
    public let place: Place
    /// What GDAL opens.
    let name: String

    /// A file by its path, which need not exist.
    public init(_ path: String) {
        self.path = path
        if path.hasPrefix("s3://") {
            place = .remote
            name = "/vsis3/" + path.dropFirst(5)
        } else if path.hasPrefix("https://") || path.hasPrefix("http://") {
            place = .remote
            name = "/vsicurl/" + path
        } else if let archive = Self.archive(in: path) {
            place = .archive(archive)
            let entry = path.dropFirst(archive.count).drop { $0 == "/" }
            name = "/vsizip/{\(archive)}" + (entry.isEmpty ? "" : "/\(entry)")
        } else {
            place = .disk
            name = path.hasPrefix("/") ? path : "./\(path)"
        }
    }

    /// Whether an address lies on the network.
    public var isRemote: Bool { place == .remote }

    /// Whether this is an archive itself, not something in it.
    public var isArchive: Bool { place == .archive(path) }

    /// Whether it is there, as a file or as a folder.
    public var exists: Bool { isArchive || status != nil }

    /// Whether it is a folder, or an archive, which is listed like one.
    public var isFolder: Bool { isArchive || status?.isFolder == true }

    /// Size in bytes.
    /// - Throws: `RasterError` (`missing`) for what is no file.
    public func size() throws -> Int {
        guard let status, !status.isFolder else {
            throw RasterError(.missing, path: path, "there is no such file")
        }
        return status.bytes
    }

    /// The names in a folder or archive, sorted, hidden ones left out.
    /// - Throws: `RasterError`: `missing` if it cannot be listed, `invalid` for a name that is not UTF-8.
    public func listing() throws -> [String] {
        let names: [[UInt8]] = try GDALLibrary.collectingErrors(
            .missing, path: path, "the folder cannot be read"
        ) {
            guard let list = VSIReadDir(name) else { return nil }
            defer { CSLDestroy(list) }
            return (0..<Int(CSLCount(list))).compactMap { index in
                list[index].map { [UInt8](UnsafeRawBufferPointer(start: $0, count: strlen($0))) }
            }
        }
        return try names.map { bytes in
            guard let name = String(validating: bytes, as: UTF8.self) else {
                throw RasterError(
                    .invalid, path: path,
                    "holds a file whose name is not UTF-8, like "
                        + "\"\(String(decoding: bytes, as: UTF8.self))\"; rename it")
            }
            return name.hasSuffix("/") ? String(name.dropLast()) : name
        }.filter { !$0.hasPrefix(".") }.sorted()
    }

    /// All bytes, refused above `limit` before anything is allocated.
    /// - Throws: `RasterError`: `missing`, `invalid` (too large), `unavailable` or `io`.
    public func read(limit: Int) throws -> [UInt8] {
        try checkNetwork()
        let bytes = try size()
        guard bytes <= limit else {
            throw RasterError(.invalid, path: path, "has \(bytes) bytes; at most \(limit) are read")
        }
        let all = try VirtualFile(name, failing: failure).all()
        guard all.count == bytes else {
            throw RasterError(failure, path: path, "ends after \(all.count) of \(bytes) bytes")
        }
        return all
    }

    /// The first bytes, none where the file cannot be read.
    public func head(count: Int) -> [UInt8] {
        guard (try? checkNetwork()) != nil, let file = try? VirtualFile(name) else { return [] }
        return file.read(at: 0, count: count)
    }

    /// The record of the whole content under a name.
    /// - Throws: `RasterError` or `ManifestError` if it cannot be read to its end.
    public func digest(named name: String) throws -> InputDigest {
        if place == .disk { return try InputDigest(file: path, named: name) }
        var stream = SHA256Stream()
        let bytes = try pieces { stream.update($0) }
        return InputDigest(path: name, bytes: bytes, sha256: stream.finish())
    }

    /// The digest of the whole content by an algorithm of `manifest.safe`, in lower-case hexadecimal digits.
    /// - Throws: `RasterError` or `ManifestError` if it cannot be read to its end.
    public func hex(_ algorithm: FileDigest.Algorithm) throws -> String {
        if place == .disk { return try FileDigest.hex(ofFile: path, algorithm) }
        return try FileDigest.hex(algorithm, of: path) { update in _ = try pieces(update) }
    }

    /// What it is when bytes that are listed cannot be read: in an archive, the archive is damaged.
    private var failure: RasterError.Code {
        if case .archive = place { return .unreadable }
        return .io
    }

    /// Hands over the content a mebibyte at a time and gives its length.
    private func pieces(_ take: (UnsafeRawBufferPointer) -> Void) throws -> Int {
        try checkNetwork()
        let file = try VirtualFile(name, failing: failure)
        var offset = 0
        while offset < file.bytes {
            let piece = file.read(at: offset, count: 1 << 20)
            guard !piece.isEmpty else {
                throw RasterError(
                    failure, path: path, "ends after \(offset) of \(file.bytes) bytes; get it again"
                )
            }
            piece.withUnsafeBytes(take)
            offset += piece.count
        }
        return offset
    }
}

// MARK: What is there

extension StoredFile {
    private struct Status {
        let isFolder: Bool
        let bytes: Int
    }

    private var status: Status? {
        guard (try? checkNetwork()) != nil else { return nil }
        var isFolder: Int32 = 0
        let bytes = GDALLibrary.quietly { matter_stat(name, &isFolder) }
        return bytes < 0 ? nil : Status(isFolder: isFolder != 0, bytes: Int(bytes))
    }

    /// Refuses what may not be opened, in the words of the system.
    func checkAccess() throws(RasterError) {
        guard place == .disk else {
            try checkNetwork()
            return
        }
        guard !path.hasPrefix("/vsi"), !path.utf8.contains(0) else {
            throw RasterError(.missing, path: path, "not a path on disk")
        }
        var status = stat()
        guard stat(path, &status) == 0 else {
            let code: RasterError.Code = errno == EACCES ? .notPermitted : .missing
            throw RasterError(code, path: path, "cannot open: \(String(cString: strerror(errno)))")
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw RasterError(.unreadable, path: path, "is not a regular file")
        }
        guard access(path, R_OK) == 0 else {
            throw RasterError(.notPermitted, path: path, "may not be read")
        }
    }

    private func checkNetwork() throws(RasterError) {
        guard isRemote, !Network.isAllowed else { return }
        throw RasterError(
            .unavailable, path: Network.redacted(path),
            "lies on the network, which is not used here; get it with matter-prep fetch")
    }

    /// The part of a path that is a zip archive on disk.
    private static func archive(in path: String) -> String? {
        var status = stat()
        if stat(path, &status) == 0 {
            return status.st_mode & S_IFMT == S_IFREG && isZip(path) ? path : nil
        }
        var end = path.endIndex
        while let slash = path[..<end].lastIndex(of: "/"), slash > path.startIndex {
            let part = String(path[..<slash])
            if stat(part, &status) == 0 {
                return status.st_mode & S_IFMT == S_IFREG && isZip(part) ? part : nil
            }
            end = slash
        }
        return nil
    }

    private static func isZip(_ path: String) -> Bool {
        guard let file = fopen(path, "rb") else { return false }
        defer { fclose(file) }
        var start = [UInt8](repeating: 0, count: 4)
        return fread(&start, 1, 4, file) == 4 && start == [0x50, 0x4B, 3, 4]
    }
}
