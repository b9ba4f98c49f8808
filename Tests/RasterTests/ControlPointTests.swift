import Geo
import Raster
import TestSupport
import Testing

@Suite struct ControlPointTests {
    private func camera() throws -> RPCModel {
        let one = [1.0] + [Double](repeating: 0, count: 19)
        var line = [Double](repeating: 0, count: 20)
        var sample = line
        (line[2], line[3], sample[1], sample[3]) = (-1, 0.02, 1, 0.1)
        return try RPCModel(
            line: .init(offset: 500, scale: 500), sample: .init(offset: 400, scale: 400),
            latitude: .init(offset: 52, scale: 0.05), longitude: .init(offset: 15, scale: 0.05),
            height: .init(offset: 100, scale: 500), coefficients: [line, one, sample, one])
    }

    /// The model counts from the first pixel's centre, pixel coordinates from its corner.
    @Test func seesAPlaceWhereTheModelSays() throws {
        let place = try camera().pixel(longitude: 15.025, latitude: 51.975, height: 350)
        #expect(abs(place.x - (400 + 400 * (0.5 + 0.05) + 0.5)) < 1e-9)
        #expect(abs(place.y - (500 + 500 * (0.5 + 0.01) + 0.5)) < 1e-9)
    }

    /// A bias of the model is found and taken out, one false point notwithstanding.
    @Test func controlPointsTakeTheBiasOut() throws {
        let model = try camera()
        var points = [(15.0, 52.0), (15.02, 51.98), (14.98, 52.01), (15.01, 52.02), (14.97, 51.99)]
            .map { longitude, latitude -> GroundControlPoint in
                let seen = model.pixel(longitude: longitude, latitude: latitude, height: 120)
                return GroundControlPoint(
                    pixel: Position(x: seen.x - 3.5, y: seen.y + 2.25), longitude: longitude,
                    latitude: latitude, height: 120)
            }
        points[1].pixel.x += 80
        let correction = try #require(model.corrected(by: points))
        #expect(abs(correction.bias.x + 3.5) < 1e-9 && abs(correction.bias.y - 2.25) < 1e-9)
        let seen = correction.model.pixel(longitude: 15, latitude: 52, height: 120)
        #expect(abs(seen.x - points[0].pixel.x) < 1e-9 && abs(seen.y - points[0].pixel.y) < 1e-9)
        #expect(model.corrected(by: []) == nil)
    }

    /// Without a camera model, a polynomial through the points lays the image.
    @Test func aPolynomialThroughPointsLaysAnImage() throws {
        let places = [(0.0, 0.0), (100.0, 0.0), (0.0, 100.0), (100.0, 100.0)]
        let points = places.map { column, row in
            GroundControlPoint(
                pixel: Position(x: column, y: row), longitude: 15 + column * 1e-4,
                latitude: 52 - row * 1e-4, height: 0)
        }
        let grid = try GeoGrid(
            size: PixelSize(width: 100, height: 100),
            transform: AffineTransform(gdal: [15, 1e-4, 0, 52, 0, -1e-4]), crs: .wgs84)
        let warp = try Warp(
            from: points, size: PixelSize(width: 100, height: 100), onto: grid)
        let place = warp.sourcePosition(column: 30.5, row: 70.5)
        #expect(abs(place.x - 30.5) < 1e-6 && abs(place.y - 70.5) < 1e-6)
        #expect(throws: RasterError.self) {
            try Warp(from: Array(points.prefix(2)), size: grid.size, onto: grid)
        }
    }
}
