public import Geo
import Raster

/// Which pixels a result has.
extension Orthorectification {
    /// The most pixels of a result: a band of it is held whole, and which pixels are valid.
    private static let mostPixels = RasterFile.largestRead / 8

    /// The grid of a raster that somebody made, for a result whose pixels lie on that one's.
    ///
    /// - Throws: `PrepError` for one that has no georeference, `RasterError` and `DecodeFault` for one that cannot be read.
    public static func grid(like path: String) throws -> GeoGrid {
        guard let grid = try ForeignRaster(reading: path).grid else {
            throw PrepError(
                .badData, path, "has no georeference to take a grid from; give a map image")
        }
        return grid
    }

    /// The grid over some ground, or what `target` has of it.
    ///
    /// - Throws: `PrepError` (`usage`) for a resolution at which it would take more memory than there is, `PrepError`
    ///   (`badData`) for ground that `target` has nothing of.
    func grid(covering bounds: MapBounds, crs: CRS) throws -> GeoGrid {
        if let target { return try part(of: target, covering: bounds) }
        let pixels = (bounds.width / resolution) * (bounds.height / resolution)
        guard pixels <= Double(Self.mostPixels) else {
            throw PrepError(
                .usage, "--resolution \(resolution)",
                "would make more than \(Self.mostPixels) pixels; give a larger one")
        }
        return try GeoGrid(covering: bounds, resolution: resolution, crs: crs)
    }

    /// A camera model answers for its own ground only: far from it, it may take other ground for the image.
    private func part(of target: GeoGrid, covering bounds: MapBounds) throws -> GeoGrid {
        guard bounds.width > 0, bounds.height > 0,
            let window = try target.window(at: bounds).intersection(target.size.window)
        else {
            throw PrepError(
                .badData, image, "does not lie on the grid of --like (\(target)); give another")
        }
        return try target.cropped(to: window)
    }

    /// A result for a part of `target` on the whole of it, without data elsewhere; as it is where there is no `target`.
    func laid(_ image: RasterBuffer<UInt16>, over part: GeoGrid) throws -> RasterBuffer<UInt16> {
        guard let target, part.size != target.size else { return image }
        let (inside, corner) = (try target.transform.inverse(), part.transform)
        let origin = inside.map(column: corner.originX, row: corner.originY)
        let (left, top) = (Int(origin.x.rounded()), Int(origin.y.rounded()))
        var whole = RasterBuffer<UInt16>(size: target.size, bands: image.bands, filledWith: 0)
        for band in 0..<image.bands {
            for row in 0..<part.size.height {
                let from = (band * part.size.height + row) * part.size.width
                let place = (band * target.size.height + top + row) * target.size.width + left
                whole.pixels.replaceSubrange(
                    place..<place + part.size.width,
                    with: image.pixels[from..<from + part.size.width])
            }
        }
        return whole
    }

    /// Refuses a result that could not be held, before anything of it is made.
    func refuseTooLarge(_ size: PixelSize, bands: Int) throws {
        guard size.count <= RasterFile.largestRead / (2 * bands) else {
            throw PrepError(
                .usage, target.map { "--like (\($0))" } ?? "--resolution \(resolution)",
                "would make \(size) pixels in \(bands) bands; give a larger one")
        }
    }
}
