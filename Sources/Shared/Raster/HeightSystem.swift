import CGDAL
import Geo

/// What heights count from, by a raster's own word: the ellipsoid, or a geoid or sea level that has a name.
public struct HeightSystem: Hashable, Sendable, CustomStringConvertible {
    /// What it is called, such as "EGM96 height".
    public let name: String
    /// Its unit where that is not the metre, such as "US survey foot".
    public let unit: String?
    /// Whether the heights are above the ellipsoid as they are.
    public let isEllipsoidal: Bool
    /// The whole system, on the ground and upwards.
    let whole: CRS

    /// The name, and the unit where it is not the metre.
    public var description: String { unit.map { "\(name) in \($0)" } ?? name }
}

extension ElevationModel {
    /// What the heights count from, by the files' own word: each system once, and nil for files that say nothing of it.
    ///
    /// Of a virtual raster its own word, not that of the rasters behind it.
    ///
    /// - Returns: The systems in the order of the files.
    /// - Throws: `RasterError` for a file that is missing or holds no heights.
    public func systems() throws -> [HeightSystem?] {
        var systems: [HeightSystem?] = []
        for raster in try HeightMosaic.groups(paths).flatMap(\.self) {
            let system = try HeightSystem(of: raster)
            if !systems.contains(where: { $0?.description == system?.description }) {
                systems.append(system)
            }
        }
        return systems
    }
}

// MARK: Reading

extension HeightSystem {
    /// Elsewhere a raster's system is the one on the ground alone (`GDALLibrary`); here, and on this thread only, it is whole.
    ///
    /// SRTM tiles have no word for it: their definition says EGM96, and GDAL with it.
    private static let whole = ["GTIFF_REPORT_COMPD_CS": "YES", "REPORT_COMPD_CS": "YES"]

    init?(of path: String) throws {
        let file = try RasterFile(reading: path, drivers: .elevation)
        let ground = file.crs
        let stated = try GDALLibrary.withSettings(Self.whole) {
            // GDAL reads the system when it is first asked for it.
            let file = try RasterFile(reading: path, drivers: .elevation)
            return GDALLibrary.quietly { Self.stated(file) }
        }
        guard let ground, let stated else { return nil }
        self = stated.completed(on: ground)
    }

    private static func stated(_ file: borrowing RasterFile) -> HeightSystem? {
        guard let reference = GDALGetSpatialRef(file.dataset), OSRGetAxesCount(reference) == 3,
            let whole = text(of: reference)
        else { return nil }
        guard OSRIsCompound(reference) != 0 else {
            return HeightSystem(
                name: "height above the ellipsoid", unit: nil, isEllipsoidal: true, whole: whole)
        }
        var unit: UnsafeMutablePointer<CChar>?
        let metres = OSRGetTargetLinearUnits(reference, "VERT_CS", &unit)
        return HeightSystem(
            name: OSRGetAttrValue(reference, "VERT_CS", 0).map { String(cString: $0) }
                ?? "height without a name",
            unit: metres == 1 ? nil : unit.map { String(cString: $0) } ?? "\(metres) m",
            isEllipsoidal: false, whole: whole)
    }

    private static func text(of reference: OGRSpatialReferenceH) -> CRS? {
        var text: UnsafeMutablePointer<CChar>?
        let status = GDALLibrary.withStrings(["FORMAT=WKT2_2019"]) { options in
            options?.withMemoryRebound(to: UnsafePointer<CChar>?.self, capacity: 2) {
                OSRExportToWktEx(reference, &text, $0)
            }
        }
        guard status == OGRERR_NONE, let text else { return nil }
        defer { VSIFree(text) }
        return CRS(wkt: String(cString: text))
    }

    /// With the registry's system of just this name in place of the file's: many files give the name and nothing that PROJ
    /// would know the geoid by.
    private func completed(on ground: CRS) -> HeightSystem {
        guard !isEllipsoidal, let code = HeightGrid.code(ofSystem: name) else { return self }
        let whole: CRS? = GDALLibrary.quietly {
            guard let ground = SpatialReference(ground), OSRIsCompound(ground.handle) == 0,
                let up = SpatialReference(CRS(epsg: code)), let joined = OSRNewSpatialReference(nil)
            else { return nil }
            defer { OSRDestroySpatialReference(joined) }
            guard OSRSetCompoundCS(joined, name, ground.handle, up.handle) == OGRERR_NONE else {
                return nil
            }
            return Self.text(of: joined)
        }
        return HeightSystem(
            name: name, unit: unit, isEllipsoidal: false, whole: whole ?? self.whole)
    }
}
