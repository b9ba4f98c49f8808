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

    /// Both writers, ours and (with smaller copies) GDAL's, keep the mask, and what the numbers mean.
    @Test(arguments: [false, true], [TIFFCompression.zstd, .deflate])
    func masksScalesAndWavelengthsAreInside(overviews: Bool, compression: TIFFCompression) throws {
        let folder = try TemporaryFolder()
        let path = folder.path("a.tif")
        let bands = [
            BandDescription(
                scale: 0.0001, wavelengthInMicrometres: 0.4924, bandwidthInMicrometres: 0.066),
            BandDescription(scale: 0.5, offset: -2),
        ]
        for (width, height) in [(1, 1), (16, 512), (513, 40), (1096, 1096)] {
            let size = try PixelSize(width: width, height: height)
            let image = try RasterBuffer(
                size: size, bands: 2, pixels: TIFFMaker.pixels(2 * size.count, seed: 5))
            let mask = (0..<size.count).map {
                UInt8($0 % 7 == 3 || $0 / width % 11 == 3 ? 0 : 1)
            }
            let description = RasterDescription(
                grid: try Fixture.grid(width: width, height: height), nodata: 0,
                bandNames: ["B02", "B03"], bands: bands, mask: mask)
            let bytes = try RasterWriter.encode(
                image, description, as: .cog(compression, overviews: overviews))
            try AtomicFile.write(bytes, to: path)
            let file = try RasterFile(reading: path)
            #expect(try file.read(as: UInt16.self) == image)
            #expect(try file.mask() == mask && file.nodata == 0)
            #expect(file.bandMeanings.map(\.scale) == [0.0001, 0.5])
            #expect(file.bandMeanings.map(\.offset) == [0, -2])
            #expect(file.bandMetadata(0)["wavelength"] == "0.4924")
            #expect(file.bandMetadata(0)["wavelength_units"] == "Micrometers")
            #expect(file.bandMetadata(1)["wavelength"] == nil)
            #expect(file.bandMeanings == bands && file.metadata()["MATTER_ROOM"] == nil)
            #expect(Self.layout(of: path) == "COG")
            let reader = PlainTIFFReader()
            let plain = try #require(try reader.read(path))
            #expect(image.pixels.withUnsafeBytes { plain.pixels.elementsEqual($0) })
            #expect(reader.mask(of: bytes) == mask)
        }
    }

    /// All of one value, or nothing said of it: a mask that hides everything is not the same as none.
    @Test(arguments: [nil, 0, 1] as [UInt8?]) func uniformMasks(value: UInt8?) throws {
        let folder = try TemporaryFolder()
        let size = try PixelSize(width: 600, height: 30)
        let image = try RasterBuffer(size: size, pixels: TIFFMaker.pixels(size.count, seed: 5))
        let mask = value.map { [UInt8](repeating: $0, count: size.count) }
        let bytes = try RasterWriter.encode(
            image, RasterDescription(nodata: 0, mask: mask), as: .cog())
        try AtomicFile.write(bytes, to: folder.path("a.tif"))
        let file = try RasterFile(reading: folder.path("a.tif"))
        #expect(try file.mask() == mask && file.read(as: UInt16.self) == image)
        #expect(PlainTIFFReader().mask(of: bytes) == mask)
    }

    @Test func aMaskOfAnotherSizeOrInAnotherFormatIsRefused() throws {
        let size = try PixelSize(width: 4, height: 4)
        let image = RasterBuffer<UInt16>(size: size, filledWith: 1)
        let cases: [(Int, RasterFormat)] = [(15, .cog()), (16, .png), (16, .geoTIFF())]
        for (count, format) in cases {
            let description = RasterDescription(mask: [UInt8](repeating: 1, count: count))
            let error = #expect(throws: RasterError.self) {
                try RasterWriter.encode(image, description, as: format)
            }
            #expect(error?.code == .invalid)
        }
        let error = #expect(throws: RasterError.self) {
            try RasterWriter.encode(
                image, RasterDescription(bands: [BandDescription(), BandDescription()]), as: .cog())
        }
        #expect(error?.code == .invalid)
    }

    /// Directories before data, the image's first; each of the mask's blocks right behind the image's, as the layout promises.
    @Test(arguments: [false, true]) func blocksOfTheMaskFollowThoseOfTheImage(
        overviews: Bool
    ) throws {
        let folder = try TemporaryFolder()
        let path = folder.path("a.tif")
        let size = try PixelSize(width: 1096, height: 1096)
        let image = try RasterBuffer(size: size, pixels: TIFFMaker.pixels(size.count, seed: 5))
        let mask = (0..<size.count).map { UInt8($0 % 5 == 0 ? 0 : 1) }
        let bytes = try RasterWriter.encode(
            image, RasterDescription(nodata: 0, mask: mask), as: .cog(overviews: overviews))
        try AtomicFile.write(bytes, to: path)
        let ghost = String(decoding: bytes[8..<300], as: UTF8.self)
        #expect(ghost.contains("\n MASK_INTERLEAVED_WITH_IMAGERY=YES\n"))
        let dataset = GDALOpenEx(path, UInt32(GDAL_OF_RASTER), nil, nil, nil)
        defer { matter_close(dataset) }
        let band = GDALGetRasterBand(dataset, 1)
        #expect(GDALGetMaskFlags(band) == GMF_PER_DATASET)
        #expect((GDALGetOverviewCount(band) > 0) == overviews)
        func place(_ name: String, ofMask: Bool = false) -> Int {
            GDALGetMetadataItem(ofMask ? GDALGetMaskBand(band) : band, name, "TIFF")
                .flatMap { Int(String(cString: $0)) } ?? -1
        }
        #expect(place("IFD_OFFSET") > 0 && place("IFD_OFFSET") < place("IFD_OFFSET", ofMask: true))
        #expect(place("IFD_OFFSET", ofMask: true) < place("BLOCK_OFFSET_0_0"))
        for block in ["0_0", "1_0", "0_1", "1_1"] {
            let end = place("BLOCK_OFFSET_\(block)") + place("BLOCK_SIZE_\(block)")
            #expect(place("BLOCK_OFFSET_\(block)", ofMask: true) == end + 8)
        }
    }

    /// What GDAL took the file's layout for.
    private static func layout(of path: String) -> String? {
        let dataset = GDALOpenEx(path, UInt32(GDAL_OF_RASTER), nil, nil, nil)
        defer { matter_close(dataset) }
        return GDALGetMetadataItem(dataset, "LAYOUT", "IMAGE_STRUCTURE").map { String(cString: $0) }
    }
}
