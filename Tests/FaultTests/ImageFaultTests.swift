import DataPrep
import Foundation
import Geo
import Manifests
import Raster
import TestSupport
import Testing

/// Table A, damaged and lying image files.
@Suite struct ImageFaultTests {
    @Test("A1: a bit flipped in a band is found by the product's own digest, which is named")
    func flippedBitsAreFound() throws {
        let folder = try TemporaryFolder()
        let product = try Fixture.products(in: folder)[0]
        let victim = try Fixture.file("_B04_10m", in: product)
        let bytes = try WholeFile.read(victim)
        var random = SplitMix64(seed: 1)
        for _ in 0..<100 {
            var damaged = bytes
            damaged[random.nextInt(below: bytes.count)] ^= 1 << UInt8(random.nextInt(below: 8))
            try Fixture.overwrite(victim, damaged)
            expectRefusal(.badData, "_B04_10m.jp2", "MD5 is", "manifest.safe says") {
                try Fixture.run([product], into: folder.path("out"))
            }
        }
        #expect(!FileManager.default.fileExists(atPath: folder.path("out")))
    }

    @Test("A1: the same by SHA-3, as products since 04.00 have it; an unknown digest is said")
    func otherDigestsAreHeldAgainst() throws {
        let folder = try TemporaryFolder()
        let product = try Fixture.products(in: folder)[0]
        let victim = try Fixture.file("_B04_10m", in: product)
        let digests = try [FileDigest.Algorithm.md5, .sha3].map {
            try FileDigest.hex(ofFile: victim, $0)
        }
        try Fixture.edit(
            "\(product)/manifest.safe",
            ("\"MD5\">\(digests[0])<", "\"SHA3-256\">\(digests[1])<"))
        let region = RegionInput(name: "r", paths: [product])
        func remarks() throws -> [String] {
            try PrepPlan(
                regions: [region], settings: Fixture.settings, output: folder.path("out")
            ).remarks
        }
        #expect(try remarks().isEmpty)
        var bytes = try WholeFile.read(victim)
        bytes[bytes.count / 2] ^= 1
        try Fixture.overwrite(victim, bytes)
        expectRefusal(.badData, "_B04_10m.jp2", "SHA3-256 is", "manifest.safe says") {
            try Fixture.run([product], into: folder.path("out"))
        }
        try Fixture.edit("\(product)/manifest.safe", ("SHA3-256", "SHA-512"))
        let remark = try #require(try remarks().first)
        #expect(remark.contains("SHA-512") && remark.contains("manifest.safe"))
    }

    @Test(
        "A2: a band cut at every twentieth, with the product's manifest and without",
        arguments: [true, false]) func cutBandsAreRefused(hasManifest: Bool) throws
    {
        let folder = try TemporaryFolder()
        let product = try Fixture.products(in: folder)[0]
        if !hasManifest {
            try FileManager.default.removeItem(atPath: "\(product)/manifest.safe")
        }
        let victim = try Fixture.file("_B8A_20m", in: product)
        let bytes = try WholeFile.read(victim)
        for part in 0..<20 {
            try Fixture.overwrite(victim, Array(bytes[..<(bytes.count * part / 20)]))
            expectRefusal(.badData, "_B8A_20m.jp2", hasManifest ? "bytes, manifest.safe" : "") {
                try Fixture.run([product], into: folder.path("out"))
            }
        }
    }

    @Test("A3: a TIFF cut short, or whose tiles lie beyond its end")
    func tilesBeyondTheEndAreRefused() throws {
        let folder = try TemporaryFolder()
        let path = folder.path("in/T33UUU_20210601T101031_B04.tif")
        try Fixture.image(path, side: 300)
        let bytes = try WholeFile.read(path)
        for part in 1..<20 {
            try Fixture.overwrite(path, Array(bytes[..<(bytes.count * part / 20)]))
            expectRefusal(.badData, "B04.tif") {
                try Fixture.run([path], into: folder.path("out\(part)"), Fixture.single)
            }
        }
        try Fixture.overwrite(path, bytes)
        let isPatched = try ForgedTIFF.patch(path, tag: 324) { offsets in
            offsets.replaceSubrange(4..<8, with: [0, 0, 0, 0x7F])
        }
        #expect(isPatched)
        expectRefusal(.badData, "B04.tif", "cannot read") {
            try Fixture.run([path], into: folder.path("out"), Fixture.single)
        }
        #expect(!FileManager.default.fileExists(atPath: folder.path("out/manifest.jsonl")))
    }

    @Test("A4: what a proxy answers instead of an image, under its name or pushed into its middle")
    func errorPagesAreNoImages() throws {
        let folder = try TemporaryFolder()
        let product = try Fixture.products(in: folder)[0]
        try FileManager.default.removeItem(atPath: "\(product)/manifest.safe")
        let victim = try Fixture.file("_B04_10m", in: product)
        let bytes = try WholeFile.read(victim)
        let page = Array("<?xml version='1.0'?><Error><Code>SlowDown</Code></Error>".utf8)
        try Fixture.overwrite(victim, page)
        expectRefusal(.badData, "_B04_10m.jp2", "<?xml") {
            try Fixture.run([product], into: folder.path("out"))
        }
        for part in 1..<20 {
            let at = bytes.count * part / 20
            try Fixture.overwrite(victim, Array(bytes[..<at]) + page + Array(bytes[at...]))
            expectRefusal(.badData, "_B04_10m.jp2") {
                try Fixture.run([product], into: folder.path("out"))
            }
        }
    }

    @Test(
        "A19: a VRT under another name is no image; what lies beside an image is never opened",
        .enabled(if: Tool.canTrace, "needs strace"))
    func virtualRastersAndSidecarsReachNothing() throws {
        let folder = try TemporaryFolder()
        let path = folder.path("in/T33UUU_20210601T101031_B04.tif")
        try Fixture.image(path)
        let virtual = """
            <VRTDataset rasterXSize="64" rasterYSize="64"><VRTRasterBand dataType="UInt16" band="1">
            <SimpleSource><SourceFilename>/vsicurl/http://127.0.0.1:9/x.tif</SourceFilename>
            <SourceBand>1</SourceBand></SimpleSource></VRTRasterBand></VRTDataset>
            """
        for suffix in ["ovr", "msk", "aux.xml"] {
            try AtomicFile.write(virtual, to: "\(path).\(suffix)")
        }
        let (whole, trace) = try Tool.traced(
            ["-e", "trace=connect,open,openat"],
            ["tile", path, "--out", folder.path("out"), "--tile-size", "32"])
        #expect(whole.status == 0, "\(whole.stderr)")
        #expect(!trace.contains("AF_INET"))
        for suffix in ["ovr", "msk", "aux.xml"] { #expect(!trace.contains(".tif.\(suffix)\"")) }
        try Fixture.overwrite(path, Array(virtual.utf8))
        let (fake, second) = try Tool.traced(
            ["-e", "trace=connect"], ["tile", path, "--out", folder.path("out2")])
        expectOneLine(fake, 65, "neither a scene nor a raster")
        #expect(!second.contains("AF_INET"))
    }

    /// In a process of its own: other tests' memory is not counted.
    @Test("A20: dimensions that no file can have are refused before anything is allocated")
    func declaredSizesAreBounded() async {
        await #expect(processExitsWith: .success) {
            let folder = try TemporaryFolder()
            let path = folder.path("T33UUU_20210601T101031_B04.tif")
            for (width, height) in [
                (60_000, 60_000), (2_000_000_000, 2_000_000_000), (1, 2_147_483_647), (0, 5),
            ] {
                try Fixture.overwrite(path, ForgedTIFF(width: width, height: height).bytes)
                let before = ImageFaultTests.residentMegabytes
                expectRefusal(.badData, "B04.tif") {
                    _ = try RasterFile(reading: path).read(as: UInt16.self)
                }
                #expect(ImageFaultTests.residentMegabytes - before < 100, "\(width) × \(height)")
            }
        }
    }

    fileprivate static var residentMegabytes: Int {
        let fields = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8)) ?? ""
        return (fields.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) * 4 / 1024
    }

    @Test("A21: odd kinds of pixels are refused, or rounded, clamped, NaN 0, a palette its indices")
    func oddPixelsAreRefusedOrCast() throws {
        let folder = try TemporaryFolder()
        let path = folder.path("B04.tif")
        func read(_ forged: ForgedTIFF) throws -> [UInt16] {
            try Fixture.overwrite(path, forged.bytes)
            return try RasterFile(reading: path).read(bands: [0], as: UInt16.self).pixels
        }
        func bytes(_ values: [Float]) -> [UInt8] {
            values.flatMap { ForgedTIFF.number(Int($0.bitPattern), 4) }
        }
        var many = ForgedTIFF(width: 1, height: 1, bands: 65_535, bits: 8)
        many.pixels = [UInt8](repeating: 7, count: 65_535)
        many.fields[279] = (.long, [65_535])
        expectRefusal(.badData, "bands") { _ = try read(many) }
        for format in [5, 6] {
            let complex = ForgedTIFF(
                width: 1, height: 1, bits: format == 5 ? 32 : 64, format: format,
                pixels: [UInt8](repeating: 0, count: 8))
            expectRefusal(.badData) { _ = try read(complex) }
        }
        #expect(
            try read(ForgedTIFF(width: 8, height: 1, bits: 1, pixels: [0b1010_0000])) == [
                1, 0, 1, 0, 0, 0, 0, 0,
            ])
        #expect(
            try read(ForgedTIFF(width: 2, height: 1, bits: 12, pixels: [0xFF, 0xF0, 0x01]))
                == [4095, 1])
        let wide = ForgedTIFF(
            width: 2, height: 1, bits: 64, pixels: [9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1])
        #expect(try read(wide) == [9, 65535])
        let floats = bytes([.nan, .infinity, -.infinity, -5, 2.5, 70_000])
        #expect(
            try read(ForgedTIFF(width: 6, height: 1, bits: 32, format: 3, pixels: floats))
                == [0, 65535, 0, 0, 3, 65535])
        var palette = ForgedTIFF(width: 2, height: 1, bits: 8, photometric: 3, pixels: [3, 200])
        palette.fields[320] = (.short, Array(repeating: 40_000, count: 768))
        #expect(try read(palette) == [3, 200])
    }
}
