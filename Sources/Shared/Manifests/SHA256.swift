import CCrypto
public import Foundation
import Glibc

/// The SHA-256 of some bytes.
public struct SHA256Digest: Hashable, Sendable, CustomStringConvertible {
    /// 64 lower-case hexadecimal digits.
    public let hex: String

    /// Takes a digest that was written down: 64 hexadecimal digits, or nil.
    public init?(hex: String) {
        let digits = hex.lowercased()
        guard digits.utf8.count == 64, digits.utf8.allSatisfy({ Character(.init($0)).isHexDigit })
        else { return nil }
        self.hex = digits
    }

    /// Computes the digest of bytes in memory.
    public init(of bytes: some ContiguousBytes) {
        var stream = SHA256Stream()
        bytes.withUnsafeBytes { stream.update($0) }
        self = stream.finish()
    }

    /// Computes the digest of a file, a mebibyte at a time.
    /// - Throws: `ManifestError`: `missing`, `notPermitted` or `io`.
    public init(ofFile path: String) throws {
        let file = try OpenFile(path, O_RDONLY, for: .reading)
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 64)
        defer { buffer.deallocate() }
        var stream = SHA256Stream()
        while true {
            let count = try file.read(into: buffer)
            if count == 0 { break }
            stream.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        }
        self = stream.finish()
    }

    fileprivate init(bytes: [UInt8]) {
        let digits = Array("0123456789abcdef".utf8)
        hex = String(
            decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] },
            as: UTF8.self)
    }

    /// The 64 digits.
    public var description: String { hex }
}

extension SHA256Digest: Codable {
    /// Decodes 64 hexadecimal digits.
    public init(from decoder: any Decoder) throws {
        let text = try String(from: decoder)
        guard let digest = SHA256Digest(hex: text) else {
            throw ManifestError(.invalid, "\"\(text)\" is not a SHA-256 (64 hexadecimal digits)")
        }
        self = digest
    }

    /// Encodes the digits.
    public func encode(to encoder: any Encoder) throws {
        try hex.encode(to: encoder)
    }
}

/// Computes a SHA-256 piece by piece.
///
/// Uses OpenSSL's `EVP_DigestUpdate`.
public struct SHA256Stream: ~Copyable {
    private let context: OpaquePointer

    /// Begins with no bytes.
    public init() {
        guard let context = EVP_MD_CTX_new(), EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1
        else { preconditionFailure("OpenSSL gives no SHA-256") }
        self.context = context
    }

    deinit { EVP_MD_CTX_free(context) }

    /// Adds bytes.
    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
        let status = EVP_DigestUpdate(context, bytes.baseAddress, bytes.count)
        precondition(status == 1, "EVP_DigestUpdate failed")
    }

    /// The digest of all bytes added.
    public consuming func finish() -> SHA256Digest {
        var bytes = [UInt8](repeating: 0, count: 32)
        let status = EVP_DigestFinal_ex(context, &bytes, nil)
        precondition(status == 1, "EVP_DigestFinal_ex failed")
        return SHA256Digest(bytes: bytes)
    }
}
