import Glibc

/// Straight axes at a place on the ellipsoid (WGS 84): east, north and up, in metres; light goes straight in them.
struct LocalFrame: Hashable, Sendable {
    let longitude: Double
    let latitude: Double
    private let centre: SIMD3<Double>

    private static let (semiMajor, flattening) = (6_378_137.0, 1 / 298.257223563)

    init(longitude: Double, latitude: Double) {
        (self.longitude, self.latitude) = (longitude, latitude)
        centre = Self.geocentric(longitude, latitude, 0)
    }

    /// East, north and up of a place.
    func local(longitude: Double, latitude: Double, height: Double) -> SIMD3<Double> {
        let d = Self.geocentric(longitude, latitude, height) - centre
        let (l, p) = (self.longitude * .pi / 180, self.latitude * .pi / 180)
        let along = cos(l) * d.x + sin(l) * d.y
        return [
            cos(l) * d.y - sin(l) * d.x, cos(p) * d.z - sin(p) * along,
            cos(p) * along + sin(p) * d.z,
        ]
    }

    /// Longitude, latitude and height of a point near the frame's place.
    func place(of point: SIMD3<Double>) -> (longitude: Double, latitude: Double, height: Double) {
        let degree = Self.semiMajor * .pi / 180
        var found = (longitude: longitude, latitude: latitude, height: point.z)
        for _ in 0..<8 {
            let miss =
                point
                - local(
                    longitude: found.longitude, latitude: found.latitude, height: found.height)
            found.longitude += miss.x / (degree * max(0.01, cos(latitude * .pi / 180)))
            found.latitude += miss.y / degree
            found.height += miss.z
        }
        return found
    }

    private static func geocentric(
        _ longitude: Double, _ latitude: Double, _ height: Double
    ) -> SIMD3<Double> {
        let (l, p) = (longitude * .pi / 180, latitude * .pi / 180)
        let squared = flattening * (2 - flattening)
        let radius = semiMajor / (1 - squared * sin(p) * sin(p)).squareRoot()
        return [
            (radius + height) * cos(p) * cos(l), (radius + height) * cos(p) * sin(l),
            (radius * (1 - squared) + height) * sin(p),
        ]
    }
}
