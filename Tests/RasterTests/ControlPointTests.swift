import Geo
import Raster
import TestSupport
import Testing

@Suite struct ControlPointTests {
    private func camera(longitude: Double = 15) throws -> RPCModel {
        let one = [1.0] + [Double](repeating: 0, count: 19)
        var line = [Double](repeating: 0, count: 20)
        var sample = line
        (line[2], line[3], sample[1], sample[3]) = (-1, 0.02, 1, 0.1)
        return try RPCModel(
            line: .init(offset: 500, scale: 500), sample: .init(offset: 400, scale: 400),
            latitude: .init(offset: 52, scale: 0.05),
            longitude: .init(offset: longitude, scale: 0.05),
            height: .init(offset: 100, scale: 500), coefficients: [line, one, sample, one])
    }

    /// The model counts from the first pixel's centre, pixel coordinates from its corner.
    @Test func seesAPlaceWhereTheModelSays() throws {
        let place = try camera().pixel(longitude: 15.025, latitude: 51.975, height: 350)
        #expect(abs(place.x - (400 + 400 * (0.5 + 0.05) + 0.5)) < 1e-9)
        #expect(abs(place.y - (500 + 500 * (0.5 + 0.01) + 0.5)) < 1e-9)
    }

    /// A bias of the model is found and taken out, one false point notwithstanding, where longitudes go round too.
    @Test(arguments: [15, 179.995, -179.99]) func controlPointsTakeTheBiasOut(middle: Double) throws
    {
        let model = try camera(longitude: middle)
        var points = [(0.0, 52.0), (0.02, 51.98), (-0.02, 52.01), (0.01, 52.02), (-0.03, 51.99)]
            .map { east, latitude -> GroundControlPoint in
                let seen = model.pixel(longitude: middle + east, latitude: latitude, height: 120)
                return GroundControlPoint(
                    pixel: Position(x: seen.x - 3.5, y: seen.y + 2.25),
                    longitude: (middle + east).remainder(dividingBy: 360), latitude: latitude,
                    height: 120)
            }
        points[1].pixel.x += 80
        let correction = try #require(model.corrected(by: points))
        #expect(abs(correction.bias.x + 3.5) < 1e-9 && abs(correction.bias.y - 2.25) < 1e-9)
        let seen = correction.model.pixel(longitude: middle, latitude: 52, height: 120)
        #expect(abs(seen.x - points[0].pixel.x) < 1e-9 && abs(seen.y - points[0].pixel.y) < 1e-9)
        #expect(model.corrected(by: []) == nil)
    }

    /// Control points of another datum are brought to WGS 84, which here is 140 m away.
    @Test func controlPointsMayHaveAnotherDatum() throws {
        let folder = try TemporaryFolder()
        let places = [(10.0, 51.0), (10.1, 51.0), (10.0, 50.9), (10.1, 50.9)]
            .map { Position(x: $0.0, y: $0.1) }
        let german = CRS(epsg: 4314)
        let there = try CoordinateTransform(from: .wgs84, to: german).map(places)
            .compactMap(\.self)
        #expect(there.count == 4 && abs(there[0].x - 10) > 1e-4)
        for (system, given) in [(CRS.wgs84, places), (german, there)] {
            let path = folder.path("points-\(system.epsg ?? 0).tif")
            GDALReference.write(given, in: system, to: path)
            let points = try RasterFile(reading: path).groundControlPoints()
            #expect(points.count == 4)
            for (point, place) in zip(points, places) {
                #expect(abs(point.longitude - place.x) < 1e-5)
                #expect(abs(point.latitude - place.y) < 1e-5)
            }
        }
    }

    /// Without a camera model, a polynomial through the points lays the image, across 180° too.
    @Test(arguments: [15, 179.995]) func aPolynomialThroughPointsLaysAnImage(west: Double) throws {
        let places = [(0.0, 0.0), (100.0, 0.0), (0.0, 100.0), (100.0, 100.0)]
        let points = places.map { column, row in
            GroundControlPoint(
                pixel: Position(x: column, y: row),
                longitude: (west + column * 1e-4).remainder(dividingBy: 360),
                latitude: 52 - row * 1e-4, height: 0)
        }
        let grid = try GeoGrid(
            size: PixelSize(width: 100, height: 100),
            transform: AffineTransform(gdal: [west, 1e-4, 0, 52, 0, -1e-4]), crs: .wgs84)
        let warp = try Warp(
            from: points, size: PixelSize(width: 100, height: 100), onto: grid)
        let place = warp.sourcePosition(column: 30.5, row: 70.5)
        #expect(abs(place.x - 30.5) < 1e-6 && abs(place.y - 70.5) < 1e-6)
        #expect(throws: RasterError.self) {
            try Warp(from: Array(points.prefix(2)), size: grid.size, onto: grid)
        }
    }
}
