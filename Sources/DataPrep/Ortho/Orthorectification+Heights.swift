import Geo
import Raster

/// What heights must be, and what is said of them.
extension Orthorectification {
    /// The heights under a grid, above the ellipsoid as far as can be known.
    func heights(
        _ elevation: ElevationModel, _ controls: [GroundControlPoint], under grid: GeoGrid
    ) throws -> LaidHeights {
        let model = try offset(elevation, controls)
        let patch = try HeightPatch(model, under: grid)
        var ground = LaidHeights(model: model, patch: patch, systems: try model.systems())
        guard let system = try system(of: ground) else { return ground }
        let separation = try ground.patch.bringOntoEllipsoid(from: system, named: model.name)
        ground.model.voidHeight = model.voidHeight.map { $0 + separation.mean }
        ground.separation = separation
        return ground
    }

    /// The system that heights are to be brought from; nil where they stay as they are.
    private func system(of ground: LaidHeights) throws -> HeightSystem? {
        guard geoid != .ignored else { return nil }
        guard ground.systems.count == 1 else {
            throw PrepError(
                .badData, ground.model.name,
                "heights count from \(named(ground.systems)); give heights of one kind")
        }
        if let system = ground.system { return system.isEllipsoidal ? nil : system }
        guard geoid == .ifStated else {
            throw PrepError(
                .badData, ground.model.name,
                "does not say what its heights count from; give --height-offset in metres")
        }
        return nil
    }

    private func named(_ systems: [HeightSystem?]) -> String {
        systems.map { $0?.description ?? "nothing that is said" }.joined(separator: " and ")
    }

    /// Heights with the offset that control points show against them, when that is asked for: the median difference.
    private func offset(
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
    func warnings(_ ground: LaidHeights, _ missing: Double) throws -> [String] {
        let heights = ground.model
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
        return warnings + doubts(ground)
    }

    /// Whether heights may count from something else than they are taken to.
    private func doubts(_ ground: LaidHeights) -> [String] {
        guard ground.separation == nil else { return [] }
        let offset = ground.model.offset
        guard ground.systems.count == 1 else {
            return ["heights count from \(named(ground.systems)), and are taken as of one kind"]
        }
        guard let system = ground.system else {
            return offset == 0
                ? [
                    "heights are taken as metres above the ellipsoid; above the geoid they need --height-offset"
                ] : []
        }
        if system.isEllipsoidal {
            return offset == 0
                ? [] : ["\(offset) m were added to heights that say they are above the ellipsoid"]
        }
        guard system.unit == nil else {
            return ["heights are \(system), and are taken as metres; write them in metres first"]
        }
        return offset == 0
            ? [
                "heights are \(system), and are taken as metres above the ellipsoid; give --height-offset geoid"
            ] : []
    }

    /// What a result's tag says of its heights; nil without any.
    func heightTag(_ outcome: Outcome) -> String? {
        guard let offset = outcome.heightOffset else { return nil }
        let heights = outcome.heightSystem.map { "DEM in \($0)" } ?? "DEM"
        guard let range = outcome.heightOffsetRange else { return "\(heights), \(offset) m added" }
        let metres = range.map { "\(($0 * 100).rounded() / 100)" }.joined(separator: " to ")
        let grids = outcome.heightGrids ?? []
        return "\(heights), \(metres) m added by PROJ"
            + (grids.isEmpty ? "" : "'s " + grids.joined(separator: ", "))
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
