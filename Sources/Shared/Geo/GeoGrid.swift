import Foundation

/// An upright rectangle in map coordinates.
public struct MapBounds: Hashable, Codable, Sendable, CustomStringConvertible {
    /// Smallest x.
    public var left: Double
    /// Smallest y.
    public var bottom: Double
    /// Largest x.
    public var right: Double
    /// Largest y.
    public var top: Double

    /// Makes a rectangle; it is empty if right ≤ left or top ≤ bottom.
    public init(left: Double, bottom: Double, right: Double, top: Double) {
        self.left = left
        self.bottom = bottom
        self.right = right
        self.top = top
    }

    /// The smallest rectangle around some points, or nil if there are none.
    public init?(around points: [Position]) {
        guard let first = points.first else { return nil }
        self.init(left: first.x, bottom: first.y, right: first.x, top: first.y)
        for point in points {
            left = min(left, point.x)
            right = max(right, point.x)
            bottom = min(bottom, point.y)
            top = max(top, point.y)
        }
    }

    /// Right minus left, in map units.
    public var width: Double { right - left }

    /// Top minus bottom, in map units.
    public var height: Double { top - bottom }

    /// What both rectangles cover, or nil if that has no area.
    public func intersection(_ other: MapBounds) -> MapBounds? {
        let common = MapBounds(
            left: max(left, other.left), bottom: max(bottom, other.bottom),
            right: min(right, other.right), top: min(top, other.top))
        return common.width > 0 && common.height > 0 ? common : nil
    }

    /// The bounds as "left…right × bottom…top".
    public var description: String { "\(left)…\(right) × \(bottom)…\(top)" }
}

/// Answers "which pixels?": a size, a transform and a coordinate reference system.
public struct GeoGrid: Hashable, Codable, Sendable, CustomStringConvertible {
    /// Extent in pixels.
    public let size: PixelSize
    /// From pixel coordinates to map coordinates.
    public let transform: AffineTransform
    /// What the map coordinates mean.
    public let crs: CRS

    /// Makes a grid out of parts that have been checked already.
    public init(size: PixelSize, transform: AffineTransform, crs: CRS) {
        self.size = size
        self.transform = transform
        self.crs = crs
    }

    /// The grid with north up that covers `bounds`, its edges on multiples of the resolution (in map units).
    /// - Throws: `GeoError` if the bounds are empty, or the grid would be too large.
    public init(covering bounds: MapBounds, resolution: Double, crs: CRS) throws {
        guard bounds.width > 0, bounds.height > 0, resolution > 0 else {
            throw GeoError("no grid can cover \(bounds) at a resolution of \(resolution)")
        }
        // An edge that lies on a multiple but for rounding counts as lying on it.
        let slack = 1e-6
        let left = (bounds.left / resolution + slack).rounded(.down)
        let right = (bounds.right / resolution - slack).rounded(.up)
        let bottom = (bounds.bottom / resolution + slack).rounded(.down)
        let top = (bounds.top / resolution - slack).rounded(.up)
        guard let width = Int(exactly: right - left), let height = Int(exactly: top - bottom) else {
            throw GeoError("a grid over \(bounds) at a resolution of \(resolution) is too large")
        }
        self.init(
            size: try PixelSize(width: width, height: height),
            transform: try AffineTransform(
                originX: left * resolution, originY: top * resolution, resolution: resolution),
            crs: crs)
    }

    /// The rectangle around the four corners, in map coordinates.
    public var bounds: MapBounds {
        let corners = corners
        return MapBounds(
            left: corners.map(\.x).reduce(corners[0].x, min),
            bottom: corners.map(\.y).reduce(corners[0].y, min),
            right: corners.map(\.x).reduce(corners[0].x, max),
            top: corners.map(\.y).reduce(corners[0].y, max))
    }

    /// The four corners in map coordinates: upper left, upper right, lower right, lower left.
    public var corners: [Position] {
        let (width, height) = (Double(size.width), Double(size.height))
        return [(0, 0), (width, 0), (width, height), (0, height)].map {
            transform.map(column: $0.0, row: $0.1)
        }
    }

    /// The grid as its size, origin and system.
    public var description: String {
        "\(size) at (\(transform.originX), \(transform.originY)) in \(crs)"
    }

    /// The map coordinates of a pixel's centre.
    public func centre(column: Int, row: Int) -> Position {
        transform.map(column: Double(column) + 0.5, row: Double(row) + 0.5)
    }
}

// MARK: Grids made from grids

extension GeoGrid {
    /// The grid with this many more pixels on every side.
    /// - Throws: `GeoError` if nothing is left (negative padding) or the grid grows too large.
    public func padded(by pixels: Int) throws -> GeoGrid {
        let (twice, overflows) = pixels.multipliedReportingOverflow(by: 2)
        guard !overflows, abs(twice) <= 4 * PixelSize.longestSide else {
            throw GeoError("a padding of \(pixels) pixels is too large")
        }
        return try GeoGrid(
            size: PixelSize(width: size.width + twice, height: size.height + twice),
            transform: transform.moved(toColumn: Double(-pixels), row: Double(-pixels)), crs: crs)
    }

    /// The part of the grid that a window covers; the window may reach beyond the grid.
    /// - Throws: `GeoError` if the new origin is not finite.
    public func cropped(to window: PixelWindow) throws -> GeoGrid {
        try GeoGrid(
            size: window.size,
            transform: transform.moved(
                toColumn: Double(window.offset.column), row: Double(window.offset.row)),
            crs: crs)
    }

    /// The grid over the same ground with pixels `factor` times as long; a last part of a pixel is rounded up.
    /// - Throws: `GeoError` if the factor is not above 0.
    public func zoomed(by factor: Double) throws -> GeoGrid {
        guard factor > 0, factor.isFinite else {
            throw GeoError("a zoom factor of \(factor): it must be above 0")
        }
        let slack = 1e-9
        let sides = [size.width, size.height].map { (Double($0) / factor - slack).rounded(.up) }
        guard let width = Int(exactly: sides[0]), let height = Int(exactly: sides[1]) else {
            throw GeoError("a grid of \(size) cannot be zoomed by \(factor)")
        }
        let t = transform
        return try GeoGrid(
            size: PixelSize(width: width, height: height),
            transform: AffineTransform(gdal: [
                t.originX, t.pixelWidth * factor, t.rowRotation * factor,
                t.originY, t.columnRotation * factor, t.pixelHeight * factor,
            ]), crs: crs)
    }

    /// The smallest grid with pixels on those of `other` that covers this one (same system, same directions).
    /// - Throws: `GeoError` if the two have different systems.
    public func snapped(to other: GeoGrid) throws -> GeoGrid {
        guard crs == other.crs else {
            throw GeoError("cannot snap a grid in \(crs) to one in \(other.crs)")
        }
        return try other.cropped(to: other.window(covering: corners))
    }

    /// The pixels of this grid that touch the given bounds; they may lie outside of the grid.
    /// - Throws: `GeoError` if the bounds have no area or lie absurdly far away.
    public func window(at bounds: MapBounds) throws -> PixelWindow {
        try window(covering: [
            Position(x: bounds.left, y: bounds.top), Position(x: bounds.right, y: bounds.top),
            Position(x: bounds.right, y: bounds.bottom), Position(x: bounds.left, y: bounds.bottom),
        ])
    }

    private func window(covering points: [Position]) throws -> PixelWindow {
        let inverse = try transform.inverse()
        let pixels = points.map { inverse.map(column: $0.x, row: $0.y) }
        guard let area = MapBounds(around: pixels),
            [area.left, area.right, area.bottom, area.top].allSatisfy({ abs($0) < 1e12 })
        else {
            throw GeoError("bounds around \(points) lie too far from the grid \(self)")
        }
        let slack = 1e-6
        let column = Int((area.left + slack).rounded(.down))
        let row = Int((area.bottom + slack).rounded(.down))
        return try PixelWindow(
            column: column, row: row,
            width: Int((area.right - slack).rounded(.up)) - column,
            height: Int((area.top - slack).rounded(.up)) - row)
    }
}
