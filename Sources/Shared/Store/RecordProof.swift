import CKernels
public import Manifests

/// What proves a record: a digest for those who keep it, a checksum at the speed of memory for those who read it.
public struct RecordProof: Sendable, Hashable {
    /// Bytes that a record may have.
    static let largestRecord = Int(UInt32.max)

    /// Bytes of the record.
    public let byteCount: Int
    /// The SHA-256 of its bytes.
    public let digest: SHA256Digest
    /// 64 bits that see any damage but one in 2³²; no protection against intent.
    public let checksum: UInt64

    /// Proves bytes in memory.
    public init(of bytes: UnsafeRawBufferPointer) {
        byteCount = bytes.count
        digest = SHA256Digest(of: bytes)
        checksum = Self.checksum(of: bytes)
    }

    /// The checksum alone.
    public static func checksum(of bytes: UnsafeRawBufferPointer) -> UInt64 {
        ckernels_checksum(bytes.baseAddress, bytes.count)
    }

    /// A line of `records.jsonl`.
    func line(key: String) -> JSONValue {
        .object([
            "bytes": .integer(Int64(byteCount)), "checksum": .string(Self.hex(checksum)),
            "key": .string(key), "sha256": .string(digest.hex),
        ])
    }

    /// Reads a line back.
    ///
    /// - Throws: `ManifestError` (`invalid`).
    static func read(_ line: JSONValue) throws -> (key: String, proof: RecordProof) {
        guard let digest = SHA256Digest(hex: try line.requireString("sha256")),
            let checksum = UInt64(try line.requireString("checksum"), radix: 16)
        else { throw ManifestError(.invalid, "\"sha256\" or \"checksum\" is no such number") }
        let byteCount = try line.requireInt("bytes")
        guard (0...largestRecord).contains(byteCount) else {
            throw ManifestError(.invalid, "\"bytes\" is \(byteCount); a record has less than 4 GiB")
        }
        let proof = RecordProof(byteCount: byteCount, digest: digest, checksum: checksum)
        return (try line.requireString("key"), proof)
    }

    private init(byteCount: Int, digest: SHA256Digest, checksum: UInt64) {
        (self.byteCount, self.digest, self.checksum) = (byteCount, digest, checksum)
    }

    private static func hex(_ number: UInt64) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
