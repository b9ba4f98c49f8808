import Manifests
import TestSupport
import Testing

/// The digests of `manifest.safe` by published vectors.
@Suite struct FileDigestTests {
    /// Of "abc": RFC 1321, FIPS 180-4 and FIPS 202, by the names that products use.
    @Test(arguments: [
        ("MD5", "900150983cd24fb0d6963f7d28e17f72"),
        ("SHA-256", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        ("SHA3-256", "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532"),
    ]) func digestsAreThoseOfTheStandards(name: String, expected: String) throws {
        let algorithm = try #require(FileDigest.Algorithm(safeName: name))
        #expect(try FileDigest.hex(of: Array("abc".utf8), algorithm) == expected)
        let folder = try TemporaryFolder()
        try AtomicFile.write("abc", to: folder.path("abc"))
        #expect(try FileDigest.hex(ofFile: folder.path("abc"), algorithm) == expected)
    }

    @Test func anotherNameIsNone() {
        #expect(FileDigest.Algorithm(safeName: "SHA-512") == nil)
    }
}
