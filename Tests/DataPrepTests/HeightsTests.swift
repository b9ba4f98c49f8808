import DataPrep
import Foundation
import Geo
import Manifests
import Raster
import TestSupport
import Testing

/// Heights under an image: all there, partly there, not there, and in the forms in which they are delivered.
@Suite struct HeightsTests {
    @Test("B20: a missing tile of a virtual raster of heights is named, and nothing is written")
    func namesAMissingTile() throws {
        let bench = try HeightsBench()
        let dem = bench.folder.path("dem.vrt")
        try AtomicFile.write(Array(HeightsBench.virtual("gone.tif").utf8), to: dem)
        let error = #expect(throws: RasterError.self) { try bench.lay([dem]) }
        #expect(error?.exitCode == .inputMissing)
        let text = error?.description ?? ""
        #expect(text.contains("dem.vrt") && text.contains("gone.tif") && !text.contains("\n"))
        #expect(!bench.folder.files().contains("ortho.tif"))
        try AtomicFile.write(Array("II*\0 no more".utf8), to: bench.folder.path("gone.tif"))
        let broken = #expect(throws: RasterError.self) { try bench.lay([dem]) }
        #expect(broken?.exitCode == .badData && broken?.description.contains("gone.tif") == true)
    }

    @Test("B20: heights under half of the image are used there, and the rest is said")
    func saysWhereHeightsEnd() throws {
        let bench = try HeightsBench()
        let whole = try bench.lay([try bench.heights()])
        #expect(whole.withoutHeights == 0 && whole.isTerrainCorrected)
        let half = try bench.heights(columns: 0..<100)
        let laid = try bench.lay([half])
        #expect(abs((laid.withoutHeights ?? 0) - 0.5) < 0.1)
        #expect(
            laid.warnings.contains { $0.contains("no heights under") && $0.contains("no data") })
        #expect(laid.covered < 0.6 * whole.covered)
        let filled = try bench.lay([half], voidHeight: 100)
        #expect(filled.warnings.contains { $0.contains("terrain not corrected there") })
        #expect(abs(filled.covered - whole.covered) < 0.02)
        let tags = try RasterFile(reading: bench.folder.path("ortho.tif")).metadata()
        #expect(tags["MATTER_WITHOUT_HEIGHTS"].flatMap(Double.init) == filled.withoutHeights)
    }

    @Test("B20: a gap between tiles that name no value for it is not sea level")
    func seesAGapBetweenTiles() throws {
        let bench = try HeightsBench()
        let laid = try bench.lay([
            try bench.heights(columns: 0..<70, named: "west.tif"),
            try bench.heights(columns: 0..<70, east: 2600, named: "east.tif"),
        ])
        let share = try #require(laid.withoutHeights)
        #expect(share > 0.5 && share < 0.8)
        #expect(laid.warnings.contains { $0.contains("no heights under") })
    }

    @Test(
        "B20: voids are found whether the file says so or not",
        arguments: [Float(-32_768), -9_999, .nan])
    func findsVoids(void: Float) throws {
        let bench = try HeightsBench()
        let laid = try bench.lay([try bench.heights(hole: void)])
        let share = try #require(laid.withoutHeights)
        #expect(share > 0.02 && share < 0.3)
        #expect(laid.warnings.contains { $0.contains("no heights under") })
        let saying = try bench.lay([try bench.heights(hole: void, nodata: -32_768)])
        #expect(saying.withoutHeights == share)
    }

    @Test("B20: heights of another place, and nothing but voids, are no heights")
    func refusesHeightsElsewhere() throws {
        let bench = try HeightsBench()
        for (east, all, text) in [
            (40_000, nil, "no heights under the image"),
            (0, -32_768, "no height anywhere under the image"),
        ] as [(Double, Float?, String)] {
            let dem = try bench.heights(east: east, all: all)
            do {
                _ = try bench.lay([dem])
                Issue.record("\(dem) was taken")
            } catch let error as any ExitCoded {
                #expect(error.exitCode == .badData && "\(error)".contains(text))
            }
        }
    }

    /// SRTM as it is delivered: tiles in archives, one in each or all in one, with a leaflet beside them; laid as the plain tiles are.
    @Test func readsZippedTiles() throws {
        let bench = try HeightsBench()
        let tiles = ["N51E014", "N51E015", "N52E014", "N52E015"]
        let entries = tiles.map {
            ZipFixture.Entry(name: "\($0).hgt", bytes: HeightsBench.tile($0))
        }
        var apart: [String] = []
        for (tile, entry) in zip(tiles, entries) {
            try AtomicFile.write(entry.content, to: bench.folder.path("\(tile).hgt"))
            apart.append(bench.folder.path("\(tile).SRTMGL3.hgt.zip"))
            try AtomicFile.write(ZipFixture.bytes([entry]), to: apart[apart.count - 1])
        }
        let together = bench.folder.path("srtm.zip")
        let leaflet = ZipFixture.Entry(name: "readme.txt", content: "heights")
        try AtomicFile.write(ZipFixture.bytes([leaflet] + entries), to: together)
        var results: [[UInt8]] = []
        for paths in [tiles.map { bench.folder.path("\($0).hgt") }, apart, [together]] {
            #expect(try bench.lay(paths).withoutHeights == 0)
            results.append(try StoredFile(bench.folder.path("ortho.tif")).read(limit: 1 << 24))
        }
        #expect(results[0] == results[1] && results[0] == results[2])
        #expect(try bench.lay([apart[1]]).withoutHeights ?? 0 > 0.5)
    }

    /// Copernicus and ASTER lay masks beside their heights: only the heights are read.
    @Test func leavesMasksBesideHeights() throws {
        let bench = try HeightsBench()
        let heights = try StoredFile(bench.heights()).read(limit: 1 << 24)
        let mask = try StoredFile(bench.heights(all: 1)).read(limit: 1 << 24)
        let path = bench.folder.path("copernicus.zip")
        try AtomicFile.write(
            ZipFixture.bytes([
                .init(name: "X/AUXFILES/X_EDM.tif", bytes: mask),
                .init(name: "X/DEM/X_DEM.tif", bytes: heights),
            ]), to: path)
        let places = [Position(x: 15, y: 52)]
        func read(_ path: String) throws -> [Double?] {
            try ElevationModel(path: path).heights(
                longitudes: places.map(\.x), latitudes: places.map(\.y))
        }
        #expect(try read(path) == read(bench.heights()))
    }

    @Test(arguments: [("readme.txt", 0, 0), ("../N52E015.hgt", 0, 0), ("N52E015.hgt", 0o120777, 0)])
    func refusesBadArchives(name: String, mode: Int, flags: Int) throws {
        let bench = try HeightsBench()
        let path = bench.folder.path("dem.zip")
        try AtomicFile.write(
            ZipFixture.bytes([.init(name: name, content: "x", mode: mode, flags: flags)]), to: path)
        let error = #expect(throws: RasterError.self) { try bench.lay([path]) }
        #expect(error?.exitCode == .badData && error?.description.contains("dem.zip") == true)
    }

    /// The real tile over the Netherlands, in its archive: as high as the land there is.
    @Test(.enabled(if: SharedData.path("dem") != nil, "needs the shared heights"))
    func readsARealZippedTile() throws {
        let path = try #require(SharedData.path("dem/N51E005.SRTMGL1.hgt.zip"))
        let heights = try ElevationModel(path: path).heights(
            longitudes: [5.1, 5.5, 5.9, 7], latitudes: [51.1, 51.5, 51.9, 51.5])
        #expect(heights[3] == nil)
        #expect(heights.prefix(3).allSatisfy { (-10...120).contains($0 ?? 999) })
    }

    // MARK: The image itself

    /// What stands for no data in the image is none in the result, whatever its number and type.
    @Test func takesTheImagesOwnNoData() throws {
        let bench = try HeightsBench()
        let whole = try bench.lay([])
        func check() throws {
            let laid = try bench.lay([])
            // A ninth of the image.
            #expect(abs(laid.covered - whole.covered * 8 / 9) < 0.02)
            let pixels = try RasterFile(reading: bench.folder.path("ortho.tif"))
                .read(as: UInt16.self).pixels
            #expect(pixels.allSatisfy { $0 < 4000 })
        }
        let isHole = { (index: Int) in
            (60..<120).contains(index % 180) && (50..<100).contains(index / 180)
        }
        try bench.rewrite(nodata: 65535) { isHole($1) ? UInt16.max : $0 }
        try check()
        try bench.rewrite(nodata: -9999) { isHole($1) ? -9999 : Int16($0) - 1500 }
        try check()
    }

    @Test func refusesFractions() throws {
        let bench = try HeightsBench()
        try bench.rewrite(nodata: -1) { pixel, _ in Float(pixel) / 10000 }
        let error = #expect(throws: PrepError.self) { try bench.lay([]) }
        #expect(error?.code == .badData && error?.message.contains("10000") == true)
        #expect(!bench.folder.files().contains("ortho.tif"))
    }

    @Test func refusesMorePixelsThanCanBeHeld() throws {
        let bench = try HeightsBench()
        let error = #expect(throws: PrepError.self) { try bench.lay([], resolution: 0.0005) }
        #expect(error?.code == .usage && error?.path == "--resolution 0.0005")
        #expect(!bench.folder.files().contains("ortho.tif"))
    }

    /// Control points in the middle of an image lay all of it.
    @Test func controlPointsLayTheWholeImage() throws {
        let bench = try HeightsBench()
        let (far, near) = (try bench.layByPoints(), try bench.layByPoints(spread: 0.004))
        #expect(abs(far.width - near.width) <= 2 && abs(far.height - near.height) <= 2)
        #expect(far.width > 170 && far.height > 140)
    }

    @Test func saysThatAPolynomialKnowsNoTerrain() throws {
        let bench = try HeightsBench()
        let laid = try bench.layByPoints()
        #expect(!laid.isTerrainCorrected)
        #expect(laid.warnings.contains { $0.hasPrefix("terrain not corrected: a polynomial") })
        let tags = try RasterFile(reading: bench.folder.path("ortho.tif")).metadata()
        #expect(tags["MATTER_TERRAIN"]?.hasPrefix("terrain not corrected: a polynomial") == true)
        let flat = try bench.lay([])
        #expect(!flat.isTerrainCorrected)
        #expect(flat.warnings.contains { $0.hasPrefix("terrain not corrected: flat ground") })
    }
}

/// A scene of 180×150 pixels around 15° E (or another longitude), 52° N, and heights for it.
struct HeightsBench {
    let folder: TemporaryFolder
    let model: RPCModel
    let image: RasterBuffer<UInt16>

    init(longitude: Double = 15) throws {
        folder = try TemporaryFolder()
        func list(_ entries: [Int: Double]) -> [Double] { (0..<20).map { entries[$0] ?? 0 } }
        model = try RPCModel(
            line: .init(offset: 75, scale: 75), sample: .init(offset: 90, scale: 90),
            latitude: .init(offset: 52, scale: 0.00675),
            longitude: .init(offset: longitude, scale: 0.0131),
            height: .init(offset: 100, scale: 500),
            coefficients: [
                list([0: 0.01, 2: -1, 3: 0.13]), list([0: 1]),
                list([1: 1, 2: 0.05, 3: -0.11]), list([0: 1]),
            ])
        let size = try PixelSize(width: 180, height: 150)
        let pixels = (0..<size.count).map { (index: Int) -> UInt16 in
            let (column, row) = (index % 180, index / 180)
            return UInt16(1000 + 7 * column + 5 * row)
        }
        image = try RasterBuffer(size: size, pixels: pixels)
        try RasterWriter.write(
            image, as: .geoTIFF(), nodata: 0, rpc: model, to: folder.path("scene.tif"))
        try RasterWriter.write(image, as: .geoTIFF(), nodata: 0, to: folder.path("bare.tif"))
    }

    /// The scene with other numbers, of another type.
    func rewrite<Pixel: RasterPixel>(
        nodata: Double, _ pixel: (UInt16, _ index: Int) -> Pixel
    ) throws {
        let pixels = image.pixels.enumerated().map { pixel($1, $0) }
        try RasterWriter.write(
            RasterBuffer(size: image.size, pixels: pixels), as: .geoTIFF(), nodata: nodata,
            rpc: model, to: folder.path("scene.tif"))
    }

    func lay(
        _ dem: [String], voidHeight: Double? = nil, resolution: Double = 10,
        to name: String = "ortho.tif", _ change: (inout Orthorectification) -> Void = { _ in }
    ) throws -> Orthorectification.Outcome {
        let heights = dem.isEmpty ? nil : ElevationModel(paths: dem, voidHeight: voidHeight)
        var work = Orthorectification(
            image: folder.path("scene.tif"), elevation: heights, crs: nil, resolution: resolution)
        change(&work)
        return try work.write(to: folder.path(name))
    }

    /// By four points, so far east and west of the middle, in degrees.
    func layByPoints(spread: Double = 0.01) throws -> Orthorectification.Outcome {
        var work = Orthorectification(
            image: folder.path("bare.tif"), elevation: nil, crs: nil, resolution: 10)
        work.controls = [(-1.0, -0.5), (1.0, -0.5), (1.0, 0.5), (-1.0, 0.5)].map {
            let (longitude, latitude) = (15 + $0.0 * spread, 52 + $0.1 * spread)
            return GroundControlPoint(
                pixel: model.pixel(longitude: longitude, latitude: latitude, height: 100),
                longitude: longitude, latitude: latitude, height: 100)
        }
        return try work.write(to: folder.path("ortho.tif"))
    }

    /// Heights of 20 m pixels around the scene, hills of 100 to 200 m.
    func heights(
        columns: Range<Int> = 0..<200, east: Double = 0, hole: Float? = nil, all: Float? = nil,
        nodata: Double? = nil, system: String = "EPSG:32633", named name: String = "heights.tif"
    ) throws -> String {
        let utm = try CoordinateTransform(from: .wgs84, to: CRS(epsg: 32633))
        let middle = try #require(utm.map([Position(x: 15, y: 52)])[0])
        let grid = try GeoGrid(
            size: PixelSize(width: columns.count, height: 200),
            transform: AffineTransform(
                originX: middle.x - 2000 + east, originY: middle.y + 2000, resolution: 20),
            crs: CRS(wkt: system))
        let pixels = (0..<grid.size.count).map { index -> Float in
            let (column, row) = (index % columns.count, index / columns.count)
            let isHole = hole != nil && (90..<110).contains(column) && (90..<110).contains(row)
            let hill = Float((column + row) % 50 * 2 + 100)
            return all ?? (isHole ? hole ?? 0 : hill)
        }
        let path = folder.path(name)
        try RasterWriter.write(
            RasterBuffer(size: grid.size, pixels: pixels), grid: grid, as: .geoTIFF(),
            nodata: nodata, to: path)
        return path
    }

    /// An SRTM tile of 3 seconds: the height is a function of the place, so that tiles agree where they meet.
    static func tile(_ name: String) -> [UInt8] {
        let (south, west) = (Int(name.dropFirst().prefix(2)) ?? 0, Int(name.suffix(3)) ?? 0)
        let corner: Int = west * 1200 + (south + 1) * 1200
        var bytes: [UInt8] = []
        for row in 0..<1201 {
            for column in 0..<1201 {
                let number: Int = corner + column - row
                bytes.append(0)
                bytes.append(UInt8(100 + number % 64))
            }
        }
        return bytes
    }

    /// A virtual raster over one tile beside it.
    static func virtual(_ tile: String) -> String {
        """
        <VRTDataset rasterXSize="100" rasterYSize="100"><SRS>EPSG:4326</SRS>
        <GeoTransform>14.5, 0.01, 0, 52.5, 0, -0.01</GeoTransform>
        <VRTRasterBand dataType="Int16" band="1"><SimpleSource>
        <SourceFilename relativeToVRT="1">\(tile)</SourceFilename><SourceBand>1</SourceBand>
        <SourceProperties RasterXSize="100" RasterYSize="100" DataType="Int16" BlockXSize="100" BlockYSize="1"/>
        <SrcRect xOff="0" yOff="0" xSize="100" ySize="100"/><DstRect xOff="0" yOff="0" xSize="100" ySize="100"/>
        </SimpleSource></VRTRasterBand></VRTDataset>
        """
    }
}
