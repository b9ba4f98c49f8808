import CGDAL
public import Geo

/// A place that is known both on the ground and in an image.
public struct GroundControlPoint: Hashable, Codable, Sendable {
    /// Where it is seen, in pixel coordinates (the centre of the first pixel is at 0.5, 0.5).
    public var pixel: Position
    /// Degrees east.
    public var longitude: Double
    /// Degrees north.
    public var latitude: Double
    /// Metres above the ellipsoid.
    public var height: Double

    /// Makes a point.
    public init(pixel: Position, longitude: Double, latitude: Double, height: Double) {
        (self.pixel, self.longitude, self.latitude, self.height) =
            (pixel, longitude, latitude, height)
    }
}

extension RasterFile {
    /// The control points that the file carries, by GDAL's `GDALGetGCPs`; empty when there are none.
    /// - Throws: `RasterError` when their projection has no way to longitude and latitude.
    public func groundControlPoints() throws -> [GroundControlPoint] {
        let count = Int(GDALGetGCPCount(dataset))
        guard count > 0, let list = GDALGetGCPs(dataset) else { return [] }
        let points = (0..<count).map { list[$0] }
        let places = points.map { Position(x: $0.dfGCPX, y: $0.dfGCPY) }
        let degrees = try CoordinateTransform(from: controlSystem(), to: .wgs84).map(places)
        return zip(points, degrees).compactMap { point, place in
            place.map {
                GroundControlPoint(
                    pixel: Position(x: point.dfGCPPixel, y: point.dfGCPLine), longitude: $0.x,
                    latitude: $0.y, height: point.dfGCPZ)
            }
        }
    }

    private func controlSystem() -> CRS {
        GDALLibrary.quietly {
            guard let reference = GDALGetGCPSpatialRef(dataset) else { return .wgs84 }
            var text: UnsafeMutablePointer<CChar>?
            guard OSRExportToWkt(reference, &text) == OGRERR_NONE, let text else { return .wgs84 }
            defer { VSIFree(text) }
            return CRS(wkt: String(cString: text))
        }
    }
}

extension Double {
    /// The same longitude, at most 180° from another.
    func longitude(near other: Double) -> Double {
        let difference = self - other
        return abs(difference) <= 180 ? self : other + difference.remainder(dividingBy: 360)
    }
}
