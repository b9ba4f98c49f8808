/// A tile's place in a `TileGrid`, counted in tiles from the upper left.
public struct TileIndex: Hashable, Codable, Sendable, Comparable, CustomStringConvertible {
    /// Tiles to the right of the first.
    public let column: Int
    /// Tiles below the first.
    public let row: Int

    /// Makes an index; whether a grid has such a tile, the grid says.
    public init(column: Int, row: Int) {
        self.column = column
        self.row = row
    }

    /// Row by row, from left to right.
    public static func < (left: TileIndex, right: TileIndex) -> Bool {
        (left.row, left.column) < (right.row, right.column)
    }

    /// The index as "column_row", as it stands in folder names.
    public var description: String { "\(column)_\(row)" }
}

/// Cuts a `GeoGrid` into tiles of one size, without opening a file.
public struct TileGrid: Hashable, Codable, Sendable {
    /// What becomes of the right and lower edges where the scene is not a multiple of the tile.
    public enum EdgeRule: String, Codable, Sendable, CaseIterable {
        /// Tiles that reach beyond the scene are left out.
        case drop
        /// Tiles reach beyond the scene, so that all tiles together cover it.
        case pad
    }

    /// What is cut.
    public let grid: GeoGrid
    /// The size of every tile.
    public let tile: PixelSize
    /// From one tile's corner to the next; smaller than a tile where tiles overlap.
    public let stride: PixelSize
    /// The rule for the edges.
    public let edge: EdgeRule
    /// Number of tiles side by side; 0 if the scene is narrower than a tile and the rule is `drop`.
    public let columns: Int
    /// Number of tiles one below another; 0 if the scene is lower than a tile and the rule is `drop`.
    public let rows: Int

    /// Cuts from the scene's upper left corner on; without a stride, tile beside tile.
    public init(_ grid: GeoGrid, tile: PixelSize, stride: PixelSize? = nil, edge: EdgeRule) {
        self.grid = grid
        self.tile = tile
        let stride = stride ?? tile
        self.stride = stride
        self.edge = edge
        func count(_ length: Int, _ side: Int, _ step: Int) -> Int {
            guard length > side else { return edge == .pad || length == side ? 1 : 0 }
            return (length - side + (edge == .pad ? step - 1 : 0)) / step + 1
        }
        columns = count(grid.size.width, tile.width, stride.width)
        rows = count(grid.size.height, tile.height, stride.height)
    }

    /// Number of tiles.
    public var count: Int { columns * rows }

    /// Every tile's index, row by row.
    public var tiles: some Sequence<TileIndex> & Sendable {
        let columns = columns
        return (0..<count).lazy.map { @Sendable in
            TileIndex(column: $0 % columns, row: $0 / columns)
        }
    }

    /// The pixels of the scene that a tile covers; with `pad` the window may reach beyond the scene.
    /// - Throws: `GeoError` if there is no such tile.
    public func window(column: Int, row: Int) throws -> PixelWindow {
        guard (0..<columns).contains(column), (0..<rows).contains(row) else {
            throw GeoError("there is no tile \(column)_\(row) among \(columns)×\(rows) tiles")
        }
        return try PixelWindow(
            offset: PixelOffset(column: column * stride.width, row: row * stride.height), size: tile
        )
    }

    /// The grid of one tile.
    /// - Throws: `GeoError` if there is no such tile.
    public func grid(column: Int, row: Int) throws -> GeoGrid {
        try grid.cropped(to: window(column: column, row: row))
    }
}
