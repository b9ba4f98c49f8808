import Geo

/// How a raster is cut into the parts that are decoded together: its own blocks, small ones several at a time.
struct BlockLayout: Sendable, Hashable {
    /// The raster's extent.
    let size: PixelSize
    /// Pixels of a part from left to right and from top to bottom; the last ones may be cut off.
    let width, height: Int

    /// About as many pixels as a part has where blocks are smaller: a tile of a Sentinel-2 file.
    private static let side = 1024

    init(_ size: PixelSize, block: PixelSize) {
        self.size = size
        let across = max(1, Self.side / block.width)
        width = min(size.width, block.width * across)
        let down = max(1, Self.side * Self.side / (width * block.height))
        height = min(size.height, block.height * down)
    }

    private var columns: Int { (size.width + width - 1) / width }

    /// The numbers of the parts that a window touches, row by row.
    func parts(under window: PixelWindow) -> [Int] {
        let across = window.columns.lowerBound / width...(window.columns.upperBound - 1) / width
        let down = window.rows.lowerBound / height...(window.rows.upperBound - 1) / height
        return down.flatMap { row in across.map { row * columns + $0 } }
    }

    /// The pixels of a part.
    func window(of part: Int) throws -> PixelWindow {
        let (column, row) = (part % columns * width, part / columns * height)
        return try PixelWindow(
            column: column, row: row, width: min(width, size.width - column),
            height: min(height, size.height - row))
    }

    /// How far down rows lie, as shares of the height: the same place for bands of any resolution.
    func extent(of rows: Range<Int>) -> Range<Double> {
        let height = Double(size.height)
        return Double(rows.lowerBound) / height..<Double(rows.upperBound) / height
    }
}
