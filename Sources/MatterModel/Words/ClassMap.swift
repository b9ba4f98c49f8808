import Geo
import Manifests

/// A map of classes, one byte a pixel, and where its first pixel lies.
///
/// Reads the TIFFs that this suite writes for classes, without GDAL (see `ByteRaster`); north up.
struct ClassMap {
    let size: PixelSize
    /// Classes, row by row.
    let classes: [UInt8]
    /// Map coordinates of the upper left corner, and metres a pixel.
    let corner: (x: Double, y: Double)
    let pixel: (x: Double, y: Double)
    /// The EPSG code of the projection, if the map gives one.
    let epsg: Int?

    /// - Throws: `ManifestError`: `missing`, or `badData` for a TIFF of another kind, with what it lacks.
    init(path: String) throws {
        let raster = try ByteRaster(
            path: path, bands: 1,
            kind: "a class map is a TIFF of one band of uint8, plain or DEFLATE, north up")
        let tags = raster.tags
        guard let scale = tags.doubles(33550), let tie = tags.doubles(33922), scale.count >= 2,
            tie.count >= 6, scale[0] > 0, scale[1] > 0
        else { throw raster.failure("does not say where it lies") }
        epsg = tags.projectedCRS
        (size, classes) = (raster.size, raster.pixels)
        pixel = (scale[0], scale[1])
        corner = (tie[3] - tie[0] * scale[0], tie[4] + tie[1] * scale[1])
    }

    /// The classes of a tile's pixels, or nil if its pixels are not this map's or it leaves the map.
    ///
    /// - Parameters:
    ///   - transform: the tile's, in GDAL's order.
    ///   - tile: the tile's size.
    /// - Returns: a class a pixel, row by row.
    func cut(transform: [Double], size tile: PixelSize) -> [Int]? {
        guard transform.count == 6, transform[2] == 0, transform[4] == 0,
            abs(transform[1] - pixel.x) < 1e-6 * pixel.x,
            abs(transform[5] + pixel.y) < 1e-6 * pixel.y
        else { return nil }
        let offset = ((transform[0] - corner.x) / pixel.x, (corner.y - transform[3]) / pixel.y)
        // No number for a pixel where the corner is none.
        guard abs(offset.0) < 1e9, abs(offset.1) < 1e9 else { return nil }
        let (column, row) = (Int(offset.0.rounded()), Int(offset.1.rounded()))
        guard abs(offset.0 - Double(column)) < 0.01, abs(offset.1 - Double(row)) < 0.01,
            column >= 0, row >= 0, column + tile.width <= size.width,
            row + tile.height <= size.height
        else { return nil }
        return (row..<row + tile.height).flatMap { row in
            (column..<column + tile.width).map { Int(classes[row * size.width + $0]) }
        }
    }
}
