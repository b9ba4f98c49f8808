import Foundation
import Geo
import Manifests
import Raster
import TestSupport
import Testing

/// What heights count from, by their files' own word, and how they come onto the ellipsoid.
@Suite struct HeightSystemTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// Heights of 400 km by 2 km around 15° E, 52° N, of 2 km a pixel; or a degree by the like.
    private func heights(_ system: String, named name: String = "dem.tif") throws -> String {
        let isMap = system.hasPrefix("EPSG:326")
        let grid = GeoGrid(
            size: try PixelSize(width: 200, height: 20),
            transform: try AffineTransform(
                originX: isMap ? 300_000 : 14, originY: isMap ? 5_780_000 : 52.1,
                resolution: isMap ? 2000 : 0.01), crs: CRS(wkt: system))
        var pixels = RasterBuffer<Float>(size: grid.size, filledWith: 100)
        pixels[0, 5, 5] = -32_768
        try RasterWriter.write(
            pixels, grid: grid, as: .geoTIFF(), nodata: -32_768, to: folder.path(name))
        return folder.path(name)
    }

    @Test(
        arguments: [
            ("EPSG:32633", nil, 32633), ("EPSG:32633+5773", "EGM96 height", 32633),
            ("EPSG:4326+3855", "EGM2008 height", 4326),
            ("EPSG:4979", "height above the ellipsoid", 4979),
            ("EPSG:4269+6360", "NAVD88 height (ftUS) in US survey foot", 4269),
        ] as [(String, String?, Int)])
    func heightsSayWhatTheyCountFrom(system: String, name: String?, ground: Int) throws {
        let path = try heights(system)
        let found = try ElevationModel(path: path).systems()
        #expect(found.map { $0?.description } == [name])
        #expect(found[0]?.isEllipsoidal == name.map { $0.contains("ellipsoid") })
        // Where pixels lie is told without it, as ever.
        #expect(try RasterFile(reading: path).crs == CRS(epsg: ground))
    }

    @Test func eachSystemIsToldOnce() throws {
        let paths = try ["EPSG:32633+5773", "EPSG:32633", "EPSG:32633+5773"].enumerated().map {
            try heights($1, named: "\($0).tif")
        }
        let found = try ElevationModel(paths: paths).systems()
        #expect(found.map { $0?.name } == ["EGM96 height", nil])
    }

    /// Tiles of SRTM have no word for it; what they are says it.
    @Test func tilesOfSRTMCountFromEGM96() throws {
        let path = folder.path("N52E015.hgt")
        try AtomicFile.write([UInt8](repeating: 0, count: 2 * 1201 * 1201), to: path)
        let found = try ElevationModel(path: path).systems()
        #expect(found.count == 1 && found[0]?.name.contains("EGM96") == true)
    }

    /// The heights above the ellipsoid at places 100 km apart, or what is said where PROJ's grid is not installed.
    private func brought(_ system: String) throws -> (HeightSeparation, [Double])? {
        let path = try heights(system)
        let model = ElevationModel(path: path, voidHeight: 7)
        let read = try RasterFile(reading: path).grid
        let grid = try #require(read)
        var patch = try HeightPatch(model, under: grid)
        let stated = try #require(model.systems()[0])
        do {
            let separation = try patch.bringOntoEllipsoid(from: stated, named: model.name)
            let places = [12.2, 13.5, 15, 16.4].map { Position(x: $0, y: 51.97) }
            return (separation, try patch.heights(at: places).map { try #require($0) })
        } catch let error as RasterError where error.exitCode == .unavailable {
            let text = error.description
            #expect(text.contains("dem.tif: PROJ's grid "))
            #expect(text.contains(" height is not installed"))
            #expect(text.contains(".tif") && text.contains("projsync") && !text.contains("\n"))
            return nil
        }
    }

    /// EGM96 falls by 4.6 m from west to east here: no one number would do.
    @Test func heightsAboveAGeoidComeOntoTheEllipsoid() throws {
        // Without PROJ's grid, the error is what is looked at.
        guard let (separation, heights) = try brought("EPSG:32633+5773") else { return }
        for (height, geoid) in zip(heights, [42.82, 41.60, 39.82, 38.20]) {
            #expect(abs(height - 100 - geoid) < 0.15, "\(height)")
        }
        #expect(separation.grids == ["us_nga_egm96_15.tif"])
        #expect(separation.lowest > 34 && separation.lowest < separation.mean - 3)
        #expect(separation.highest < 44 && separation.highest > separation.mean + 3)
    }

    @Test func otherGridsAreTakenOrNamed() throws {
        guard let (_, heights) = try brought("EPSG:32633+3855") else { return }
        #expect(heights.allSatisfy { (136...145).contains($0) })
    }

    @Test(arguments: [
        ("EPSG:4269+6360", "write them in metres"), ("EPSG:4326+5831", "knows no way"),
    ])
    func refusesWhatCannotBeBrought(system: String, words: String) throws {
        let path = try heights(system)
        let model = ElevationModel(path: path)
        let stated = try #require(model.systems()[0])
        let read = try RasterFile(reading: path).grid
        var patch = try HeightPatch(model, under: #require(read))
        let error = #expect(throws: RasterError.self) {
            try patch.bringOntoEllipsoid(from: stated, named: model.name)
        }
        #expect(error?.exitCode == .badData && error?.description.contains(words) == true)
    }
}
