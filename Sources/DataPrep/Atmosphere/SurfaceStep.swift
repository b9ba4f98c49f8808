import Geo
import Raster

/// Brings scenes to the reflectance of the ground by a rule, before their tiles are cut.
///
/// Dates are aligned on their numbers as delivered: a correction does not move anything, and so alignment is the same
/// whichever dates a shard works on.
struct SurfaceStep {
    let rule: SurfaceRule
    let elevation: Double
    let sen2cor: Sen2Cor?
    /// The folder that Sen2Cor's products go below.
    let folder: String
    let checkStop: () throws -> Void

    /// A scene whose numbers are what the rule wants.
    struct Prepared {
        var scene: Scene
        /// "L2A", "none", "sen2cor x.y", "dark-object+rayleigh", "rayleigh" (no dark object), or nil where nobody knows.
        var reflectance: String?
    }

    func prepared(_ scene: Scene, bands: [Sentinel2Band]) throws -> Prepared {
        guard scene.isSurfaceReflectance == false else {
            return Prepared(scene: scene, reflectance: scene.deliveredReflectance)
        }
        switch rule {
        case .delivered:
            return Prepared(scene: scene, reflectance: scene.deliveredReflectance)
        case .sen2cor:
            guard let sen2cor else { throw Self.isMissing }
            let (product, version) = try sen2cor.product(
                of: scene, in: folder, checkStop: checkStop)
            for band in bands { _ = try product.source(of: band) }
            return Prepared(scene: product, reflectance: version)
        case .auto, .darkObject:
            return try corrected(scene)
        }
    }

    static let isMissing = PrepError(
        .unavailable, "L2A_Process",
        "Sen2Cor is not installed; put it on PATH, name it with --sen2cor PATH, or use "
            + "--surface-reflectance dark-object")

    /// Zeniths from here on, in degrees, are none of a product that can be corrected: light would go along the ground.
    private static let lowestSun = 88.0

    private func refuseDarkness(_ granule: GranuleMetadata, of scene: Scene) throws {
        let grids = [granule.sun] + granule.views.values
        let means = [granule.meanSun] + granule.meanViews.values
        let zeniths = grids.flatMap(\.zenith).filter(\.isFinite) + means.map(\.zenith)
        guard let wrong = zeniths.first(where: { !(0..<Self.lowestSun).contains($0) }) else {
            return
        }
        throw PrepError(
            .badData, scene.name,
            "MTD_TL.xml has a zenith angle of \(wrong)°, expected 0 to below \(Self.lowestSun)°; leave the "
                + "scene out, or use --surface-reflectance delivered")
    }

    /// Our own correction of every band; see `MolecularAtmosphere` and `DarkObject`.
    private func corrected(_ scene: Scene) throws -> Prepared {
        guard let granule = try scene.granule() else {
            throw PrepError(
                .missing, scene.name,
                "no MTD_TL.xml with the angles of sun and sensor, which the correction needs; give "
                    + "the whole product, or --surface-reflectance delivered")
        }
        try refuseDarkness(granule, of: scene)
        let pressure = MolecularAtmosphere.pressure(atElevation: elevation)
        var corrections: [Sentinel2Band: BandCorrection] = [:]
        for band in scene.bands.keys {
            let air = MolecularAtmosphere(
                wavelengthInNanometres: band.centreWavelengthInNanometres,
                pressureInHectopascals: pressure)
            corrections[band] = BandCorrection(air: air, granule: granule, band: band)
        }
        let haze = try DarkObject(scene, corrections: corrections).haze
        var result = scene
        for (band, correction) in corrections {
            result.bands[band]?.correction = correction.adding(haze: haze?[band] ?? 0)
        }
        return Prepared(
            scene: result, reflectance: haze == nil ? "rayleigh" : "dark-object+rayleigh")
    }
}
