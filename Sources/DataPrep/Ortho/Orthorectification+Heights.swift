import Geo
import Raster

/// What heights must be, and what is said of them.
extension Orthorectification {
    /// Heights with the offset that control points show against them, when that is asked for: the median difference.
    func heights(
        _ elevation: ElevationModel, _ controls: [GroundControlPoint]
    ) throws -> ElevationModel {
        guard findsHeightOffset else { return elevation }
        var plain = elevation
        plain.offset = 0
        let ground = try plain.heights(
            longitudes: controls.map(\.longitude), latitudes: controls.map(\.latitude))
        let differences = zip(controls, ground).compactMap { point, height in
            height.map { point.height - $0 }
        }
        guard !differences.isEmpty else {
            throw PrepError(
                .badData, elevation.paths.joined(separator: ", "),
                "no control point lies on these heights; give --height-offset in metres")
        }
        plain.offset = differences.median
        return plain
    }

    /// What a user should know of heights that were used.
    func warnings(_ heights: ElevationModel, _ missing: Double) throws -> [String] {
        guard missing < 1 else {
            throw PrepError(
                .badData, heights.paths.joined(separator: ", "),
                "has no height anywhere under the image (voids, or another place); give the tiles that cover it"
            )
        }
        var warnings: [String] = []
        if missing > 0 {
            let percent = max(0.1, (missing * 1000).rounded() / 10)
            warnings.append(
                "no heights under \(percent) % of the image: "
                    + (heights.voidHeight.map {
                        "terrain not corrected there, taken as \($0 + heights.offset) m above the ellipsoid"
                    }
                        ?? "no data there; give the tiles that cover it, or --void-height"))
        }
        if heights.offset == 0 {
            warnings.append(
                "heights are taken as metres above the ellipsoid; above the geoid they need --height-offset"
            )
        }
        return warnings
    }

    /// The share of places in the image, on a lattice, that have no height.
    func shareWithoutHeights(
        of image: (model: RPCModel, size: PixelSize), on grid: GeoGrid, _ heights: HeightPatch
    ) throws -> Double {
        let step = max(1, max(grid.size.width, grid.size.height) / 400)
        let places = stride(from: 0, to: grid.size.height, by: step).flatMap { row in
            stride(from: 0, to: grid.size.width, by: step).map { column in
                grid.centre(column: column, row: row)
            }
        }
        let seen = try CoordinateTransform(from: grid.crs, to: .wgs84).map(places)
            .compactMap(\.self).filter { place in
                let pixel = image.model.pixel(
                    longitude: place.x, latitude: place.y, height: image.model.height.offset)
                return pixel.x >= 0 && pixel.x < Double(image.size.width)
                    && pixel.y >= 0 && pixel.y < Double(image.size.height)
            }
        let missing = try heights.heights(at: seen).count { $0 == nil }
        return seen.isEmpty ? 0 : Double(missing) / Double(seen.count)
    }
}
