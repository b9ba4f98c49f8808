import CGDAL
package import Geo

/// From longitude and latitude to the pixels of a scene of which only control points are known; GDAL's `GDALCreateGCPTransformer`.
///
/// A polynomial of the first order with fewer than 6 points, of the second with fewer than 10, else of the third.
struct ControlProjection: ~Copyable {
    private let handle: UnsafeMutableRawPointer
    /// The first point's: others are told from there, so that nothing jumps where longitudes go round.
    private let longitude: Double

    /// Fits the polynomial.
    /// - Parameters:
    ///   - points: Where places are seen.
    ///   - order: Of the polynomial, 1 to 3; 0 for that which the number of points allows.
    /// - Throws: `RasterError` if there are fewer than three points, or they lie on a line.
    init(_ points: [GroundControlPoint], order: Int32 = 0) throws {
        guard points.count >= 3 else {
            throw RasterError(
                .invalid, "\(points.count) control points without a camera model; 3 are needed")
        }
        let longitude = points[0].longitude
        // A struct with a deinit is made whole at once.
        let handle: UnsafeMutableRawPointer = try GDALLibrary.collectingErrors(
            .invalid, path: "", "cannot fit a polynomial to the control points"
        ) {
            var list = points.map { point -> GDAL_GCP in
                var entry = GDAL_GCP()
                (entry.dfGCPPixel, entry.dfGCPLine) = (point.pixel.x, point.pixel.y)
                (entry.dfGCPX, entry.dfGCPY) = (
                    point.longitude.longitude(near: longitude), point.latitude
                )
                return entry
            }
            return GDALCreateGCPTransformer(Int32(list.count), &list, order, 0)
        }
        (self.handle, self.longitude) = (handle, longitude)
    }

    deinit { GDALDestroyGCPTransformer(handle) }

    /// Pixel coordinates of places on the ground.
    func pixels(longitudes: [Double], latitudes: [Double]) -> [Position] {
        GroundToImage.pixels(
            of: handle, by: GDALGCPTransform,
            longitudes: longitudes.map { $0.longitude(near: longitude) }, latitudes: latitudes)
    }

    /// Longitude (x) and latitude of places in the image; those that the polynomial has no answer for are left out.
    func ground(under pixels: [Position]) -> [Position] {
        var (x, y) = (pixels.map(\.x), pixels.map(\.y))
        var z = [Double](repeating: 0, count: x.count)
        var status = [Int32](repeating: 0, count: x.count)
        _ = GDALLibrary.quietly {
            GDALGCPTransform(handle, 0, Int32(x.count), &x, &y, &z, &status)
        }
        return x.indices.filter { status[$0] != 0 }.map { Position(x: x[$0], y: y[$0]) }
    }
}

extension [GroundControlPoint] {
    /// The mean longitude, of points on both sides of 180° too.
    package var middleLongitude: Double {
        guard let first else { return 0 }
        return map { $0.longitude.longitude(near: first.longitude) }.reduce(0, +) / Double(count)
    }

    /// Longitude and latitude of places all round an image, and of the points that lie in it.
    ///
    /// The border is laid by a plane through the points: a polynomial of a higher order may go anywhere outside of them.
    /// - Throws: `RasterError` if there are fewer than three points, or they lie on a line.
    package func outline(of size: PixelSize) throws -> [Position] {
        let (width, height) = (Double(size.width), Double(size.height))
        let border = (0...20).map { Double($0) / 20 }.flatMap { share in
            [
                Position(x: share * width, y: 0), Position(x: share * width, y: height),
                Position(x: 0, y: share * height), Position(x: width, y: share * height),
            ]
        }
        let inside = filter {
            (0...width).contains($0.pixel.x) && (0...height).contains($0.pixel.y)
        }
        return try ControlProjection(self, order: 1).ground(under: border)
            + inside.map {
                Position(x: $0.longitude.longitude(near: middleLongitude), y: $0.latitude)
            }
    }
}
