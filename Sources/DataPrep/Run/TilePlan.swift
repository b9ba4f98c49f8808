import Geo

/// The tiles of a region, told from its grid alone.
struct TilePlan {
    let tiles: [(index: TileIndex, grid: GeoGrid)]
    /// Places of padded tiles that hold too little of the region to be cut.
    let dropped: [LeftOutTile]

    /// - Throws: `PrepError` (`badData`) for a region that no tile fits into where those at the edge are dropped.
    init(_ grid: GeoGrid, of region: String, settings: PrepSettings) throws {
        let size = try PixelSize(width: settings.tileSize, height: settings.tileSize)
        let step = settings.tileStride ?? settings.tileSize
        let stride = try PixelSize(width: step, height: step)
        let cut = TileGrid(grid, tile: size, stride: stride, edge: settings.edge)
        var tiles: [(TileIndex, GeoGrid)] = []
        var small: [(share: Double, index: TileIndex)] = []
        var largest: (share: Double, tile: (TileIndex, GeoGrid))?
        for index in cut.tiles {
            let window = try cut.window(column: index.column, row: index.row)
            let inside = window.intersection(grid.size.window)?.size.count ?? 0
            let share = Double(inside) / Double(size.count)
            let tile = (index, try cut.grid(column: index.column, row: index.row))
            if share > largest?.share ?? 0 { largest = (share, tile) }
            if share >= settings.smallestTileShare {
                tiles.append(tile)
            } else {
                small.append((share, index))
            }
        }
        // A region that is small or narrow beside a tile has the fullest one, padded.
        if tiles.isEmpty, let largest { tiles = [largest.tile] }
        guard !tiles.isEmpty else {
            throw PrepError(
                .badData, region,
                "no tile of \(settings.tileSize) pixels fits its \(grid.size.width) × \(grid.size.height) "
                    + "pixels; cut smaller tiles, or keep those at the edge")
        }
        self.tiles = tiles
        let kept = Set(tiles.map(\.0))
        dropped = small.filter { !kept.contains($0.index) }.map { place in
            LeftOutTile(
                place: "\(region)/\(place.index)", share: place.share,
                least: settings.smallestTileShare)
        }
    }
}
