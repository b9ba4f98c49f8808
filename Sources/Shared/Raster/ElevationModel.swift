import Geo

/// A raster of heights, and how they become metres above the ellipsoid.
public struct ElevationModel: Hashable, Codable, Sendable {
    /// A GeoTIFF, an SRTM tile (.hgt, by its size) or a GDAL VRT of many.
    public var path: String
    /// Metres to add to the heights: the geoid's height where they are above the geoid.
    public var offset: Double
    /// The height taken where the raster has none; nil leaves such ground without data.
    public var voidHeight: Double?

    /// Heights that are used as they are, unless an offset says otherwise.
    public init(path: String, offset: Double = 0, voidHeight: Double? = nil) {
        (self.path, self.offset, self.voidHeight) = (path, offset, voidHeight)
    }

    /// The height above the ellipsoid at places; nil where the raster has none.
    ///
    /// That of the nearest pixel.
    /// - Throws: `RasterError` when the raster cannot be read or has no georeference.
    public func heights(longitudes: [Double], latitudes: [Double]) throws -> [Double?] {
        let file = try RasterFile(reading: path, drivers: .elevation)
        guard let grid = file.grid else {
            throw RasterError(.invalid, path: path, "heights without georeference")
        }
        let places = zip(longitudes, latitudes).map { Position(x: $0, y: $1) }
        let ground = try CoordinateTransform(from: .wgs84, to: grid.crs).map(places)
        let toPixel = try grid.transform.inverse()
        let void = file.nodata
        return try ground.map { place in
            guard let at = place.map({ toPixel.map(column: $0.x, row: $0.y) }), at.x >= 0,
                at.y >= 0, at.x < Double(grid.size.width), at.y < Double(grid.size.height)
            else { return nil }
            let window = try PixelWindow(column: Int(at.x), row: Int(at.y), width: 1, height: 1)
            let height = Double(try file.read(window, bands: [0], as: Float.self).pixels[0])
            return height.isNaN || height == void ? nil : height + offset
        }
    }
}
