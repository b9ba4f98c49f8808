public import Geo

/// A camera found from control points with heights, as an RPC model that GDAL's transformer takes over a DEM.
///
/// Rows and columns are fractions of linear forms of east, north and up with one common denominator: the direct linear
/// transformation (Abdel-Aziz & Karara, 1971), or, where points are few or show no perspective, the affine camera. The fit is
/// normalised, and robust: weights of Geman & McClure by the median miss, so that a few false points do no harm.
public struct ControlCamera: Hashable, Sendable {
    /// The camera as a rational polynomial over its image.
    public let model: RPCModel
    /// Whether lines of sight meet in a point; else they are parallel.
    public let isPerspective: Bool
    /// Root mean square distance in pixels of the points that fit.
    public let residual: Double
    /// The median distance in pixels of a point from where the others alone have it: how far the camera can be trusted.
    public let foretold: Double
    /// Points that lie far from where the camera has them, and count for nearly nothing.
    public let outliers: Int

    /// Heights that lie nearer than this to one plane, in metres, fix no camera.
    static let leastRelief = 5.0

    /// Fits a camera; nil where the points are fewer than five, or their heights lie in a plane.
    ///
    /// - Parameters:
    ///   - points: Control points with heights above the ellipsoid.
    ///   - size: Size of the image.
    /// - Throws: `RasterError` (`invalid`) for points that lie on a line.
    public init?(_ points: [GroundControlPoint], size: PixelSize) throws {
        guard points.count >= 5 else { return nil }
        let frame = LocalFrame(
            longitude: points.middleLongitude,
            latitude: points.map(\.latitude).reduce(0, +) / Double(points.count))
        let places = points.map {
            frame.local(longitude: $0.longitude, latitude: $0.latitude, height: $0.height)
        }
        guard Self.relief(places) >= Self.leastRelief else { return nil }
        let sights = Sights(places: places, pixels: points.map(\.pixel))
        guard let best = sights.best() else {
            throw RasterError(.invalid, "control points on a line fix no camera")
        }
        let misses = sights.misses(best)
        let limit = max(1, 5 * sights.scale(misses))
        let fitting = misses.filter { $0 <= limit }
        residual =
            (fitting.map { $0 * $0 }.reduce(0, +) / Double(max(1, fitting.count))).squareRoot()
        outliers = misses.count - fitting.count
        isPerspective = best.isPerspective
        foretold = sights.foretold(perspective: best.isPerspective)
        let lattice = try Self.lattice(best, size, heights: places.map(\.z))
        model = try RPCModel(
            through: lattice.map { point in
                let place = frame.place(of: point)
                return GroundControlPoint(
                    pixel: best.pixel(of: point), longitude: place.longitude,
                    latitude: place.latitude, height: place.height)
            }, divisors: best.isPerspective ? lattice.map(best.divisor) : nil)
    }

    /// Root mean square distance of points from the plane that fits them best, upwards.
    private static func relief(_ places: [SIMD3<Double>]) -> Double {
        let span = places.map { max(abs($0.x), abs($0.y)) }.max() ?? 1
        let rows = places.map { [1, $0.x / span, $0.y / span] }
        guard let plane = LeastSquares.solve(rows, places.map(\.z)) else { return 0 }
        let squares = zip(rows, places).map { row, place -> Double in
            let miss = place.z - zip(row, plane).reduce(0) { $0 + $1.0 * $1.1 }
            return miss * miss
        }
        return (squares.reduce(0, +) / Double(squares.count)).squareRoot()
    }

    /// Points of the camera's view, over the whole image and through more than the range of heights.
    private static func lattice(
        _ camera: LinearCamera, _ size: PixelSize, heights: [Double]
    ) throws -> [SIMD3<Double>] {
        let (low, high) = (heights.min() ?? 0, heights.max() ?? 0)
        let spare = max(300, (high - low) / 2)
        let corners = [low - spare, high + spare].flatMap { height in
            [0, Double(size.width)].flatMap { x in
                [0, Double(size.height)].compactMap { y in
                    camera.ground(under: Position(x: x, y: y), height: height)
                }
            }
        }
        guard let bounds = MapBounds(around: corners) else {
            throw RasterError(.invalid, "the camera of these control points sees no ground")
        }
        let steps = (0...8).map { Double($0) / 8 }
        let depth = high - low + 2 * spare
        var points: [SIMD3<Double>] = []
        for up in steps {
            for across in steps {
                for along in steps {
                    points.append([
                        bounds.left + across * bounds.width, bounds.bottom + along * bounds.height,
                        low - spare + up * depth,
                    ])
                }
            }
        }
        return points
    }
}
