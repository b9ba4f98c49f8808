import DataPrep
import Foundation
import Geo
import Manifests
import Raster
import TestSupport
import Testing

/// Table A, metadata of products.
@Suite struct MetadataFaultTests {
    @Test(
        "A12: an external entity is refused, and its file is never opened",
        .enabled(if: Tool.canTrace, "needs strace"))
    func externalEntitiesAreNeverOpened() throws {
        let folder = try TemporaryFolder()
        let product = try Fixture.products(in: folder)[0]
        try AtomicFile.write("secret", to: folder.path("canary"))
        let name = folder.path("canary")
        let text = "<!DOCTYPE a [<!ENTITY x SYSTEM \"file://\(name)\">]><a>&x;</a>"
        for metadata in ["MTD_MSIL2A.xml", "manifest.safe"] {
            let kept = try WholeFile.read("\(product)/\(metadata)")
            try Fixture.overwrite("\(product)/\(metadata)", Array(text.utf8))
            let (result, trace) = try Tool.traced(
                ["-e", "trace=open,openat"],
                Fixture.arguments([product], into: folder.path("out")))
            expectOneLine(result, 65, "DTD not allowed", metadata)
            #expect(trace.contains(metadata) && !trace.contains("canary\""))
            try Fixture.overwrite("\(product)/\(metadata)", kept)
        }
    }

    @Test(
        "A13, A14: XML that would cost time or memory, or is no XML of ours, is refused",
        arguments: [
            "laughs", "deep", "long", "latin", "nul", "utf-16", "utf-7", "open", "empty",
            "doctype late",
        ]) func dangerousXMLIsRefused(kind: String) throws
    {
        let folder = try TemporaryFolder()
        let path = folder.path("x.SAFE/MTD_MSIL2A.xml")
        try AtomicFile.makeFolder(at: folder.path("x.SAFE"))
        try Fixture.overwrite(path, Self.xml(kind))
        let start = ContinuousClock.now
        expectRefusal(.badData, "MTD_MSIL2A.xml") {
            _ = try SceneReader().scenes(at: [folder.path("x.SAFE")])
        }
        // Takes milliseconds; the bound is for a machine that does much else.
        #expect(ContinuousClock.now - start < .seconds(5))
    }

    /// Foundation's parser ends the process at one: found by `script/fuzz`.
    @Test("A14: instructions for other programs are passed over, with and without content")
    func instructionsArePassedOver() throws {
        let folder = try TemporaryFolder()
        let product = try Fixture.products(in: folder)[2]
        func read() throws -> (scene: String, checksums: [String: FileChecksum]) {
            let scene = try #require(SceneReader().scenes(at: [product]).first)
            let granule = try #require(try scene.granule())
            return (
                "\(scene.name) \(scene.time) \(granule.ground) \(granule.meanSun)",
                try scene.checksums()
            )
        }
        let sound = try read()
        for part in ["MTD_MSIL2A.xml", "MTD_TL.xml", "manifest.safe"] {
            let path = try Fixture.file(part, in: product)
            let text = String(decoding: try WholeFile.read(path), as: UTF8.self)
            for instruction in ["<?note?>", "<?note ?>", "<?note a=\"b\"?>", "<?a?><?b?>"] {
                let root = try #require(
                    text.range(of: "<", range: text.range(of: "?>")!.upperBound..<text.endIndex))
                let first = try #require(
                    text.range(of: ">", range: root.lowerBound..<text.endIndex))
                var changed = text
                changed.insert(contentsOf: instruction, at: first.upperBound)
                changed.insert(contentsOf: instruction, at: root.lowerBound)
                try Fixture.overwrite(path, Array(changed.utf8))
                let found = try read()
                #expect(found == sound, "\(part), \(instruction)")
            }
            try Fixture.overwrite(path, Array(text.utf8))
        }
    }

    private static func xml(_ kind: String) -> [UInt8] {
        switch kind {
        case "laughs":
            let levels = (1..<12).map {
                "<!ENTITY a\($0) \"&a\($0 - 1);&a\($0 - 1);&a\($0 - 1);\">"
            }
            return Array(
                "<!DOCTYPE a [<!ENTITY a0 \"ha\">\(levels.joined())]><a>&a11;</a>".utf8)
        case "deep": return Array(String(repeating: "<a>", count: 1_000_000).utf8)
        case "long":
            return Array("<a b=\"".utf8) + [UInt8](repeating: 0x61, count: 20 << 20)
                + Array("\"/>".utf8)
        case "latin": return Array("<a>".utf8) + [0xE4, 0xFF] + Array("</a>".utf8)
        case "nul": return Array("<a>".utf8) + [0] + Array("</a>".utf8)
        case "utf-16":
            return [0xFF, 0xFE] + "<!DOCTYPE a><a/>".utf16.flatMap { ForgedTIFF.number(Int($0), 2) }
        case "utf-7":
            return Array("<?xml version=\"1.0\" encoding=\"UTF-7\"?>+ADwAIQ-DOCTYPE a><a/>".utf8)
        case "open": return Array("<a><b></a>".utf8)
        case "doctype late":
            return Array("<a>\(String(repeating: " ", count: 4096))<!DOCTYPE b></a>".utf8)
        default: return []
        }
    }

    @Test("A14: a file of 2 GB is refused by its size") func hugeXMLIsRefusedBySize() throws {
        let folder = try TemporaryFolder()
        let product = try Fixture.products(in: folder)[0]
        #expect(truncate("\(product)/MTD_MSIL2A.xml", 2 << 30) == 0)
        expectRefusal(.badData, "2147483648 bytes", "at most") {
            try Fixture.run([product], into: folder.path("out"))
        }
    }

    @Test("A14: whatever byte of the metadata is damaged, reading ends in an answer or a line")
    func anyByteMayBeWrong() throws {
        let folder = try TemporaryFolder()
        let product = try Fixture.products(in: folder)[2]
        var random = SplitMix64(seed: 3)
        for name in ["MTD_MSIL2A.xml", "manifest.safe"] {
            let bytes = try WholeFile.read("\(product)/\(name)")
            for _ in 0..<200 {
                var damaged = bytes
                for _ in 0...random.nextInt(below: 3) {
                    damaged[random.nextInt(below: bytes.count)] = UInt8(random.nextInt(below: 256))
                }
                try Fixture.overwrite("\(product)/\(name)", damaged)
                do {
                    let scene = try SceneReader().scenes(at: [product])[0]
                    _ = try scene.granule()
                } catch let error as any ExitCoded {
                    #expect([.badData, .inputMissing].contains(error.exitCode), "\(error)")
                }
            }
            try Fixture.overwrite("\(product)/\(name)", bytes)
        }
    }

    @Test(
        "A15: absolute locations of old products are matched by their last parts, inside",
        arguments: ["/dpc/app/s2ipf/OUTPUT/x.SAFE/", "../../elsewhere/", "./a/../"])
    func locationsStayInTheProduct(prefix: String) throws {
        let folder = try TemporaryFolder()
        let product = try Fixture.products(in: folder)[0]
        try Fixture.edit(
            "\(product)/manifest.safe", ("href=\"./GRANULE", "href=\"\(prefix)GRANULE"))
        try Fixture.run([product], into: folder.path("out"))
        let victim = try Fixture.file("_B04_10m", in: product)
        var bytes = try WholeFile.read(victim)
        bytes[bytes.count / 2] ^= 1
        try Fixture.overwrite(victim, bytes)
        expectRefusal(.badData, "_B04_10m.jp2", "manifest.safe says") {
            try Fixture.run([product], into: folder.path("out2"))
        }
    }

    @Test("A16: each of the bands taken away is named with its path, also in the wrong folder")
    func missingBandsAreNamed() throws {
        let folder = try TemporaryFolder()
        let product = try Fixture.products(in: folder)[0]
        var settings = Fixture.settings
        settings.bands = nil
        let names = (FileManager.default.subpaths(atPath: product) ?? []).filter {
            $0.hasSuffix(".jp2")
        }
        #expect(names.count == 13)
        for name in names {
            let path = "\(product)/\(name)"
            let last = URL(filePath: name).lastPathComponent
            let layer = String(last.split(separator: "_")[2])
            let wrong = path.replacing("/R", with: "/X")
            try AtomicFile.makeFolder(at: URL(filePath: wrong).deletingLastPathComponent().path)
            try FileManager.default.moveItem(atPath: path, toPath: wrong)
            expectRefusal(.inputMissing, layer, last) {
                try Fixture.run([product], into: folder.path("out"), settings)
            }
            try FileManager.default.moveItem(atPath: wrong, toPath: path)
        }
    }

    @Test("A17: baseline 04.00 without its thirteen offsets is refused") func offsetsMustBeThere()
        throws
    {
        let folder = try TemporaryFolder()
        let product = try Fixture.products(in: folder)[2]
        let path = "\(product)/MTD_MSIL2A.xml"
        let whole = try WholeFile.readText(path)
        let line = "<BOA_ADD_OFFSET band_id=\"12\">-1000</BOA_ADD_OFFSET>"
        let edits: [(String, String, String)] = [
            ("BOA_ADD_OFFSET band_id", "OTHER band_id", "04.00 or later"),
            (line, "", "thirteen bands need one each"),
            ("band_id=\"12\"", "band_id=\"13\"", "band_id=\"13\""),
            ("band_id=\"12\"", "band_id=\"11\"", "thirteen bands need one each"),
            ("band_id=\"12\"", "band_id=\"-1\"", "band_id=\"-1\""),
            ("band_id=\"12\">-1000<", "band_id=\"12\">nan<", "nan"),
            ("band_id=\"12\">-1000<", "band_id=\"12\">1e300<", "1e300"),
            (">10000</BOA_QUANTIFICATION", ">0</BOA_QUANTIFICATION", "above 0"),
        ]
        for (before, after, words) in edits {
            var text = whole.replacing(before, with: after)
            if after == "OTHER band_id" {
                text = text.replacing("</BOA_ADD_OFFSET>", with: "</OTHER>")
            }
            #expect(text != whole, "\(before)")
            try Fixture.overwrite(path, Array(text.utf8))
            expectRefusal(.badData, "MTD_MSIL2A.xml", words) {
                try Fixture.run([product], into: folder.path("out"))
            }
        }
    }

    @Test("A18: dates from before and after baseline 04.00 come out on one scale")
    func baselinesAreHarmonised() throws {
        let folder = try TemporaryFolder()
        let products = try Fixture.products(in: folder)
        for (product, offset) in zip([products[0], products[2]], [UInt16(0), 1000]) {
            try FileManager.default.removeItem(atPath: "\(product)/manifest.safe")
            for band in ["_B04_10m", "_B8A_20m"] {
                let path = try Fixture.file(band, in: product)
                let file = try RasterFile(reading: path)
                let pixels = (0..<file.size.count).map { UInt16($0 % 3000 + 1) + offset }
                try RasterWriter.write(
                    RasterBuffer(size: file.size, pixels: pixels), grid: file.grid,
                    as: .jpeg2000(), to: path)
            }
        }
        let out = folder.path("out")
        try Fixture.run([products[0], products[2]], into: out)
        let records = try JSONLinesReader.read(TileRecord.self, from: "\(out)/manifest.jsonl")
            .records
        #expect(records.count == 8)
        #expect(Set(records.map { $0.source.name.contains("_N0400_") }) == [true, false])
        for index in 0..<4 {
            let tiles = try [records[2 * index], records[2 * index + 1]].map {
                try RasterFile(reading: "\(out)/\($0.path)").read(as: UInt16.self)
            }
            #expect(tiles[0] == tiles[1])
        }
    }

    @Test("A24: a product goes by the name in its metadata; given twice, it counts once")
    func renamedProductsKeepTheirName() throws {
        let folder = try TemporaryFolder()
        let product = try Fixture.products(in: folder)[0]
        let name = URL(filePath: product).deletingPathExtension().lastPathComponent
        for copy in ["renamed", "b copy.SAFE"] {
            try FileManager.default.copyItem(atPath: product, toPath: folder.path("l2a/\(copy)"))
        }
        let scenes = try SceneReader().scenes(at: [folder.path("l2a"), product])
        #expect(scenes.filter { $0.name == name }.count == 1)
        let renamed = try SceneReader().scenes(at: [folder.path("l2a/renamed")])
        #expect(renamed.map(\.name) == [name])
        let region = RegionInput(name: "r", paths: [folder.path("l2a"), product])
        let plan = try PrepPlan(
            regions: [region], settings: Fixture.settings, output: folder.path("out"))
        let remark = try #require(plan.remarks.first { $0.contains("more than once") })
        let others = ["b copy.SAFE", "renamed"].map { folder.path("l2a/\($0)") }
        #expect(remark.hasSuffix("from \(product), not from \(others.joined(separator: ", "))"))
        #expect(plan.remarks.count { $0.contains("more than once") } == 1)
    }

    @Test(
        "A25: times that no scene can have are refused; others are UTC",
        arguments: [
            ("1969-12-31T23:59:59Z", false), ("2021-06-08T10:10:31+02:00", false),
            ("2021-02-29T10:10:31Z", false), ("2021-04-31T10:10:31Z", false), ("now", false),
            ("2999-01-01T00:00:00Z", false), ("2020-02-29T10:10:31Z", true),
            ("2016-12-31T23:59:60Z", true), ("2021-06-08T10:10:31", true),
        ]) func timesAreSoundOrRefused(time: String, isSound: Bool) throws
    {
        let folder = try TemporaryFolder()
        let product = try Fixture.products(in: folder)[0]
        try Fixture.edit(
            "\(product)/MTD_MSIL2A.xml",
            (
                "<DATATAKE_SENSING_START>2021-06-08T10:10:31.024Z",
                "<DATATAKE_SENSING_START>\(time)"
            ))
        if isSound {
            let found = try SceneReader().scenes(at: [product])[0].time
            #expect(found == SensingTime(time) && found.iso8601.hasSuffix("Z"))
        } else {
            expectRefusal(.badData, "sensing time \"\(time)\"") {
                _ = try SceneReader().scenes(at: [product])
            }
        }
    }
}
