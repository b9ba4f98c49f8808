import CGDAL
import Geo

/// From longitude and latitude to the pixels of a scene of which only control points are known; GDAL's `GDALCreateGCPTransformer`.
///
/// A polynomial of the first order with fewer than 6 points, of the second with fewer than 10, else of the third.
struct ControlProjection: ~Copyable {
    private let handle: UnsafeMutableRawPointer

    /// Fits the polynomial.
    /// - Throws: `RasterError` if there are fewer than three points, or they lie on a line.
    init(_ points: [GroundControlPoint]) throws {
        guard points.count >= 3 else {
            throw RasterError(
                .invalid, "\(points.count) control points without a camera model; 3 are needed")
        }
        handle = try GDALLibrary.collectingErrors(
            .invalid, path: "", "cannot fit a polynomial to the control points"
        ) {
            var list = points.map { point -> GDAL_GCP in
                var entry = GDAL_GCP()
                (entry.dfGCPPixel, entry.dfGCPLine) = (point.pixel.x, point.pixel.y)
                (entry.dfGCPX, entry.dfGCPY) = (point.longitude, point.latitude)
                return entry
            }
            return GDALCreateGCPTransformer(Int32(list.count), &list, 0, 0)
        }
    }

    deinit { GDALDestroyGCPTransformer(handle) }

    /// Pixel coordinates of places on the ground.
    func pixels(longitudes: [Double], latitudes: [Double]) -> [Position] {
        GroundToImage.pixels(
            of: handle, by: GDALGCPTransform, longitudes: longitudes, latitudes: latitudes)
    }
}
