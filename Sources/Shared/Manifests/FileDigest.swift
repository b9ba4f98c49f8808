import CCrypto
import Foundation
import Glibc

/// Digests that other archives give of their files; our own manifests have SHA-256 only.
public enum FileDigest {
    /// The digests found in `manifest.safe`.
    public enum Algorithm: String, Sendable {
        /// 128 bits; proves against accidents only.
        case md5 = "MD5"
        /// SHA-2 with 256 bits.
        case sha256 = "SHA256"
        /// SHA-3 with 256 bits.
        case sha3 = "SHA3-256"

        /// By the name that `manifest.safe` uses: "MD5", "SHA3-256", "SHA-256"; `nil` for another.
        public init?(safeName name: String) {
            self.init(rawValue: name == "SHA-256" ? "SHA256" : name)
        }
    }

    /// The digest of a file, read in pieces, in lower-case hexadecimal digits.
    ///
    /// - Throws: `ManifestError` when the file cannot be read or the digest is not available. Uses `EVP_DigestUpdate`.
    public static func hex(ofFile path: String, _ algorithm: Algorithm) throws -> String {
        guard let file = FileHandle(forReadingAtPath: path) else {
            throw ManifestError(errno: errno, path: path, while: .reading, "cannot open")
        }
        defer { try? file.close() }
        return try hex(algorithm, of: path) { update in
            while let piece = try file.read(upToCount: 1 << 20), !piece.isEmpty {
                piece.withUnsafeBytes(update)
            }
        }
    }

    /// The digest of bytes in memory, in lower-case hexadecimal digits.
    ///
    /// - Throws: `ManifestError` when the digest is not available.
    public static func hex(of bytes: [UInt8], _ algorithm: Algorithm) throws -> String {
        try hex(algorithm, of: "bytes") { bytes.withUnsafeBytes($0) }
    }

    /// The digest of what a body feeds piece by piece; `path` stands in messages.
    ///
    /// - Throws: `ManifestError` when the digest is not available, and what the body throws.
    public static func hex(
        _ algorithm: Algorithm, of path: String,
        feed: ((UnsafeRawBufferPointer) -> Void) throws -> Void
    ) throws -> String {
        let context = EVP_MD_CTX_new()
        defer { EVP_MD_CTX_free(context) }
        guard let method = EVP_get_digestbyname(algorithm.rawValue),
            EVP_DigestInit_ex(context, method, nil) == 1
        else {
            throw ManifestError(.io, path: path, "this OpenSSL has no \(algorithm.rawValue)")
        }
        try feed { EVP_DigestUpdate(context, $0.baseAddress, $0.count) }
        var digest = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
        var count: UInt32 = 0
        EVP_DigestFinal_ex(context, &digest, &count)
        return digest.prefix(Int(count)).map { String(format: "%02x", $0) }.joined()
    }
}
