import DataPrep
import Foundation
import Geo
import Manifests
import Raster
import TestSupport
import Testing

/// Table B, the ground: heights, the edges of the world, and the edges of scenes.
@Suite struct GeometryFaultTests {
    private static let sensor: TemporaryFolder? = {
        guard let folder = try? TemporaryFolder(),
            let plan = try? SimulationPlan(products: [.sensor], regions: 1, size: 60, dates: 1)
        else { return nil }
        return (try? Simulation(plan: plan).run(to: folder.path)) == nil ? nil : folder
    }()

    private func ortho(_ dem: String?, to path: String) throws -> Orthorectification.Outcome {
        let scene = try #require(Self.sensor).path("sensor/scene.tif")
        return try Orthorectification(
            image: scene, elevation: dem.map { ElevationModel(path: $0) }, crs: nil, resolution: 10
        ).write(to: path)
    }

    @Test("B20: missing heights are an error; flat ground and an unsaid datum are said")
    func heightsAreSaid() throws {
        let folder = try TemporaryFolder()
        let dem = try #require(Self.sensor).path("sensor/dem.tif")
        expectRefusal(.inputMissing, "none.tif") {
            _ = try ortho(folder.path("none.tif"), to: folder.path("o.tif"))
        }
        try AtomicFile.write("not heights", to: folder.path("text.tif"))
        expectRefusal(.badData, "text.tif") {
            _ = try ortho(folder.path("text.tif"), to: folder.path("o.tif"))
        }
        let flat = try ortho(nil, to: folder.path("flat.tif"))
        #expect(flat.warnings.contains { $0.contains("flat ground") })
        let whole = try ortho(dem, to: folder.path("whole.tif"))
        #expect(whole.warnings.contains { $0.contains("above the geoid") })
        let file = try RasterFile(reading: folder.path("flat.tif"))
        #expect(file.metadata()["MATTER_HEIGHTS"]?.contains("flat ground") == true)
    }

    @Test(
        "B20: where heights have a void or end, there is no data, and the share says so",
        arguments: ["void", "smaller"]) func groundWithoutHeightsHasNoData(kind: String) throws
    {
        let folder = try TemporaryFolder()
        let dem = try #require(Self.sensor).path("sensor/dem.tif")
        let file = try RasterFile(reading: dem)
        var heights = try file.read(as: Float.self)
        let ground = file.grid
        var grid = try #require(ground)
        if kind == "void" {
            for index in 0..<heights.pixels.count / 2 { heights.pixels[index] = -32768 }
        } else {
            let half = try PixelWindow(
                column: 0, row: 0, width: file.size.width, height: file.size.height / 2)
            heights = try heights.cropped(to: half)
            grid = try grid.cropped(to: half)
        }
        try RasterWriter.write(
            heights, grid: grid, as: .geoTIFF(), nodata: -32768, to: folder.path("dem.tif"))
        let whole = try ortho(dem, to: folder.path("whole.tif"))
        let part = try ortho(folder.path("dem.tif"), to: folder.path("part.tif"))
        #expect(part.covered < whole.covered * 0.9)
        let pixels = try RasterFile(reading: folder.path("part.tif")).read(as: UInt16.self).pixels
        #expect(
            abs(1 - Double(pixels.count { $0 == 0 }) / Double(pixels.count) - part.covered) < 0.02)
    }

    /// A VRT that lies where the heights of the simulated scene do, and takes them from another file.
    private func virtualHeights(from source: String, at path: String) throws {
        let file = try RasterFile(reading: try #require(Self.sensor).path("sensor/dem.tif"))
        let (transform, crs) = (file.transform, file.crs)
        let numbers = try #require(transform).gdal.map { "\($0)" }.joined(separator: ", ")
        let size = "rasterXSize=\"\(file.size.width)\" rasterYSize=\"\(file.size.height)\""
        try AtomicFile.write(
            """
            <VRTDataset \(size)><SRS>\(try #require(crs).definition)</SRS>
            <GeoTransform>\(numbers)</GeoTransform>
            <VRTRasterBand dataType="Float32" band="1"><SimpleSource>
            <SourceFilename>\(source)</SourceFilename>
            <SourceBand>1</SourceBand></SimpleSource></VRTRasterBand></VRTDataset>
            """, to: path)
    }

    @Test(
        "B20, A19: a VRT of heights whose tiles are missing is refused; none is fetched",
        .enabled(if: Tool.canTrace, "needs strace"),
        arguments: ["/vsicurl/http://127.0.0.1:9/x.tif", "/nonexistent/x.tif"])
    func heightsAreNotFetched(source: String) throws {
        let folder = try TemporaryFolder()
        let scene = try #require(Self.sensor).path("sensor/scene.tif")
        try virtualHeights(from: source, at: folder.path("dem.vrt"))
        let (result, trace) = try Tool.traced(
            ["-e", "trace=connect"],
            [
                "orthorectify", scene, "--dem", folder.path("dem.vrt"), "--out",
                folder.path("o.tif"), "--quiet",
            ])
        #expect(!trace.contains("AF_INET"))
        expectOneLine(result, 66, "x.tif")
        #expect(!FileManager.default.fileExists(atPath: folder.path("o.tif")))
        let dem = try #require(Self.sensor).path("sensor/dem.tif")
        try virtualHeights(from: dem, at: folder.path("whole.vrt"))
        #expect(try ortho(folder.path("whole.vrt"), to: folder.path("o.tif")).covered > 0)
    }

    @Test(
        "B22: places at the edges of zones, hemispheres and of the world",
        arguments: [
            (32601, 500_000.0, 0.0, -177.0, 0.0), (32660, 500_000, 0, 177, 0),
            (32601, 166_021.4431793306, 0, -180, 0), (32660, 833_978.5568206694, 0, 180, 0),
            (32733, 500_000, 10_000_000, 15, 0), (32633, 500_000, 0, 15, 0),
            (32631, 166_021.4431793306, 0, 0, 0), (32661, 2_000_000, 2_000_000, 0, 90),
            (32761, 2_000_000, 2_000_000, 0, -90), (3857, 20_037_508.342789244, 0, 180, 0),
        ]) func edgesOfTheWorld(
            epsg: Int, x: Double, y: Double, longitude: Double, latitude: Double
        ) throws
    {
        let there = try CoordinateTransform(from: .wgs84, to: CRS(epsg: epsg))
            .map([Position(x: longitude, y: latitude)])[0]
        let place = try #require(there)
        #expect(hypot(place.x - x, place.y - y) < 1e-3, "\(place)")
        let back = try CoordinateTransform(from: CRS(epsg: epsg), to: .wgs84)
            .map([Position(x: x, y: y)])[0]
        let degrees = try #require(back)
        #expect(abs(degrees.y - latitude) < 1e-8)
        let isPole = abs(latitude) == 90
        let turn = (degrees.x - longitude).truncatingRemainder(dividingBy: 360)
        #expect(isPole || min(abs(turn), 360 - abs(turn)) < 1e-8, "\(degrees)")
    }

    @Test(
        "B22: southern and border zones go through a run with their own coordinates",
        arguments: [
            (32733, 300_000.0, 6_000_000.0), (32601, 170_000, 7_300_000), (32660, 820_000, 100),
        ])
    func tilesKeepTheirPlace(epsg: Int, x: Double, y: Double) throws {
        let folder = try TemporaryFolder()
        try Fixture.image(
            folder.path("in/20210601T101031_B04.tif"), grid: Fixture.grid(epsg: epsg, x: x, y: y))
        try Fixture.run([folder.path("in")], into: folder.path("out"), Fixture.single)
        let file = try RasterFile(reading: folder.path("out/tiles/r/1_1/20210601T101031.tif"))
        #expect(file.crs == CRS(epsg: epsg))
        #expect(file.transform?.gdal == [x + 320, 10, 0, y - 320, 0, -10])
    }

    @Test(
        "B23: padded tiles together are the scene, each pixel once; dropped ones are counted out",
        arguments: [(64, 32), (61, 32), (33, 16), (100, 48), (47, 48)])
    func tilesTogetherAreTheScene(side: Int, tileSize: Int) throws {
        let folder = try TemporaryFolder()
        let pixels = (0..<side * side).map { UInt16(1 + $0) }
        let path = folder.path("in/20210601T101031_B04.tif")
        try Fixture.image(path, pixels: pixels, side: side)
        var settings = Fixture.single
        (settings.tileSize, settings.smallestTileShare) = (tileSize, 0)
        try Fixture.run([path], into: folder.path("out"), settings)
        let records = try JSONLinesReader.read(
            TileRecord.self, from: folder.path("out/manifest.jsonl")
        ).records
        var seen = [UInt16](repeating: 0, count: side * side)
        for record in records {
            let tile = try RasterFile(reading: folder.path("out/\(record.path)"))
                .read(as: UInt16.self)
            for (index, value) in tile.pixels.enumerated() where value != 0 {
                let row = record.row * tileSize + index / tileSize
                let column = record.column * tileSize + index % tileSize
                #expect(seen[row * side + column] == 0)
                seen[row * side + column] = value
            }
        }
        #expect(seen == pixels)
        settings.edge = .drop
        guard side >= tileSize else {
            let error = #expect(throws: PrepError.self) {
                try Fixture.run([path], into: folder.path("dropped"), settings)
            }
            #expect(error?.exitCode == .badData)
            return
        }
        let dropped = try Fixture.run([path], into: folder.path("dropped"), settings)
        #expect(dropped.tiles == (side / tileSize) * (side / tileSize))
    }
}
