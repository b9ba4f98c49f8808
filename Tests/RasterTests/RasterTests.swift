import Foundation
import Geo
import Manifests
import Raster
import TestSupport
import Testing

/// Rasters whose pixels tell where they are.
enum Fixture {
    /// A camera that looks down on 15° E, 52° N: about 10 m a pixel, and 0.2 pixels of relief a 10 m of height.
    static func camera() throws -> RPCModel {
        func list(_ entries: [Int: Double]) -> [Double] { (0..<20).map { entries[$0] ?? 0 } }
        return try RPCModel(
            line: .init(offset: 75, scale: 75), sample: .init(offset: 90, scale: 90),
            latitude: .init(offset: 52, scale: 0.00675),
            longitude: .init(offset: 15, scale: 0.0131),
            height: .init(offset: 100, scale: 500),
            coefficients: [
                list([0: 0.01, 2: -1, 3: 0.13, 7: 0.004]), list([0: 1, 1: 0.002]),
                list([1: 1, 2: 0.05, 3: -0.11, 4: 0.003]), list([0: 1, 2: -0.001]),
            ])
    }

    /// A turned grid of pixels that are not square, in UTM zone 33.
    static func turnedGrid(width: Int, height: Int) throws -> GeoGrid {
        try GeoGrid(
            size: PixelSize(width: width, height: height),
            transform: AffineTransform(gdal: [500_000, 9, 2, 5_800_000, 1.5, -11]),
            crs: CRS(epsg: 32633))
    }

    /// A grid with north up, 10 m, in UTM zone 33.
    static func grid(width: Int, height: Int, resolution: Double = 10) throws -> GeoGrid {
        try GeoGrid(
            size: PixelSize(width: width, height: height),
            transform: AffineTransform(
                originX: 500_000, originY: 5_800_000, resolution: resolution),
            crs: CRS(epsg: 32633))
    }

    /// Band b at (row, column) is 1 + 100·row + column + 7·b.
    static func coordinates(_ size: PixelSize, bands: Int = 1) -> RasterBuffer<UInt16> {
        var buffer = RasterBuffer<UInt16>(size: size, bands: bands, filledWith: 0)
        for band in 0..<bands {
            for row in 0..<size.height {
                for column in 0..<size.width {
                    buffer[band, row, column] = UInt16(1 + 100 * row + column + 7 * band)
                }
            }
        }
        return buffer
    }

    /// Smooth hills between 1000 and 9000, so that resampling has something to do.
    static func hills(_ size: PixelSize) -> RasterBuffer<UInt16> {
        var buffer = RasterBuffer<UInt16>(size: size, filledWith: 0)
        for row in 0..<size.height {
            for column in 0..<size.width {
                let (x, y) = (Double(column), Double(row))
                let value = 5000 + 2500 * sin(x / 5.3 + y / 17) + 1500 * cos(y / 4.1 - x / 23)
                buffer[0, row, column] = UInt16(value.rounded())
            }
        }
        return buffer
    }
}

@Suite struct RasterFileTests {
    /// A single pixel that lacks a value in one band only is found, wherever it lies.
    @Test func bandsLackTogetherOrNot() throws {
        let size = try PixelSize(width: 4097, height: 3)
        for bands in 1...3 {
            var image = RasterBuffer<UInt16>(size: size, bands: bands, filledWith: 7)
            #expect(image.lacksTogether(0))
            for place in [0, 4095, 4096, 8192, size.count - 1] {
                for band in 0..<bands { image.pixels[band * size.count + place] = 0 }
                #expect(image.lacksTogether(0))
                image.pixels[(bands - 1) * size.count + place] = 7
                #expect(image.lacksTogether(0) == (bands == 1))
                image.pixels[(bands - 1) * size.count + place] = 0
            }
        }
    }

    @Test(arguments: [
        RasterFormat.cog(), .cog(.deflate), .geoTIFF(), .geoTIFF(.zstd), .jpeg2000(), .png,
    ])
    func keepsPixelsAndGivesTheSameBytes(format: RasterFormat) throws {
        let folder = try TemporaryFolder()
        let path = folder.path("raster.any-name")
        let buffer = Fixture.coordinates(try PixelSize(width: 300, height: 200), bands: 3)
        let grid = try Fixture.grid(width: 300, height: 200)
        let bytes = try RasterWriter.encode(buffer, grid: grid, as: format)
        try RasterWriter.write(buffer, grid: grid, as: format, to: path)
        #expect(try WholeFile.read(path) == bytes)
        #expect(folder.files() == ["raster.any-name"])

        let file = try RasterFile(reading: path)
        #expect(try file.read(as: UInt16.self) == buffer)
        if format != .png { #expect(file.grid == grid) }
        let window = try PixelWindow(column: 17, row: 5, width: 40, height: 30)
        #expect(
            try file.read(window, bands: [2, 0], as: Float.self)
                == RasterBuffer(stacking: [buffer.only(band: 2), buffer.only(band: 0)])
                .cropped(to: window).map { Float($0) })
    }

    @Test func describesWhatItHolds() throws {
        let folder = try TemporaryFolder()
        let path = folder.path("a.tif")
        let grid = try Fixture.turnedGrid(width: 40, height: 30)
        try RasterWriter.write(
            Fixture.coordinates(grid.size, bands: 2), grid: grid, as: .cog(), nodata: 0,
            bandNames: ["B02", "B8A"], metadata: ["PRODUCT": "one"], to: path)
        let file = try RasterFile(reading: path)
        #expect(file.grid == grid)
        #expect(file.nodata == 0)
        #expect(file.bandDescriptions == ["B02", "B8A"])
        #expect(file.metadata()["PRODUCT"] == "one")
        #expect(file.pixelType == .uint16)
    }

    @Test(arguments: [RasterFormat.jpeg2000(), .jpeg2000(bits: 15), .geoTIFF(), .cog(), .png])
    func refusesATruncatedFile(format: RasterFormat) throws {
        let folder = try TemporaryFolder()
        let path = folder.path("cut")
        let size = try PixelSize(width: 1100, height: 700)
        let bytes = try RasterWriter.encode(
            Fixture.hills(size), grid: Fixture.grid(width: 1100, height: 700), as: format)
        for part in 1...20 {
            let length = bytes.count * (part - 1) / 20 + (part == 1 ? 5 : 0)
            try AtomicFile.write(Array(bytes[..<length]), to: path)
            let error = #expect(throws: RasterError.self, "\(part)/20 of \(format)") {
                _ = try RasterFile(reading: path).read(as: UInt16.self)
            }
            #expect(error?.exitCode == .badData)
            #expect(error?.description.hasPrefix(path) == true)
        }
        try AtomicFile.write(Array(bytes.dropLast()), to: path)
        if case .jpeg2000 = format {
            #expect(throws: RasterError.self) { _ = try RasterFile(reading: path) }
        }
    }

    @Test func namesWhatIsNoRaster() throws {
        let folder = try TemporaryFolder()
        let page = folder.path("B02.jp2")
        try AtomicFile.write("<?xml version='1.0'?><Error>no</Error>", to: page)
        let error = #expect(throws: RasterError.self) { _ = try RasterFile(reading: page) }
        #expect(error?.exitCode == .badData)
        #expect(error?.description.contains("<?xml") == true)
        let missing = #expect(throws: RasterError.self) {
            _ = try RasterFile(reading: folder.path("none.tif"))
        }
        #expect(missing?.exitCode == .inputMissing)
    }

    @Test func refusesWindowsOutside() throws {
        let folder = try TemporaryFolder()
        let size = try PixelSize(width: 10, height: 10)
        try RasterWriter.write(
            Fixture.coordinates(size), as: .geoTIFF(), to: folder.path("a.tif"))
        let file = try RasterFile(reading: folder.path("a.tif"))
        for window in [(-1, 0), (0, 5)] {
            let outside = try PixelWindow(column: window.0, row: window.1, width: 6, height: 6)
            do {
                _ = try file.read(outside, as: UInt8.self)
                Issue.record("read \(outside)")
            } catch let error as RasterError {
                #expect(error.code == .invalid)
            }
        }
    }

    @Test(.enabled(if: SharedData.isAvailable, "needs MATTER_SHARED_DATA"))
    func readsRealScenes() throws {
        let path = try #require(
            SharedData.path(
                "s2-pairs/arosics-T33UUU/ref_S2A_20160608T153121_T33UUU_sub.jp2"))
        let file = try RasterFile(reading: path)
        #expect(file.driver == .jpeg2000)
        #expect(file.grid?.crs.epsg == 32633)
        let pixels = try file.read(as: UInt16.self).pixels
        #expect(Set(pixels.prefix(10_000)).count > 100)
    }

    @Test(.enabled(if: SharedData.isAvailable, "needs MATTER_SHARED_DATA"))
    func opensEveryRealRaster() throws {
        let root = try #require(SharedData.folder)
        let names = FileManager.default.subpaths(atPath: root) ?? []
        var opened = 0
        // A thumbnail.png of the data is a JPEG.
        for name in names
        where ["jp2", "tif", "png"].contains((name as NSString).pathExtension)
            && !name.hasSuffix("thumbnail.png")
        {
            let file = try RasterFile(reading: "\(root)/\(name)")
            if file.size.count < 4_000_000 { _ = try file.read(as: Float.self) }
            opened += 1
        }
        #expect(opened > 50)
    }
}
