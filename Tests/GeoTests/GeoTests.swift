import Foundation
import Geo
import Testing

@Suite struct PixelWindowTests {
    @Test(arguments: [(0, 1), (1, 0), (-3, 2), (1 << 31, 1)])
    func refusesSizesWithoutSense(width: Int, height: Int) {
        #expect(throws: GeoError.self) { try PixelSize(width: width, height: height) }
    }

    @Test func intersectsAsSetsOfPixelsDo() throws {
        var random = SplitMix64(seed: 1)
        func window() throws -> PixelWindow {
            try PixelWindow(
                column: random.nextInt(below: 20) - 10, row: random.nextInt(below: 20) - 10,
                width: 1 + random.nextInt(below: 12), height: 1 + random.nextInt(below: 12))
        }
        func pixels(_ window: PixelWindow) -> Set<PixelOffset> {
            Set(
                window.rows.flatMap { row in
                    window.columns.map { PixelOffset(column: $0, row: row) }
                })
        }
        for _ in 0..<300 {
            let (a, b) = (try window(), try window())
            let common = pixels(a).intersection(pixels(b))
            #expect(a.intersection(b).map(pixels) ?? [] == common)
            #expect(a.contains(b) == pixels(b).isSubset(of: pixels(a)))
        }
    }

    @Test func decodingChecks() throws {
        let text = Data(#"{"width":0,"height":3}"#.utf8)
        #expect(throws: GeoError.self) { try JSONDecoder().decode(PixelSize.self, from: text) }
        let window = try PixelWindow(column: -1, row: 2, width: 3, height: 4)
        let encoded = try JSONEncoder().encode(window)
        #expect(try JSONDecoder().decode(PixelWindow.self, from: encoded) == window)
    }
}

@Suite struct AffineTransformTests {
    static let turned = [500_000.0, 9, 2, 5_800_000, 1.5, -11]

    @Test func inverseUndoes() throws {
        let transform = try AffineTransform(gdal: Self.turned)
        let inverse = try transform.inverse()
        var random = SplitMix64(seed: 2)
        for _ in 0..<100 {
            let (column, row) = (random.nextUniform() * 1e4, random.nextUniform() * 1e4)
            let place = transform.map(column: column, row: row)
            let back = inverse.map(column: place.x, row: place.y)
            #expect(abs(back.x - column) < 1e-6 && abs(back.y - row) < 1e-6)
        }
    }

    @Test func composesInOrder() throws {
        let outer = try AffineTransform(gdal: Self.turned)
        let inner = try AffineTransform(gdal: [3, 0.5, 0.25, -4, -0.125, 2])
        let both = try outer.composed(after: inner)
        let middle = inner.map(column: 7, row: 9)
        #expect(both.map(column: 7, row: 9) == outer.map(column: middle.x, row: middle.y))
    }

    @Test(arguments: [
        [0.0, 1, 0, 0, 0], [0, 0, 0, 0, 0, 0], [0, 1, 1, 0, 1, 1], [.nan, 1, 0, 0, 0, 1],
        [0, .infinity, 0, 0, 0, 1],
    ])
    func refusesNonsense(numbers: [Double]) {
        #expect(throws: GeoError.self) { try AffineTransform(gdal: numbers) }
    }
}

@Suite struct GeoGridTests {
    private func grid(_ width: Int, _ height: Int) throws -> GeoGrid {
        try GeoGrid(
            size: PixelSize(width: width, height: height),
            transform: AffineTransform(gdal: AffineTransformTests.turned), crs: CRS(epsg: 32633))
    }

    @Test func coversBoundsOnMultiplesOfTheResolution() throws {
        let bounds = MapBounds(left: 1003, bottom: 1998, right: 1040, top: 2020)
        let grid = try GeoGrid(covering: bounds, resolution: 10, crs: .wgs84)
        #expect(grid.bounds == MapBounds(left: 1000, bottom: 1990, right: 1040, top: 2020))
        #expect(grid.size == (try PixelSize(width: 4, height: 3)))
    }

    @Test func paddingAndCroppingUndoEachOther() throws {
        let grid = try grid(30, 20)
        let padded = try grid.padded(by: 5)
        #expect(padded.size == (try PixelSize(width: 40, height: 30)))
        #expect(padded.centre(column: 5, row: 5) == grid.centre(column: 0, row: 0))
        let window = try PixelWindow(column: 5, row: 5, width: 30, height: 20)
        #expect(try padded.cropped(to: window) == grid)
        #expect(throws: GeoError.self) { try grid.padded(by: -10) }
    }

    @Test func snapsToAnotherGridsPixels() throws {
        let scene = try grid(100, 100)
        let part = try scene.cropped(to: PixelWindow(column: 10, row: 20, width: 30, height: 40))
        #expect(try part.snapped(to: scene) == part)
        let moved = try GeoGrid(
            size: part.size, transform: part.transform.moved(toColumn: 0.4, row: 0.4),
            crs: part.crs)
        let snapped = try moved.snapped(to: scene)
        #expect(snapped.size == (try PixelSize(width: 31, height: 41)))
        #expect(snapped.transform == part.transform)
    }

    @Test func zoomsOverTheSameGround() throws {
        let grid = try grid(30, 20)
        let coarse = try grid.zoomed(by: 2)
        #expect(coarse.size == (try PixelSize(width: 15, height: 10)))
        #expect(coarse.bounds == grid.bounds)
    }
}

@Suite struct TileGridTests {
    @Test func allTilesTogetherAreTheScene() throws {
        var random = SplitMix64(seed: 3)
        for _ in 0..<200 {
            let size = try PixelSize(
                width: 1 + random.nextInt(below: 50), height: 1 + random.nextInt(below: 50))
            let tile = try PixelSize(
                width: 1 + random.nextInt(below: 20), height: 1 + random.nextInt(below: 20))
            let grid = try GeoGrid(
                size: size, transform: AffineTransform(originX: 0, originY: 0, resolution: 10),
                crs: CRS(epsg: 32633))
            for edge in TileGrid.EdgeRule.allCases {
                try check(TileGrid(grid, tile: tile, edge: edge))
            }
        }
    }

    /// No pixel twice; with `pad` every pixel of the scene, with `drop` none outside of it.
    private func check(_ tiles: TileGrid) throws {
        var seen: Set<PixelOffset> = []
        for index in tiles.tiles {
            let window = try tiles.window(column: index.column, row: index.row)
            #expect(window.size == tiles.tile)
            let grid = try tiles.grid(column: index.column, row: index.row)
            #expect(
                grid.centre(column: 0, row: 0)
                    == tiles.grid.centre(
                        column: window.offset.column, row: window.offset.row))
            for row in window.rows {
                for column in window.columns {
                    #expect(seen.insert(PixelOffset(column: column, row: row)).inserted)
                }
            }
        }
        let scene = tiles.grid.size
        let inside = seen.count { $0.column < scene.width && $0.row < scene.height }
        switch tiles.edge {
        case .pad: #expect(inside == scene.count)
        case .drop:
            #expect(inside == seen.count)
            #expect(seen.count == tiles.count * tiles.tile.count)
        }
        #expect(Array(tiles.tiles) == tiles.tiles.sorted())
    }

    @Test func namesAMissingTile() throws {
        let grid = try GeoGrid(
            size: PixelSize(width: 10, height: 10), transform: .identity, crs: .wgs84)
        let tiles = TileGrid(grid, tile: try PixelSize(width: 20, height: 20), edge: .drop)
        #expect(tiles.count == 0)
        #expect(throws: GeoError.self) { try tiles.grid(column: 0, row: 0) }
    }
}

@Suite struct Sentinel2BandTests {
    @Test(arguments: [
        ("B1", Sentinel2Band.b01), ("B01", .b01), ("b8a", .b8a), ("B08A", .b8a), ("B8A", .b8a),
        ("B8", .b08), ("B12", .b12),
    ])
    func understandsEveryName(name: String, band: Sentinel2Band) {
        #expect(Sentinel2Band(name: name) == band)
    }

    @Test(arguments: ["", "B", "B0", "B13", "8A", "B1A", "B001", "B+1", "BQA60"])
    func refusesOtherNames(name: String) {
        #expect(Sentinel2Band(name: name) == nil)
    }

    @Test func comesInTheOrderOfProducts() {
        #expect(Sentinel2Band.allCases.map(\.index) == Array(0..<13))
        #expect(
            Sentinel2Band.allCases.map(\.centreWavelengthInNanometres)
                == Sentinel2Band.allCases.map(\.centreWavelengthInNanometres).sorted())
    }
}

@Suite struct SplitMix64Tests {
    /// The first numbers of seed 1234567 in Vigna's public-domain C code (prng.di.unimi.it/splitmix64.c).
    @Test func agreesWithTheReference() {
        var random = SplitMix64(seed: 1_234_567)
        #expect(
            (0..<3).map { _ in random.next() } == [
                6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
            ])
    }

    @Test func streamsDiffer() {
        let seeds = Set((0..<100).map { SplitMix64.derive(seed: 7, $0, 1) })
        #expect(seeds.count == 100)
        #expect(SplitMix64.derive(seed: 7, 1, 2) != SplitMix64.derive(seed: 7, 2, 1))
        #expect(SplitMix64.derive(seed: 7, 1) != SplitMix64.derive(seed: 8, 1))
    }

    @Test func distributionsHaveTheirMoments() {
        var random = SplitMix64(seed: 5)
        let count = 100_000
        let uniform = (0..<count).map { _ in random.nextUniform() }
        #expect(uniform.allSatisfy { (0..<1).contains($0) })
        #expect(abs(uniform.reduce(0, +) / Double(count) - 0.5) < 0.005)
        let normal = (0..<count).map { _ in random.nextNormal() }
        #expect(abs(normal.reduce(0, +) / Double(count)) < 0.01)
        #expect(abs(normal.reduce(0) { $0 + $1 * $1 } / Double(count) - 1) < 0.02)
    }
}
