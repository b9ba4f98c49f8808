import Foundation
import Geo
import Raster
import Testing

/// A warp across projections against the exact map, and against GDAL without its approximation.
///
/// A position may err by 0.005 source pixels along each axis. Where a step of one pixel changes a number by g across and h down,
/// that is 0.005 · (g + h) DN before rounding: below 1 for g + h below 200, so that two rounded numbers differ by 1 at most.
@Suite struct WarpExactnessTests {
    /// Source grids with a target in the neighbour zone, which no affine map brings onto one another.
    struct Neighbours: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let source: (epsg: Int, x: Double, y: Double)
        let zone: Int
    }

    static let neighbours = [
        Neighbours(
            testDescription: "zones 33 and 32, north", source: (32633, 300_000, 5_800_000),
            zone: 32632),
        Neighbours(
            testDescription: "zones 1 and 60, south, across the antimeridian",
            source: (32701, 180_300, 8_120_000), zone: 32760),
    ]

    private static func grid(_ neighbours: Neighbours, side: Int) throws -> GeoGrid {
        let (epsg, x, y) = neighbours.source
        return GeoGrid(
            size: try PixelSize(width: side, height: side),
            transform: try AffineTransform(originX: x, originY: y, resolution: 10),
            crs: CRS(epsg: epsg))
    }

    /// A grid of 10 m in the neighbour zone around the middle of a source.
    private static func target(_ source: GeoGrid, zone: Int, side: Int) throws -> GeoGrid {
        let coordinates = try CoordinateTransform(from: source.crs, to: CRS(epsg: zone))
        let half = source.size.width / 2
        let middle = try #require(
            coordinates.map([source.centre(column: half, row: half)]).compactMap(\.self).first)
        let reach = Double(side) * 5
        return GeoGrid(
            size: try PixelSize(width: side, height: side),
            transform: try AffineTransform(
                originX: middle.x - reach, originY: middle.y + reach, resolution: 10),
            crs: CRS(epsg: zone))
    }

    /// What the lattice between exact nodes gives anywhere on a tile, or on a whole scene, errs by 0.005 pixels at most.
    @Test(arguments: neighbours, [1096, 10_980])
    func positionsAreExactToFiveThousandths(neighbours: Neighbours, side: Int) throws {
        let source = try Self.grid(neighbours, side: side)
        let target = try Self.target(source, zone: neighbours.zone, side: side)
        let warp = try Warp(from: source, onto: target)
        var random = SplitMix64(seed: UInt64(side))
        let places = (0..<4000).map { _ in
            Position(
                x: random.nextUniform() * Double(side), y: random.nextUniform() * Double(side))
        }
        let toSource = try source.transform.inverse()
        let exact = try CoordinateTransform(from: target.crs, to: source.crs).map(
            places.map { target.transform.map(column: $0.x, row: $0.y) })
        var worst = 0.0
        for (place, ground) in zip(places, exact) {
            let ground = try #require(ground)
            let truth = toSource.map(column: ground.x, row: ground.y)
            let found = warp.sourcePosition(column: place.x, row: place.y)
            worst = max(worst, abs(found.x - truth.x), abs(found.y - truth.y))
        }
        #expect(worst <= 0.005, "\(worst) pixels")
    }

    /// Fields and slopes of a scene: up to 78 DN a pixel across and 77 down, 155 together.
    private static func fields(_ size: PixelSize) throws -> RasterBuffer<UInt16> {
        let pixels = (0..<size.count).map { index -> UInt16 in
            let (x, y) = (Double(index % size.width), Double(index / size.width))
            let value = 3000 + 900 * sin(x / 14 + y / 29) + 500 * cos(y / 11 - x / 37)
            return UInt16(value.rounded())
        }
        return try RasterBuffer(size: size, pixels: pixels)
    }

    @Test(arguments: neighbours, [ResamplingKernel.bilinear, .cubic, .lanczos])
    func agreesWithGDALAcrossZones(neighbours: Neighbours, kernel: ResamplingKernel) throws {
        let source = try Self.grid(neighbours, side: 300)
        let target = try Self.target(source, zone: neighbours.zone, side: 200)
        let image = try Self.fields(source.size)
        let ours = try Warp(from: source, onto: target).resample(image, nodata: 0, kernel: kernel)
        // GDAL would guess a scale from the bounding boxes, which the turn between the zones makes too large.
        let theirs = GDALReference.warp(
            image, from: source, onto: target, kernel: kernel,
            options: ["-wo", "XSCALE=1", "-wo", "YSCALE=1"])
        // The source reaches 50 pixels beyond the target, more than the turn takes: no edge is compared.
        #expect(ours.valid.pixels.allSatisfy { $0 == 1 })
        #expect(theirs.pixels.allSatisfy { $0 != 0 })
        let worst = zip(ours.image.pixels, theirs.pixels).map { abs(Int($0) - Int($1)) }.max()
        #expect(worst.map { $0 <= 1 } == true, "\(worst ?? -1) DN")
    }
}
