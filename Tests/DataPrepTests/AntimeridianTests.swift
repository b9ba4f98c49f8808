import DataPrep
import Geo
import Raster
import TestSupport
import Testing

/// Scenes and heights on both sides of 180°.
@Suite struct AntimeridianTests {
    private static let side = 1.0 / 2048

    /// Hills by the place, the same in rasters that begin elsewhere.
    private static func height(_ column: Int, _ row: Int) -> Float {
        Float((column + 2 * row) % 50 * 2 + 100)
    }

    /// A raster of 200 rows, from so many pixels east of a longitude on.
    private static func tile(
        _ columns: Range<Int>, from longitude: Double, counted start: Double? = nil, to path: String
    ) throws {
        let west = (start ?? longitude) + Double(columns.lowerBound) * side
        let grid = try GeoGrid(
            size: PixelSize(width: columns.count, height: 200),
            transform: AffineTransform(gdal: [west, side, 0, 52 + 100 * side, 0, -side]),
            crs: .wgs84)
        let pixels = (0..<grid.size.count).map {
            height(columns.lowerBound + 500 + $0 % columns.count, $0 / columns.count)
        }
        try RasterWriter.write(
            RasterBuffer(size: grid.size, pixels: pixels), grid: grid, as: .geoTIFF(), to: path)
    }

    /// Heights 100 pixels east and west of a longitude, as two tiles and as one raster.
    private static func heights(_ longitude: Double, in folder: TemporaryFolder) throws
        -> [[String]]
    {
        let (west, east, one) = (
            folder.path("west.tif"), folder.path("east.tif"), folder.path("one.tif")
        )
        try tile(-100..<0, from: longitude, to: west)
        try tile(0..<100, from: longitude, counted: longitude == 180 ? -180 : nil, to: east)
        try tile(-100..<100, from: longitude, to: one)
        return [[west, east], [east, west], [one]]
    }

    @Test(arguments: [0, 1, 2]) func heightsGoOnBeyond180(form: Int) throws {
        let folder = try TemporaryFolder()
        let model = ElevationModel(paths: try Self.heights(180, in: folder)[form])
        let places = [179.96, 179.999, 180, 180.001, -180, -179.999, -179.96]
        let found = try model.heights(
            longitudes: places, latitudes: places.map { _ in 52 + 0.5 * Self.side })
        for (place, height) in zip(places, found) {
            let east = place < 0 ? place + 180 : place - 180
            let column = Int((east / Self.side).rounded(.down))
            #expect(height == Double(Self.height(500 + column, 99)), "at \(place)")
        }
        let beyond = try model.heights(longitudes: [179.9, -179.9, 0], latitudes: [52, 52, 52])
        #expect(beyond == [nil, nil, nil])
    }

    /// A patch that a DEM of the whole Earth has on its two edges.
    @Test func oneRasterMayEndAt180() throws {
        let folder = try TemporaryFolder()
        let (width, degrees) = (3600, 0.1)
        let grid = try GeoGrid(
            size: PixelSize(width: width, height: 20),
            transform: AffineTransform(gdal: [-180, degrees, 0, 53, 0, -degrees]), crs: .wgs84)
        try RasterWriter.write(
            RasterBuffer(
                size: grid.size, pixels: (0..<grid.size.count).map { Float($0 % width) }),
            grid: grid, as: .geoTIFF(), to: folder.path("earth.tif"))
        let found = try ElevationModel(path: folder.path("earth.tif")).heights(
            longitudes: [179.85, 179.95, -179.95, -179.85], latitudes: [52, 52, 52, 52])
        #expect(found == [3598, 3599, 0, 1])
    }

    /// The same pixels as the same scene has 168° farther west, at as many degrees from its zone's meridian.
    @Test(arguments: [180.0, -180]) func aSceneAcross180IsLaidAsElsewhere(middle: Double) throws {
        let there = try HeightsBench(longitude: 12)
        let plain = try Self.lay(
            there, Self.heights(12, in: there.folder)[0], crs: CRS(epsg: 32632))
        for form in 0..<3 {
            let bench = try HeightsBench(longitude: middle)
            let laid = try Self.lay(
                bench, Self.heights(180, in: bench.folder)[form], crs: CRS(epsg: 32660))
            #expect(laid.outcome.withoutHeights == 0)
            #expect(abs(laid.outcome.covered - plain.outcome.covered) < 1e-3)
            #expect(laid.outcome.width == plain.outcome.width)
            // Degrees near 180 are rounded otherwise than near 12: a pixel may fall on the other side of the edge.
            let other = zip(laid.pixels, plain.pixels).count { abs(Int($0) - Int($1)) > 1 }
            #expect(laid.pixels.count == plain.pixels.count && other <= 3)
        }
    }

    private static func lay(
        _ bench: HeightsBench, _ heights: [String], crs: CRS?
    ) throws -> (outcome: Orthorectification.Outcome, pixels: [UInt16]) {
        let path = bench.folder.path("ortho.tif")
        let outcome = try Orthorectification(
            image: bench.folder.path("scene.tif"), elevation: ElevationModel(paths: heights),
            crs: crs, resolution: 10
        ).write(to: path)
        return (outcome, try RasterFile(reading: path).read(as: UInt16.self).pixels)
    }

    /// The zone of a middle that a camera model tells as more than 180° is the first, not the last.
    @Test(arguments: [180.01, -179.99, 179.99]) func theZoneGoesRound(middle: Double) throws {
        let bench = try HeightsBench(longitude: middle)
        let laid = try Self.lay(bench, Self.heights(180, in: bench.folder)[0], crs: nil)
        #expect(laid.outcome.crs == (middle == 179.99 ? "EPSG:32660" : "EPSG:32601"))
        #expect(laid.outcome.withoutHeights == 0 && laid.outcome.covered > 0.5)
        #expect(laid.outcome.width < 400)
    }
}
