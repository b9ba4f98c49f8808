import CGDAL
import Foundation
import Geo
import Manifests
import Raster
import Testing
import TestSupport

/// The COGs of our own writer, as GDAL sees them.
struct COGWriterTests {
    @Test(arguments: [1, 3, 4, 13], [TIFFCompression.zstd, .deflate])
    func gdalReadsThemAsCOGs(bands: Int, compression: TIFFCompression) throws {
        let folder = try TemporaryFolder()
        for (width, height) in [(1, 1), (16, 512), (513, 40), (1096, 1096)] {
            let path = folder.path("a.tif")
            let size = try PixelSize(width: width, height: height)
            let grid = try Fixture.grid(width: width, height: height)
            let small = try RasterBuffer(
                size: size, bands: bands,
                pixels: TIFFMaker.pixels(bands * size.count, seed: UInt64(bands)))
            try RasterWriter.write(
                small, grid: grid, as: .cog(compression), nodata: 7,
                bandNames: (0..<bands).map { "B\($0) <&>" }, metadata: ["KEY": "a \"b\" & <c>"],
                to: path)
            let file = try RasterFile(reading: path)
            #expect(try file.read(as: UInt16.self) == small)
            #expect(file.grid == grid && file.nodata == 7)
            #expect(file.bandDescriptions == (0..<bands).map { "B\($0) <&>" })
            #expect(file.metadata()["KEY"] == "a \"b\" & <c>")
            #expect(Self.layout(of: path) == "COG")
        }
    }

    @Test func bytesAndSignedNumbers() throws {
        let folder = try TemporaryFolder()
        let size = try PixelSize(width: 400, height: 300)
        let numbers = TIFFMaker.pixels(2 * size.count, seed: 3)
        let bytes = try RasterBuffer(
            size: size, bands: 2, pixels: numbers.map { UInt8(truncatingIfNeeded: $0) })
        let signed = try RasterBuffer(
            size: size, bands: 2, pixels: numbers.map { Int16(bitPattern: $0 &* 31) })
        try RasterWriter.write(bytes, as: .cog(), to: folder.path("a.tif"))
        try RasterWriter.write(signed, as: .cog(), to: folder.path("b.tif"))
        #expect(try RasterFile(reading: folder.path("a.tif")).read(as: UInt8.self) == bytes)
        #expect(try RasterFile(reading: folder.path("b.tif")).read(as: Int16.self) == signed)
    }

    /// What GDAL took the file's layout for.
    private static func layout(of path: String) -> String? {
        let dataset = GDALOpenEx(path, UInt32(GDAL_OF_RASTER), nil, nil, nil)
        defer { matter_close(dataset) }
        return GDALGetMetadataItem(dataset, "LAYOUT", "IMAGE_STRUCTURE").map { String(cString: $0) }
    }
}
