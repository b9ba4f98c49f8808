import Foundation
import Geo
import Raster
import Testing

/// Cameras fitted to control points over steep hills.
@Suite struct ControlCameraTests {
    private static let size = try? PixelSize(width: 2000, height: 1600)

    /// A frame camera 6 km up that looks 25° off the vertical, or, infinitely far, a parallel one.
    private struct Camera {
        let isPerspective: Bool
        let radius = 6_378_137.0

        /// On a sphere's tangent plane, which is what a few kilometres of the ellipsoid at the equator are to millimetres.
        func pixel(east: Double, north: Double, up: Double) -> Position {
            let tilt = 25 * Double.pi / 180
            let (x, y, z) = (east, north + 2800, up - 6000)
            let depth = -cos(tilt) * z + sin(tilt) * y
            let below = cos(tilt) * y + sin(tilt) * z
            let scale = isPerspective ? 4000 / depth : 0.6
            return Position(x: 1000 + scale * x, y: 800 - scale * below)
        }

        /// A point at the equator and longitude 0, where east, north and up are the axes y, z and x of the Earth.
        func point(_ longitude: Double, _ latitude: Double, _ height: Double) -> GroundControlPoint
        {
            let (l, p) = (longitude * .pi / 180, latitude * .pi / 180)
            let squared = 2 / 298.257223563 - 1 / (298.257223563 * 298.257223563)
            let n = radius / (1 - squared * sin(p) * sin(p)).squareRoot()
            let seen = pixel(
                east: (n + height) * cos(p) * sin(l),
                north: (n * (1 - squared) + height) * sin(p),
                up: (n + height) * cos(p) * cos(l) - radius)
            return GroundControlPoint(
                pixel: seen, longitude: longitude, latitude: latitude, height: height)
        }
    }

    /// Hills of 700 m over 2.6 km.
    private static func points(_ camera: Camera, _ count: Int, from first: Int = 0)
        -> [GroundControlPoint]
    {
        (first..<first + count).map { index in
            let (a, b) = (Double(index) * 0.618034, Double(index) * 0.754878)
            let longitude = (a - a.rounded(.down) - 0.5) * 0.024
            let latitude = (b - b.rounded(.down) - 0.5) * 0.02
            let height = 450 + 350 * sin(longitude * 700) * cos(latitude * 900 + 1)
            return camera.point(longitude, latitude, height)
        }
    }

    private static func worst(_ fit: ControlCamera, _ camera: Camera) -> Double {
        points(camera, 60, from: 100).map { point in
            let seen = fit.model.pixel(
                longitude: point.longitude, latitude: point.latitude, height: point.height)
            return max(abs(seen.x - point.pixel.x), abs(seen.y - point.pixel.y))
        }.max() ?? .infinity
    }

    /// The same where longitudes go round.
    @Test func findsTheCameraAcrossTheAntimeridian() throws {
        let camera = Camera(isPerspective: true)
        let size = try #require(Self.size)
        func turned(_ points: [GroundControlPoint]) -> [GroundControlPoint] {
            points.map { point in
                var point = point
                point.longitude = (point.longitude + 180).remainder(dividingBy: 360)
                return point
            }
        }
        let fit = try #require(try ControlCamera(turned(Self.points(camera, 14)), size: size))
        for point in turned(Self.points(camera, 60, from: 100)) {
            let seen = fit.model.pixel(
                longitude: point.longitude, latitude: point.latitude, height: point.height)
            #expect(abs(seen.x - point.pixel.x) < 0.02 && abs(seen.y - point.pixel.y) < 0.02)
        }
    }

    /// Places that the fit has not seen are where the camera has them.
    @Test(arguments: [(true, 14), (false, 14), (false, 5)])
    func findsTheCamera(isPerspective: Bool, count: Int) throws {
        let camera = Camera(isPerspective: isPerspective)
        let size = try #require(Self.size)
        let fit = try #require(try ControlCamera(Self.points(camera, count), size: size))
        #expect(fit.isPerspective == isPerspective)
        #expect(Self.worst(fit, camera) < 0.02)
        #expect(fit.residual < 0.01 && fit.outliers == 0)
    }

    /// Two false points of twenty are named and do no harm.
    @Test func falsePointsDoNoHarm() throws {
        let camera = Camera(isPerspective: true)
        let size = try #require(Self.size)
        var points = Self.points(camera, 20)
        points[3].pixel.x += 60
        points[11].pixel.y -= 35
        let fit = try #require(try ControlCamera(points, size: size))
        #expect(fit.outliers == 2)
        #expect(Self.worst(fit, camera) < 0.1)
    }

    /// Half a pixel of noise in the points makes no more of it elsewhere than a few pixels' worth of few points.
    @Test func bearsNoise() throws {
        let camera = Camera(isPerspective: true)
        let size = try #require(Self.size)
        var random = SplitMix64(seed: 7)
        let points = Self.points(camera, 30).map { point in
            var noisy = point
            noisy.pixel.x += random.nextNormal() / 2
            noisy.pixel.y += random.nextNormal() / 2
            return noisy
        }
        let fit = try #require(try ControlCamera(points, size: size))
        #expect(Self.worst(fit, camera) < 2)
    }

    /// Too few points, or heights in a plane, fix no camera.
    @Test func refusesFlatGround() throws {
        let camera = Camera(isPerspective: true)
        let size = try #require(Self.size)
        #expect(try ControlCamera(Self.points(camera, 4), size: size) == nil)
        let flat = Self.points(camera, 20).map { camera.point($0.longitude, $0.latitude, 100) }
        #expect(try ControlCamera(flat, size: size) == nil)
    }
}
