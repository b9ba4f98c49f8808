import Geo
import Raster
import TestSupport
import Testing

@Suite struct StripedWarpTests {
    private static let size = (width: 180, height: 150)

    private static func target(_ side: Double) throws -> GeoGrid {
        let utm = try CoordinateTransform(from: .wgs84, to: CRS(epsg: 32633))
        let middle = try #require(utm.map([Position(x: 15, y: 52)])[0])
        return try GeoGrid(
            size: PixelSize(width: Int(1300 / side), height: Int(2100 / side)),
            transform: AffineTransform(
                originX: middle.x - 650.3, originY: middle.y + 1050.7, resolution: side),
            crs: CRS(epsg: 32633))
    }

    /// Steep hills, or a smooth slope, 20 m a pixel, with a hole if asked for.
    private static func heights(
        _ kind: String, around target: GeoGrid, in folder: TemporaryFolder
    ) throws -> HeightPatch? {
        guard kind != "none" else { return nil }
        let grid = try target.padded(by: 100).zoomed(by: 20 / target.transform.pixelWidth)
        var buffer = RasterBuffer<Float>(size: grid.size, filledWith: 0)
        for row in 0..<grid.size.height {
            for column in 0..<grid.size.width {
                let hill = kind == "slope" ? Float(row) : Float((column * 7 + row * 11) % 60)
                let (down, right) = (row - grid.size.height / 2, column - grid.size.width / 2)
                let isHole = kind == "hole" && max(abs(down), abs(right)) < 8
                buffer[0, row, column] = isHole ? -32_768 : 100 + hill
            }
        }
        try RasterWriter.write(buffer, grid: grid, as: .geoTIFF(), to: folder.path("dem.tif"))
        return try HeightPatch(ElevationModel(path: folder.path("dem.tif")), under: target)
    }

    /// Stripe by stripe, whatever their height, the same bytes as at once: nodes and kernels are those of the whole.
    @Test(
        arguments: ["none", "slope", "hills", "hole"], [10.0, 4.0, 25.0])
    func areTheSameAsTheWhole(kind: String, side: Double) throws {
        let folder = try TemporaryFolder()
        let target = try Self.target(side)
        let model = try Fixture.camera()
        let size = try PixelSize(width: Self.size.width, height: Self.size.height)
        let image = Fixture.hills(size)
        let heights = try Self.heights(kind, around: target, in: folder)
        let whole = try Warp(from: model, size: size, heights: heights, onto: target)
            .resample(image, nodata: 0, kernel: .lanczos)
        #expect(whole.valid.pixels.contains(1))
        let striped = StripedWarp(from: model, size: size, heights: heights, onto: target)
        for rows in [1024, 64, 50, 7] {
            let result = try striped.resample(
                image, nodata: 0, kernel: .lanczos, threads: 2, rows: rows)
            #expect(result.image == whole.image && result.valid == whole.valid, "\(rows) rows")
        }
    }

    @Test func polynomialsAreTheSameAsTheWhole() throws {
        let target = try Self.target(10)
        let model = try Fixture.camera()
        let size = try PixelSize(width: Self.size.width, height: Self.size.height)
        let points = (0..<16).map { index in
            let (longitude, latitude) = (
                15 + Double(index % 4 - 1) * 0.005, 52 + Double(index / 4 - 1) * 0.003
            )
            return GroundControlPoint(
                pixel: model.pixel(longitude: longitude, latitude: latitude, height: 100),
                longitude: longitude, latitude: latitude, height: 100)
        }
        let image = Fixture.hills(size)
        let whole = try Warp(from: points, size: size, onto: target).resample(image, nodata: 0)
        let result = try StripedWarp(from: points, size: size, onto: target)
            .resample(image, nodata: 0, rows: 40)
        #expect(result.image == whole.image && result.valid == whole.valid)
        #expect(whole.valid.pixels.contains(1))
    }
}
