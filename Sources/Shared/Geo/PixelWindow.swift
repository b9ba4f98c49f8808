/// A place in a raster, counted in whole pixels from its upper left corner.
public struct PixelOffset: Hashable, Codable, Sendable, CustomStringConvertible {
    /// Pixels to the right of the raster's left edge.
    public var column: Int
    /// Pixels below the raster's upper edge.
    public var row: Int

    /// Makes an offset; negative values lie outside of the raster and are allowed.
    public init(column: Int, row: Int) {
        self.column = column
        self.row = row
    }

    /// The offset as "(column, row)".
    public var description: String { "(\(column), \(row))" }
}

/// A rectangle of whole pixels.
///
/// Its offset may be negative: whoever reads checks it against the raster.
public struct PixelWindow: Hashable, Sendable, CustomStringConvertible {
    /// The farthest that a window may begin from the origin, in pixels.
    public static let farthestOffset = 1 << 40

    /// The upper left pixel.
    public let offset: PixelOffset
    /// The extent.
    public let size: PixelSize

    /// Makes a window of a size that has been checked already.
    /// - Throws: `GeoError` if the offset is absurdly far away (beyond ±2⁴⁰).
    public init(offset: PixelOffset, size: PixelSize) throws {
        let allowed = -Self.farthestOffset...Self.farthestOffset
        guard allowed.contains(offset.column), allowed.contains(offset.row) else {
            throw GeoError("a window at \(offset): offsets must be within ±2⁴⁰")
        }
        self.init(checkedOffset: offset, size: size)
    }

    /// Makes a window out of four numbers.
    /// - Throws: `GeoError` as `init(offset:size:)` and `PixelSize.init` do.
    public init(column: Int, row: Int, width: Int, height: Int) throws {
        try self.init(
            offset: PixelOffset(column: column, row: row),
            size: PixelSize(width: width, height: height))
    }

    init(checkedOffset offset: PixelOffset, size: PixelSize) {
        self.offset = offset
        self.size = size
    }

    /// The columns that the window covers.
    public var columns: Range<Int> { offset.column..<offset.column + size.width }

    /// The rows that the window covers.
    public var rows: Range<Int> { offset.row..<offset.row + size.height }

    /// The window as "width×height at (column, row)".
    public var description: String { "\(size) at \(offset)" }

    /// The pixels that both windows cover, or nil if there are none.
    public func intersection(_ other: PixelWindow) -> PixelWindow? {
        let columns = columns.clamped(to: other.columns)
        let rows = rows.clamped(to: other.rows)
        guard let size = try? PixelSize(width: columns.count, height: rows.count) else {
            return nil
        }
        return PixelWindow(
            checkedOffset: PixelOffset(column: columns.lowerBound, row: rows.lowerBound), size: size
        )
    }

    /// Whether every pixel of `other` is one of this window.
    public func contains(_ other: PixelWindow) -> Bool {
        intersection(other) == other
    }
}

extension PixelWindow: Codable {
    private enum CodingKeys: String, CodingKey { case offset, size }

    /// Decodes `{"offset", "size"}` and checks it as `init(offset:size:)` does.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        try self.init(
            offset: values.decode(PixelOffset.self, forKey: .offset),
            size: values.decode(PixelSize.self, forKey: .size))
    }
}
