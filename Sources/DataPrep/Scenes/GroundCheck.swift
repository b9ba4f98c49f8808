import Geo
import Raster

/// Whether an image can lie where its file says: numbers of which the axes are swapped, or that count from a peg in the
/// ground, are a place too, only not the right one.
struct GroundCheck {
    /// The tile that the file's name tells.
    let tile: MGRSTile?

    /// Half the width of a zone in metres, at the equator, where it is widest.
    private static let halfZone = 334_000.0
    /// Zones to either side of its own that an image may reach into: a product lies in its own or the next one, what others
    /// made may have been brought far (ours).
    private var neighbours: Double { tile == nil ? 3 : 1 }

    /// Refuses a grid of a system that is no place on Earth, and one whose eastings no such image of a UTM zone has.
    /// - Throws: `PrepError` (`badData`).
    func refuse(_ grid: GeoGrid, _ path: String) throws {
        guard !CoordinateTransform.isLocal(grid.crs) else {
            throw PrepError(
                .badData, path,
                "its system, \(grid.crs), has no place on Earth; write the image in a map projection"
            )
        }
        guard Self.isUTM(tile?.crs ?? grid.crs) else { return }
        let reach = Self.halfZone * (1 + 2 * neighbours)
        let (west, east) = (grid.bounds.left, grid.bounds.right)
        guard east < 500_000 - reach || west > 500_000 + reach else { return }
        throw PrepError(
            .badData, path,
            "lies at eastings of \(Int(west)) to \(Int(east)) m, where \(tile?.crs ?? grid.crs) has no ground: are its "
                + "axes swapped? Write its coordinates as easting, northing, or get the product again"
        )
    }

    private static func isUTM(_ crs: CRS) -> Bool {
        crs.epsg.map { (32601...32660).contains($0) || (32701...32760).contains($0) } ?? false
    }
}
