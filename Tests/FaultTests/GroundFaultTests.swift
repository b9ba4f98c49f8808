import DataPrep
import Foundation
import Geo
import Manifests
import Raster
import TestSupport
import Testing

/// Table A, where images say they lie, and what files are called.
@Suite struct GroundFaultTests {
    private static let site =
        "LOCAL_CS[\"site\",LOCAL_DATUM[\"peg\",0],UNIT[\"metre\",1],AXIS[\"x\",EAST],AXIS[\"y\",NORTH]]"

    @Test(
        "A22: a band whose system is not that of its tile is refused with both",
        arguments: [
            "none", "EPSG:32634", "EPSG:32733", "EPSG:4326", "EPSG:3857", "engineering",
        ]) func systemsMustBeTheTiles(crs: String) throws
    {
        let folder = try TemporaryFolder()
        let path = folder.path("T33UUU_20210601T101031_B04.tif")
        let definition = crs == "engineering" ? Self.site : crs
        let grid = GeoGrid(
            size: try PixelSize(width: 64, height: 64),
            transform: try AffineTransform(originX: 10, originY: 50, resolution: 0.1),
            crs: CRS(wkt: definition))
        let pixels = RasterBuffer<UInt16>(size: grid.size, filledWith: 9)
        try RasterWriter.write(
            pixels, grid: crs == "none" ? nil : grid, as: .geoTIFF(), to: path)
        let words = crs == "none" ? "no georeference" : "expected EPSG:32633 from tile T33UUU"
        expectRefusal(.badData, "B04.tif", words) {
            try Fixture.run([path], into: folder.path("out"), Fixture.single)
        }
    }

    @Test(
        "A22: numbers of which the axes are swapped, and a system of a site alone, are refused without a tile's name too",
        arguments: ["T33UUU_20210601T101031_B04.tif", "20210601T101031_B04.tif"],
        ["swapped", "far west", "site"])
    func placesMustBeOnTheGround(name: String, place: String) throws {
        let folder = try TemporaryFolder()
        let path = folder.path(name)
        // A GeoTIFF cannot say that its axes are swapped: what is written so comes out as plain EPSG:32633.
        var grid = try Fixture.grid(x: place == "swapped" ? 5_700_000 : -3_000_000, y: 300_000)
        var words = "axes swapped?"
        if place == "site" {
            grid = GeoGrid(size: grid.size, transform: grid.transform, crs: CRS(wkt: Self.site))
            words = name.hasPrefix("T") ? "expected EPSG:32633" : "no place on Earth"
        }
        try Fixture.image(path, grid: grid)
        expectRefusal(.badData, "B04.tif", words) {
            try Fixture.run([path], into: folder.path("out"), Fixture.single)
        }
    }

    @Test("A22: the tile's system in words instead of by number is the tile's system")
    func wordsForTheSameSystemAreAccepted() throws {
        let folder = try TemporaryFolder()
        let path = folder.path("T33UUU_20210601T101031_B04.tif")
        try Fixture.image(path)
        #expect(try ForgedTIFF.patch(path, tag: 34735) { _ in })
        #expect(try Fixture.run([path], into: folder.path("out"), Fixture.single).tiles == 4)
    }

    @Test(
        "A23: a transform that gives pixels no area, or no place, is refused",
        arguments: [
            (33550, [0.0, 0, 0]), (33550, [.nan, 10, 0]), (33922, [0, 0, 0, .nan, 0, 0]),
        ])
    func senselessTransformsAreRefused(tag: Int, values: [Double]) throws {
        let folder = try TemporaryFolder()
        let path = folder.path("T33UUU_20210601T101031_B04.tif")
        try Fixture.image(path)
        let isPatched = try ForgedTIFF.patch(path, tag: tag) { bytes in
            bytes = values.flatMap { ForgedTIFF.number(Int(bitPattern: UInt($0.bitPattern)), 8) }
        }
        #expect(isPatched)
        expectRefusal(.badData, "B04.tif") {
            try Fixture.run([path], into: folder.path("out"), Fixture.single)
        }
    }

    @Test("A23: south-up images give the pixels of the north-up one, where those lie")
    func southUpImagesLieWhereTheySay() throws {
        let folder = try TemporaryFolder()
        let grid = try Fixture.grid()
        let flipped = GeoGrid(
            size: grid.size,
            transform: try AffineTransform(gdal: [300_000, 10, 0, 5_700_000 - 640, 0, 10]),
            crs: grid.crs)
        let pixels = (0..<64 * 64).map { UInt16(1 + $0) }
        let turned = (0..<64).reversed().flatMap { row in pixels[64 * row..<64 * row + 64] }
        try Fixture.image(folder.path("in/T33UUU_20210601T101031_B04.tif"), pixels: pixels)
        try Fixture.image(
            folder.path("in/T33UUU_20210602T101031_B04.tif"), pixels: turned, grid: flipped)
        try Fixture.run([folder.path("in")], into: folder.path("out"), Fixture.single)
        for tile in ["0_0", "1_0", "0_1", "1_1"] {
            let dates = try ["20210601T101031", "20210602T101031"].map {
                try RasterFile(reading: folder.path("out/tiles/r/\(tile)/\($0).tif"))
                    .read(as: UInt16.self)
            }
            #expect(dates[0] == dates[1])
        }
        #expect(try PrepVerification(folder: folder.path("out")).faults.isEmpty)
    }

    @Test(
        "A26: names of any kind are read, or refused in a line that no terminal obeys",
        arguments: [
            "-rf 20210601T101031 B04.tif", "a\nb_20210601T101031_B04.tif",
            "🛰_20210601T101031_B04.tif",
            "\u{1B}[2J_20210601T101031_B04.tif",
            "20210601T101031_B04_" + String(repeating: "x", count: 231) + ".tif",
        ]) func oddNamesAreRead(name: String) throws
    {
        let folder = try TemporaryFolder()
        try Fixture.image(folder.path("plain.tif"))
        let path = folder.path("in/\(name)")
        try AtomicFile.makeFolder(at: folder.path("in"))
        try FileManager.default.moveItem(atPath: folder.path("plain.tif"), toPath: path)
        let arguments = [
            "tile", folder.path("in"), "--out", folder.path("out"), "--tile-size", "32",
            "--quiet",
        ]
        let good = try runProgram("matter-prep", arguments)
        #expect(good.status == 0, "\(good.stderr)")
        #expect(!(good.stdout + good.stderr).contains("\u{1B}"))
        #expect(try PrepVerification(folder: folder.path("out")).faults.isEmpty)
        try Fixture.overwrite(path, Array(try WholeFile.read(path).prefix(900)))
        let bad = try runProgram(
            "matter-prep", arguments.map { $0 == folder.path("out") ? folder.path("out2") : $0 })
        expectOneLine(bad, 65)
        #expect(!bad.stderr.contains("\u{1B}"))
    }

    @Test("A26: a name that is not UTF-8 is said, not guessed at") func namesMustBeUTF8() throws {
        let folder = try TemporaryFolder()
        try Fixture.image(folder.path("in/20210601T101031_B04.tif"))
        let bytes = Array("\(folder.path)/in/".utf8) + [0xFF, 0xFE, 0x41, 0]
        let descriptor = bytes.withUnsafeBufferPointer { buffer in
            buffer.withMemoryRebound(to: CChar.self) { name in
                name.baseAddress.map { creat($0, 0o644) } ?? -1
            }
        }
        try #require(descriptor >= 0)
        close(descriptor)
        expectRefusal(.badData, "not UTF-8", "rename it") {
            try Fixture.run([folder.path("in")], into: folder.path("out"), Fixture.single)
        }
    }

    @Test(
        "A28: a file that is replaced or rewritten while the run reads is noticed",
        arguments: [true, false]) func changesDuringTheRunAreNoticed(isReplaced: Bool) throws
    {
        let folder = try TemporaryFolder()
        let products = try Fixture.products(in: folder)
        let victim = try Fixture.file("_B04_10m", in: products[1])
        let bytes = try WholeFile.read(victim)
        var tiles = 0
        expectRefusal(.badData, "_B04_10m.jp2", "changed while it was read") {
            try Fixture.run(
                products, into: folder.path("out"),
                checkStop: {
                    guard tiles == 1 else { return }
                    tiles += 1
                    if isReplaced { try FileManager.default.removeItem(atPath: victim) }
                    try Fixture.overwrite(victim, bytes)
                },
                onEvent: { if case .tile = $0 { tiles += 1 } })
        }
        #expect(!FileManager.default.fileExists(atPath: folder.path("out/manifest.jsonl")))
        let journal = try JSONLinesReader.read(
            TileRecord.self, from: folder.path("out/journal.jsonl"))
        #expect(journal.records.allSatisfy { !$0.id.contains("20210822") })
    }
}
