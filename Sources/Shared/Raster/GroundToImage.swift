import CGDAL
import Geo

/// Runs one of GDAL's transformers from longitude and latitude to pixel coordinates; NaN for places that it has no answer for.
enum GroundToImage {
    static func pixels(
        of handle: UnsafeMutableRawPointer, by transform: GDALTransformerFunc,
        longitudes: [Double], latitudes: [Double]
    ) -> [Position] {
        var (x, y) = (longitudes, latitudes)
        var z = [Double](repeating: 0, count: x.count)
        var status = [Int32](repeating: 0, count: x.count)
        // Reversed: transformers are made from the image to the ground.
        _ = GDALLibrary.quietly { transform(handle, 1, Int32(x.count), &x, &y, &z, &status) }
        return x.indices.map {
            status[$0] != 0 ? Position(x: x[$0], y: y[$0]) : Position(x: .nan, y: .nan)
        }
    }
}
