import Foundation

/// A point: map coordinates, or pixel coordinates (x to the right, y down) where the name says so.
public struct Position: Hashable, Codable, Sendable, CustomStringConvertible {
    /// Easting or longitude; the column in pixel coordinates.
    public var x: Double
    /// Northing or latitude; the row in pixel coordinates.
    public var y: Double

    /// Makes a point.
    public init(x: Double, y: Double) {
        self.x = x
        self.y = y
    }

    /// The point as "(x, y)".
    public var description: String { "(\(x), \(y))" }
}

/// Maps pixel coordinates to map coordinates; the pixel (0, 0) covers [0, 1) × [0, 1).
///
/// x = originX + column · pixelWidth + row · rowRotation,
/// y = originY + column · columnRotation + row · pixelHeight (negative for a raster whose north is up).
public struct AffineTransform: Hashable, Sendable {
    /// x of the upper left corner of the upper left pixel.
    public let originX: Double
    /// Change of x a column.
    public let pixelWidth: Double
    /// Change of x a row; 0 unless the raster is turned.
    public let rowRotation: Double
    /// y of the upper left corner of the upper left pixel.
    public let originY: Double
    /// Change of y a column; 0 unless the raster is turned.
    public let columnRotation: Double
    /// Change of y a row.
    public let pixelHeight: Double

    /// Takes the six numbers in GDAL's order: originX, pixelWidth, rowRotation, originY, columnRotation, pixelHeight.
    /// - Throws: `GeoError` if there are not six, if one is not finite, or if pixels have no area.
    public init(gdal: [Double]) throws {
        guard gdal.count == 6, gdal.allSatisfy(\.isFinite) else {
            throw GeoError("a transform needs six finite numbers, not \(gdal)")
        }
        let determinant = gdal[1] * gdal[5] - gdal[2] * gdal[4]
        guard determinant != 0, determinant.isFinite else {
            throw GeoError("the transform \(gdal) gives pixels without an area")
        }
        (originX, pixelWidth, rowRotation) = (gdal[0], gdal[1], gdal[2])
        (originY, columnRotation, pixelHeight) = (gdal[3], gdal[4], gdal[5])
    }

    /// A raster whose north is up, with square pixels.
    /// - Throws: `GeoError` if the resolution is not above 0 or a number is not finite.
    public init(originX: Double, originY: Double, resolution: Double) throws {
        guard resolution > 0 else {
            throw GeoError("a resolution of \(resolution): it must be above 0")
        }
        try self.init(gdal: [originX, resolution, 0, originY, 0, -resolution])
    }

    /// Maps pixels to pixels: the transform of a raster that lies nowhere.
    public static let identity = AffineTransform(
        unchecked: 0, pixelWidth: 1, rowRotation: 0, originY: 0, columnRotation: 0, pixelHeight: 1)

    private init(
        unchecked originX: Double, pixelWidth: Double, rowRotation: Double, originY: Double,
        columnRotation: Double, pixelHeight: Double
    ) {
        self.originX = originX
        self.pixelWidth = pixelWidth
        self.rowRotation = rowRotation
        self.originY = originY
        self.columnRotation = columnRotation
        self.pixelHeight = pixelHeight
    }

    /// The six numbers in GDAL's order.
    public var gdal: [Double] {
        [originX, pixelWidth, rowRotation, originY, columnRotation, pixelHeight]
    }

    /// Whether rows run along x and columns along y.
    public var isAxisAligned: Bool { rowRotation == 0 && columnRotation == 0 }

    /// Length of one pixel's side along a row and along a column, in map units.
    public var resolution: (alongRow: Double, alongColumn: Double) {
        (hypot(pixelWidth, columnRotation), hypot(rowRotation, pixelHeight))
    }

    /// The map coordinates of a place in pixel coordinates.
    public func map(column: Double, row: Double) -> Position {
        Position(
            x: originX + column * pixelWidth + row * rowRotation,
            y: originY + column * columnRotation + row * pixelHeight)
    }

    /// The transform from map coordinates to pixel coordinates.
    /// - Throws: `GeoError` if the inverse is not finite.
    public func inverse() throws -> AffineTransform {
        let determinant = pixelWidth * pixelHeight - rowRotation * columnRotation
        return try AffineTransform(gdal: [
            (rowRotation * originY - pixelHeight * originX) / determinant,
            pixelHeight / determinant,
            -rowRotation / determinant,
            (columnRotation * originX - pixelWidth * originY) / determinant,
            -columnRotation / determinant,
            pixelWidth / determinant,
        ])
    }

    /// This transform applied after `first`.
    /// - Throws: `GeoError` if the result is not finite.
    public func composed(after first: AffineTransform) throws -> AffineTransform {
        let origin = map(column: first.originX, row: first.originY)
        return try AffineTransform(gdal: [
            origin.x,
            first.pixelWidth * pixelWidth + first.columnRotation * rowRotation,
            first.rowRotation * pixelWidth + first.pixelHeight * rowRotation,
            origin.y,
            first.pixelWidth * columnRotation + first.columnRotation * pixelHeight,
            first.rowRotation * columnRotation + first.pixelHeight * pixelHeight,
        ])
    }

    /// The transform of the raster that begins at the given pixel coordinates of this one.
    /// - Throws: `GeoError` if the result is not finite.
    public func moved(toColumn column: Double, row: Double) throws -> AffineTransform {
        let origin = map(column: column, row: row)
        return try AffineTransform(gdal: [
            origin.x, pixelWidth, rowRotation, origin.y, columnRotation, pixelHeight,
        ])
    }
}

extension AffineTransform: Codable {
    /// Decodes six numbers in GDAL's order and checks them.
    public init(from decoder: any Decoder) throws {
        try self.init(gdal: [Double](from: decoder))
    }

    /// Encodes six numbers in GDAL's order.
    public func encode(to encoder: any Encoder) throws {
        try gdal.encode(to: encoder)
    }
}
