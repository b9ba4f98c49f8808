import DataPrep
import Foundation
import Manifests
import Raster
import TestSupport
import Testing

/// A zipped product through the whole of a run: proven, decoded by workers and cut as the unpacked one is.
@Suite struct ZippedRunTests {
    /// Archives of two products below `zips`, one each, nothing packed.
    private static func zip(_ products: [String], in folder: TemporaryFolder) throws -> [String] {
        try AtomicFile.makeFolder(at: folder.path("zips"))
        return try products.enumerated().map { index, product in
            let name = URL(filePath: product).lastPathComponent
            let files = (FileManager.default.subpaths(atPath: product) ?? []).sorted().filter {
                !StoredFile("\(product)/\($0)").isFolder
            }
            let entries = try files.map { file in
                var entry = ForgedZip.Entry("\(name)/\(file)")
                entry.content = try WholeFile.read("\(product)/\(file)")
                return entry
            }
            let path = folder.path("zips/\(index).zip")
            try AtomicFile.write(ForgedZip(entries: entries).bytes, to: path)
            return path
        }
    }

    @Test(
        "Zipped or not, every byte is the same, record of inputs and all",
        arguments: [true, false]) func whatIsZippedIsTheSame(hasWorkers: Bool) throws
    {
        let folder = try TemporaryFolder()
        let products = Array(try Fixture.products(in: folder).prefix(2))
        let archives = try Self.zip(products, in: folder)
        for (name, paths) in [("plain", products), ("zipped", archives)] {
            let arguments =
                Fixture.arguments(paths, into: folder.path(name))
                + (hasWorkers ? [] : ["--no-decode-workers"])
            let result = try runProgram("matter-prep", arguments)
            #expect(result.status == 0, "\(result.stderr)")
        }
        let plain = try Fixture.tree(folder.path("plain"))
        #expect(plain["run.json"] != nil && plain["store/data.mdb"] != nil)
        #expect(plain.keys.count { $0.hasPrefix("tiles/") } == 8)
        #expect(try Fixture.tree(folder.path("zipped")) == plain)
        // Nothing was unpacked anywhere near.
        #expect(!folder.files().contains { $0.hasPrefix("zips/") && !$0.hasSuffix(".zip") })
        #expect(try PrepVerification(folder: folder.path("zipped")).faults.isEmpty)
    }

    @Test("A bit of a band flipped in the archive is found by the product's own digest")
    func flippedBitsInAnArchiveAreFound() throws {
        let folder = try TemporaryFolder()
        let product = try Fixture.products(in: folder)[0]
        let victim = try Fixture.file("_B04_10m", in: product)
        var bytes = try WholeFile.read(victim)
        bytes[bytes.count / 2] ^= 1
        try Fixture.overwrite(victim, bytes)
        let archive = try Self.zip([product], in: folder)[0]
        expectRefusal(.badData, "0.zip", "_B04_10m.jp2", "MD5 is", "manifest.safe says") {
            try Fixture.run([archive], into: folder.path("out"))
        }
        #expect(!FileManager.default.fileExists(atPath: folder.path("out")))
    }
}
