import CGDAL
import Geo

/// From heights of a system to heights above the ellipsoid of WGS 84, by PROJ's grids.
///
/// Uses `OCTNewCoordinateTransformationEx`, which is not allowed to leave a height as it is for want of a grid.
struct HeightTransform: ~Copyable {
    /// Longitude, latitude and metres above the ellipsoid.
    static let target = CRS(epsg: 4979)

    private let handle: OGRCoordinateTransformationH
    /// What PROJ takes heights from; empty where it takes none.
    let grids: [String]

    /// Finds the way.
    /// - Parameters:
    ///   - system: Of the heights.
    ///   - place: Where they are, roughly: longitude (x) and latitude.
    ///   - path: What errors name.
    /// - Throws: `RasterError`: `unavailable` for a grid that is not there, `invalid` where there is no way at all, or for
    ///   heights that are not in metres.
    init(from system: HeightSystem, at place: Position, named path: String) throws {
        guard system.unit == nil else {
            throw RasterError(
                .invalid, path: path, "heights are \(system); write them in metres first")
        }
        let ways = HeightGrid.ways(from: system.whole, at: place)
        let handle: OGRCoordinateTransformationH? = GDALLibrary.quietly {
            guard let from = SpatialReference(system.whole), let to = SpatialReference(Self.target),
                let rules = OCTNewCoordinateTransformationOptions()
            else { return nil }
            defer { OCTDestroyCoordinateTransformationOptions(rules) }
            OCTCoordinateTransformationOptionsSetBallparkAllowed(rules, 0)
            return OCTNewCoordinateTransformationEx(from.handle, to.handle, rules)
        }
        guard let handle else { throw Self.failure(system, ways, path) }
        self.handle = handle
        grids = (ways.first { $0.allSatisfy(\.isThere) } ?? []).map(\.name)
    }

    deinit { OCTDestroyCoordinateTransformation(handle) }

    private static func failure(
        _ system: HeightSystem, _ ways: [[HeightGrid]], _ path: String
    ) -> RasterError {
        let otherwise = "give the metres to add to its heights instead"
        guard let best = ways.first else {
            return RasterError(
                .invalid, path: path,
                "PROJ knows no way from its \(system) to the ellipsoid; \(otherwise)")
        }
        let missing = best.filter { !$0.isThere }.map(\.name)
        return RasterError(
            .unavailable, path: path,
            "PROJ's grid \(missing.joined(separator: " and ")) for its \(system) is not installed; "
                + "install it (projsync --file NAME, or the package proj-data), or \(otherwise)")
    }

    /// The height above the ellipsoid of places at a height of 0, in the system's coordinates on the ground; nil where a
    /// grid ends.
    func separations(at places: [Position]) -> [Double?] {
        var (x, y) = (places.map(\.x), places.map(\.y))
        var z = [Double](repeating: 0, count: x.count)
        var status = [Int32](repeating: 0, count: x.count)
        _ = GDALLibrary.quietly { OCTTransformEx(handle, Int32(x.count), &x, &y, &z, &status) }
        return z.indices.map { status[$0] != 0 && z[$0].isFinite ? z[$0] : nil }
    }
}
