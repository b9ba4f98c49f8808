import Geo
import Testing

/// What holds for tiles of any size, stride and edge.
@Suite struct TileGridPropertyTests {
    private static func grid(_ size: PixelSize, resolution: Double = 10) throws -> GeoGrid {
        try GeoGrid(
            size: size,
            transform: AffineTransform(
                originX: 300_000, originY: 5_800_000, resolution: resolution),
            crs: CRS(epsg: 32633))
    }

    /// How many tiles lie over each place along a side; nil beyond the scene.
    private static func cover(_ length: Int, _ side: Int, _ step: Int, _ count: Int) -> [Int] {
        var cover = [Int](repeating: 0, count: length)
        for tile in 0..<count {
            for place in tile * step..<min(length, tile * step + side) { cover[place] += 1 }
        }
        return cover
    }

    /// Padded tiles cover the scene, none too many; dropped ones stay inside, none too few; neighbours share what the stride
    /// leaves and nothing more.
    @Test func tilesWithAStrideCoverWhatTheyShould() throws {
        var random = SplitMix64(seed: 17)
        for _ in 0..<2000 {
            func number(_ most: Int) -> Int { 1 + random.nextInt(below: most) }
            let size = try PixelSize(width: number(3000), height: number(3000))
            let tile = try PixelSize(width: number(1200), height: number(1200))
            let stride = try PixelSize(width: number(tile.width), height: number(tile.height))
            for edge in TileGrid.EdgeRule.allCases {
                let tiles = TileGrid(try Self.grid(size), tile: tile, stride: stride, edge: edge)
                try check(size.width, tile.width, stride.width, tiles.columns, edge)
                try check(size.height, tile.height, stride.height, tiles.rows, edge)
            }
        }
    }

    private func check(
        _ length: Int, _ side: Int, _ step: Int, _ count: Int, _ edge: TileGrid.EdgeRule
    ) throws {
        let last = (count - 1) * step + side
        switch edge {
        case .pad:
            #expect(last >= length && (count == 1 || last - step < length))
            let cover = Self.cover(length, side, step, count)
            #expect(cover.allSatisfy { $0 >= 1 && $0 <= (side + step - 1) / step })
        case .drop:
            #expect(count == 0 ? length < side : last <= length && last + step > length)
        }
    }

    /// From an index to a window, to the tile's ground, and back.
    @Test func anIndexAndItsGroundAreTheSame() throws {
        var random = SplitMix64(seed: 19)
        for _ in 0..<500 {
            func number(_ most: Int) -> Int { 1 + random.nextInt(below: most) }
            let size = try PixelSize(width: number(3000), height: number(3000))
            let tile = try PixelSize(width: number(1200), height: number(1200))
            let stride = try PixelSize(width: number(tile.width), height: number(tile.height))
            let tiles = TileGrid(try Self.grid(size), tile: tile, stride: stride, edge: .pad)
            let index = TileIndex(
                column: random.nextInt(below: tiles.columns),
                row: random.nextInt(below: tiles.rows))
            let window = try tiles.window(column: index.column, row: index.row)
            let ground = try tiles.grid(column: index.column, row: index.row)
            #expect(ground.size == tile && ground.crs == tiles.grid.crs)
            let inverse = try tiles.grid.transform.inverse()
            let corner = inverse.map(
                column: ground.transform.map(column: 0, row: 0).x,
                row: ground.transform.map(column: 0, row: 0).y)
            #expect(Int(corner.x.rounded()) == window.offset.column)
            #expect(Int(corner.y.rounded()) == window.offset.row)
            #expect(
                TileIndex(
                    column: Int(corner.x.rounded()) / stride.width,
                    row: Int(corner.y.rounded()) / stride.height) == index)
        }
    }

    /// A Sentinel-2 tile in tiles of 1096: eleven a side, and 60 m pixels straddle the borders, since 10,960 m are no multiple.
    @Test func tilesOf1096OverBandsOfSixtyMetres() throws {
        let scene = try Self.grid(PixelSize(width: 10980, height: 10980))
        let coarse = try Self.grid(PixelSize(width: 1830, height: 1830), resolution: 60)
        #expect(coarse.bounds == scene.bounds)
        let tile = try PixelSize(width: 1096, height: 1096)
        let tiles = TileGrid(scene, tile: tile, edge: .pad)
        #expect(tiles.columns == 11 && tiles.rows == 11)
        #expect(TileGrid(scene, tile: tile, edge: .drop).columns == 10)
        let inverse = try coarse.transform.inverse()
        var fractions: Set<Int> = []
        for column in 0..<tiles.columns {
            let corner = try tiles.grid(column: column, row: 0).transform.map(column: 0, row: 0)
            let place = inverse.map(column: corner.x, row: corner.y).x
            let sixths = (place - place.rounded(.down)) * 6
            #expect(abs(sixths - sixths.rounded()) < 1e-6)
            fractions.insert(Int(sixths.rounded()) % 6)
            #expect(Int(sixths.rounded()) % 6 == column * 1096 % 6)
        }
        #expect(fractions == [0, 2, 4])
    }
}
