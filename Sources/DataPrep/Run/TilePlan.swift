import Geo

/// The tiles of a region, told from its grid alone.
struct TilePlan {
    let tiles: [(index: TileIndex, grid: GeoGrid)]

    init(_ grid: GeoGrid, settings: PrepSettings) throws {
        let size = try PixelSize(width: settings.tileSize, height: settings.tileSize)
        let step = settings.tileStride ?? settings.tileSize
        let stride = try PixelSize(width: step, height: step)
        let cut = TileGrid(grid, tile: size, stride: stride, edge: settings.edge)
        var tiles: [(TileIndex, GeoGrid)] = []
        for index in cut.tiles {
            let window = try cut.window(column: index.column, row: index.row)
            let inside = window.intersection(grid.size.window)?.size.count ?? 0
            let share = Double(inside) / Double(size.count)
            // A region smaller than a tile has one tile, padded.
            guard share >= settings.smallestTileShare || cut.count == 1 else { continue }
            tiles.append((index, try cut.grid(column: index.column, row: index.row)))
        }
        self.tiles = tiles
    }
}
