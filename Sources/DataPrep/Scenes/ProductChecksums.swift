import Foundation
import Manifests
import Raster

/// Byte count and digest that a product's own manifest gives of a file.
public struct FileChecksum: Hashable, Sendable {
    /// The byte count, where the manifest gives one.
    public let bytes: Int?
    /// "MD5", "SHA3-256" or "SHA-256".
    public let algorithm: String
    /// The digest in lower-case hexadecimal digits.
    public let hex: String
    /// What says so.
    var origin = "manifest.safe"

    /// Proves a file.
    ///
    /// - Throws: `PrepError` with code `badData` that names the expected and the found figure.
    func verify(_ path: String) throws {
        let file = StoredFile(path)
        if let bytes, let found = try? file.size(), found != bytes {
            throw PrepError(
                .badData, path,
                "\(found) bytes, \(origin) says \(bytes): truncated or changed; get it again")
        }
        guard let algorithm = FileDigest.Algorithm(safeName: algorithm) else { return }
        let found = try file.hex(algorithm)
        guard found == hex else {
            throw PrepError(
                .badData, path,
                "\(self.algorithm) is \(found), \(origin) says \(hex): damaged; get it again")
        }
    }
}

/// Reads the checksums of `manifest.safe`.
enum ProductChecksums {
    /// Checksums by path below the SAFE folder.
    ///
    /// A path that leaves the folder ("/dpc/app/…" in old products, or "..") is taken for the file of the folder that its
    /// last parts name; where there is none, it is left out.
    static func checksums(_ path: String) throws -> [String: FileChecksum] {
        let root = try SafeXML.read(path)
        let folder = path.hasSuffix("/manifest.safe") ? String(path.dropLast(14)) : "."
        var checksums: [String: FileChecksum] = [:]
        for stream in root.all("byteStream") {
            guard let href = stream.first("fileLocation")?.attributes["href"],
                let checksum = stream.first("checksum"),
                let name = checksum.attributes["checksumName"]
            else { continue }
            guard let relative = relative(href, in: folder) else { continue }
            let entry = FileChecksum(
                bytes: stream.attributes["size"].flatMap(Int.init), algorithm: name.uppercased(),
                hex: checksum.value.lowercased())
            if let earlier = checksums.updateValue(entry, forKey: relative), earlier != entry {
                throw PrepError(.badData, path, "two different checksums for \(relative)")
            }
        }
        return checksums
    }
    /// The path below the folder that a location stands for, nil for one outside.
    private static func relative(_ href: String, in folder: String) -> String? {
        let parts = href.split(separator: "/", omittingEmptySubsequences: false)
        guard href.hasPrefix("/") || parts.contains("..") else {
            return href.hasPrefix("./") ? String(href.dropFirst(2)) : href
        }
        let inner = parts.suffix(from: (parts.lastIndex(of: "..") ?? -1) + 1)
        return inner.indices.lazy.map { inner[$0...].joined(separator: "/") }
            .first { !$0.hasPrefix("/") && !$0.isEmpty && StoredFile("\(folder)/\($0)").exists }
    }
}
