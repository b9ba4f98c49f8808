import Geo
import Raster

/// Where a raster lies whose north is up.
struct RasterPlace: CustomStringConvertible {
    /// The reference system's code.
    let epsg: Int
    /// West, south, east and north.
    let bounds: SIMD4<Double>

    /// The place of a raster; nil where its file does not say all of it.
    init?(of raster: LoadedRaster) {
        guard let epsg = raster.epsg, let bounds = raster.bounds, bounds[0] < bounds[2],
            bounds[1] < bounds[3]
        else { return nil }
        (self.epsg, self.bounds) = (epsg, bounds)
    }

    /// Whether all four sides are another's, to some of that one's pixels, of which so many lie in a row.
    func isNear(_ other: RasterPlace, by pixels: Double, width: Int) -> Bool {
        let most = pixels * (other.bounds[2] - other.bounds[0]) / Double(width)
        return epsg == other.epsg
            && (0..<4).allSatisfy { abs(bounds[$0] - other.bounds[$0]) <= most }
    }

    /// Where this place's upper left corner lies in another's pixels; 0 where that one is not known.
    func offset(in other: RasterPlace?, of size: PixelSize) -> (column: Double, row: Double) {
        guard let other else { return (0, 0) }
        let across = (other.bounds[2] - other.bounds[0]) / Double(size.width)
        let down = (other.bounds[3] - other.bounds[1]) / Double(size.height)
        return (
            (bounds[0] - other.bounds[0]) / across, (other.bounds[3] - bounds[3]) / down
        )
    }

    /// "EPSG:32631 [500000.0, 5000000.0, 500240.0, 5000200.0]".
    var description: String { "EPSG:\(epsg) \((0..<4).map { bounds[$0] })" }
}
