import DataPrep
import Foundation
import Geo
import Manifests
import Raster
import TestSupport
import Testing

/// Table A, what costs no more than it may, and ground that is turned.
@Suite struct IngestBoundTests {
    /// `matter-prep tile` with so many KiB of address space.
    private static func tile(
        _ path: String, kibibytes: Int, in folder: TemporaryFolder
    ) throws -> ProgramResult {
        try runExecutable(
            "/bin/sh",
            [
                "-c", "ulimit -v \(kibibytes); exec \"$0\" \"$@\"", programURL("matter-prep").path,
                "tile", path, "--out", folder.path("out"), "--quiet",
            ])
    }

    @Test("A10: 4 GB in an archive of 300 kB are refused in the memory that any answer takes")
    func bombsTakeNoMemory() throws {
        let folder = try TemporaryFolder()
        let plain = ForgedZip(entries: [.init("a.SAFE/readme.txt")])
        try AtomicFile.write(plain.bytes, to: folder.path("plain.zip"))
        var bomb = ForgedZip.Entry("a.SAFE/MTD_MSIL2A.xml", String(repeating: "a", count: 292_000))
        bomb.listedBytes = 4_000_000_000
        try AtomicFile.write(ForgedZip(entries: [bomb]).bytes, to: folder.path("bomb.zip"))
        // What the program maps to begin with depends on its libraries: the least of these that it can say "no scene" in.
        let least = try [1, 2, 4, 8, 16].map { $0 << 20 }.first {
            try Self.tile(folder.path("plain.zip"), kibibytes: $0, in: folder).status == 66
        }
        let enough = try #require(least) + 512 << 10
        let result = try Self.tile(folder.path("bomb.zip"), kibibytes: enough, in: folder)
        expectOneLine(result, 65, "bomb.zip", "says it is 4000000000 bytes")
    }

    @Test("A3: the block that lies beyond the end of its file is named by its place")
    func theBrokenBlockIsNamed() throws {
        let folder = try TemporaryFolder()
        let path = folder.path("in/T33UUU_20210601T101031_B04.tif")
        // Blocks of 256 pixels: two across, two down; the second is the upper right one.
        try Fixture.image(path, side: 300)
        let isPatched = try ForgedTIFF.patch(path, tag: 324) { offsets in
            offsets.replaceSubrange(4..<8, with: [0, 0, 0, 0x7F])
        }
        #expect(isPatched)
        expectRefusal(.badData, "B04.tif", "cannot read", "X offset 1, Y offset 0") {
            try Fixture.run([path], into: folder.path("out"), Fixture.single)
        }
    }

    /// Two bands that hold metres east and metres south of (300 000, 5 700 000), plus 1000, on any grid of whole metres.
    private static func ramps(_ day: String, on grid: GeoGrid, to folder: String) throws {
        let side = grid.size.width
        for (band, isEast) in [("B04", true), ("B08", false)] {
            let pixels = (0..<grid.size.count).map { index -> UInt16 in
                let place = grid.centre(column: index % side, row: index / side)
                let metres = isEast ? place.x - 300_000 : 5_700_000 - place.y
                return UInt16((1000 + metres).rounded())
            }
            try Fixture.image(
                "\(folder)/T33UUU_\(day)T101031_\(band).tif", pixels: pixels, side: side, grid: grid
            )
        }
    }

    @Test(
        "A23: an image that is turned, by a quarter or by the angle of 3, 4 and 5, lies where it says",
        arguments: [
            // Columns go north and rows go east.
            (64, [300_000.0, 0, 10, 5_699_360, 10, 0]),
            // 36.87°, and wide enough that its corners hold the other one.
            (130, [299_400.0, 8, 6, 5_699_700, 6, -8]),
        ])
    func turnedImagesLieWhereTheySay(side: Int, transform: [Double]) throws {
        let folder = try TemporaryFolder()
        let turned = GeoGrid(
            size: try PixelSize(width: side, height: side),
            transform: try AffineTransform(gdal: transform), crs: CRS(epsg: 32633))
        try Self.ramps("20210601", on: Fixture.grid(), to: folder.path("in"))
        try Self.ramps("20210602", on: turned, to: folder.path("in"))
        var settings = Fixture.single
        settings.bands = [.b04, .b08]
        settings.reference = "2021-06-01"
        // A cubic between the pixels of a ramp is the ramp.
        settings.kernel = .cubic
        let report = try Fixture.run([folder.path("in")], into: folder.path("out"), settings)
        #expect(report.tiles == 8)
        for tile in ["0_0", "1_0", "0_1", "1_1"] {
            let dates = try ["20210601T101031", "20210602T101031"].map {
                try RasterFile(reading: folder.path("out/tiles/r/\(tile)/\($0).tif"))
                    .read(as: UInt16.self)
            }
            #expect(dates[0].pixels.min().map { $0 >= 1005 } == true)
            #expect(dates[0] == dates[1], "\(tile)")
        }
        #expect(try PrepVerification(folder: folder.path("out")).faults.isEmpty)
    }
}
