import Geo
import Raster

/// Where sun and sensor stood over a tile, in degrees; what is not known is nil.
struct TileAngles: Hashable, Sendable {
    /// Of the sun above the horizon.
    var sunElevation: Double?
    /// Of the sun, from north over east.
    var sunAzimuth: Double?
    /// Of the line to the sensor from the vertical.
    var viewIncidence: Double?
    /// Of the sensor as the ground sees it, from north over east.
    var viewAzimuth: Double?

    /// Nothing is known.
    init() {}

    /// Directions to the sun and to the sensor, to 0.0001°: metadata tell them to about that at nodes 5 km apart.
    init(sun: ViewAngle?, view: ViewAngle?) {
        func short(_ angle: Double) -> Double { (angle * 10000).rounded() / 10000 }
        sunElevation = sun.map { short(90 - $0.zenith) }
        sunAzimuth = sun.map { short($0.azimuth) }
        viewIncidence = view.map { short($0.zenith) }
        viewAzimuth = view.map { short($0.azimuth) }
    }
}

/// Where sun and sensor stood over places of a scene: by its granule's grids, else as its STAC item says for all of it.
struct SceneAngles: Sendable {
    private let granule: GranuleMetadata?
    private let stated: TileAngles

    /// Reads a scene's metadata; angles are told where they can be, and metadata without them stop nothing.
    /// - Throws: what reading the file throws, but for `PrepError` with code `badData`.
    init(_ scene: Scene) throws {
        stated = scene.itemAngles
        do {
            granule = try scene.granule()
        } catch let error as PrepError where error.code == .badData {
            granule = nil
        }
    }

    /// The angles at the middles of grids of one projection; the view is the mean direction of the bands.
    ///
    /// Beyond the granule's own grids those at their nearest place; the sensor's are not known where no detector looked.
    func over(_ grids: [GeoGrid], _ bands: [Sentinel2Band]) throws -> [TileAngles] {
        guard let granule, let crs = grids.first?.crs else { return grids.map { _ in stated } }
        let middles = grids.map {
            $0.transform.map(column: Double($0.size.width) / 2, row: Double($0.size.height) / 2)
        }
        let places =
            crs == granule.ground.crs
            ? middles.map(Optional.init)
            : try CoordinateTransform(from: crs, to: granule.ground.crs).map(middles)
        return places.map { place in
            place.map { Self.angles(at: $0, granule, bands) } ?? TileAngles()
        }
    }

    private static func angles(
        at place: Position, _ granule: GranuleMetadata, _ bands: [Sentinel2Band]
    ) -> TileAngles {
        let views = bands.compactMap { band in
            granule.views[band].map { $0.angle(nearestTo: place) } ?? granule.meanViews[band]
        }
        return TileAngles(
            sun: granule.sun.angle(nearestTo: place) ?? granule.meanSun,
            view: ViewAngle(views.map(\.vector).reduce(.zero, +)))
    }
}

extension AngleGrid {
    /// The angle at the place of the grid that is nearest to one; nil where no detector looked.
    fileprivate func angle(nearestTo place: Position) -> ViewAngle? {
        let right = origin.x + spacing * Double(columns - 1)
        let bottom = origin.y - spacing * Double(rows - 1)
        return angle(
            at: Position(
                x: place.x.clamped(to: origin.x...right), y: place.y.clamped(to: bottom...origin.y))
        )
    }
}

extension STACItem {
    /// What the item says of sun and sensor over the whole scene, by the view extension or as stactools names it.
    var angles: TileAngles {
        func degrees(_ range: ClosedRange<Double>, _ value: Double?) -> Double? {
            value.flatMap { range.contains($0) ? $0 : nil }
        }
        var angles = TileAngles()
        angles.sunElevation = degrees(
            -90...90,
            number("view:sun_elevation") ?? number("s2:mean_solar_zenith").map { 90 - $0 })
        angles.sunAzimuth = degrees(
            0...360, number("view:sun_azimuth") ?? number("s2:mean_solar_azimuth"))
        angles.viewIncidence = degrees(0...90, number("view:incidence_angle"))
        angles.viewAzimuth = degrees(0...360, number("view:azimuth"))
        return angles
    }
}
