import Geo
import Raster

/// The picture of one band on which shifts are found; a pixel of 0 is not to be used (no data, cloud, shadow).
public struct AlignmentImage: Sendable {
    /// Pixels in a row.
    public let width: Int
    /// Rows.
    public let height: Int
    /// Numbers by row, (height, width).
    public var pixels: [UInt16]

    /// An image; `pixels` holds `width · height` numbers.
    public init(width: Int, height: Int, pixels: [UInt16]) {
        precondition(pixels.count == width * height, "an image of \(width)×\(height) pixels")
        self.width = width
        self.height = height
        self.pixels = pixels
    }

    /// The one band of a raster.
    init(_ band: consuming RasterBuffer<UInt16>) {
        self.init(width: band.size.width, height: band.size.height, pixels: band.pixels)
    }

    /// The share of pixels that may be used, 0…1.
    public var usableFraction: Double {
        guard !pixels.isEmpty else { return 0 }
        return Double(pixels.reduce(into: 0) { $0 += $1 == 0 ? 0 : 1 }) / Double(pixels.count)
    }
}

/// A displacement of content in pixels: what lies at (row, column) of the reference is found at
/// (row + rows, column + columns) of the other date.
public struct Shift: Hashable, Sendable, Codable {
    /// Along rows, downwards.
    public var rows: Double
    /// Along columns, to the right.
    public var columns: Double

    /// A displacement.
    public init(rows: Double, columns: Double) {
        self.rows = rows
        self.columns = columns
    }

    /// No displacement.
    public static let zero = Shift(rows: 0, columns: 0)

    /// Its length in pixels.
    public var length: Double { (rows * rows + columns * columns).squareRoot() }

    /// The larger of its components' lengths in pixels.
    var largest: Double { max(abs(rows), abs(columns)) }

    /// The sum of two.
    public static func + (left: Shift, right: Shift) -> Shift {
        Shift(rows: left.rows + right.rows, columns: left.columns + right.columns)
    }

    /// The difference of two.
    public static func - (left: Shift, right: Shift) -> Shift {
        Shift(rows: left.rows - right.rows, columns: left.columns - right.columns)
    }
}
