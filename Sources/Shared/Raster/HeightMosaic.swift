import CGDAL
import Geo
import Synchronization

/// The files of an elevation model as one raster.
enum HeightMosaic {
    private static let counter = Atomic<Int>(0)

    /// The rasters behind the files of a model, in groups of which each makes one raster.
    ///
    /// Those on the two sides of 180° are apart: between them lies the whole Earth.
    ///
    /// - Throws: `RasterError` for a file that is missing or holds no heights.
    static func groups(_ paths: [String]) throws -> [[String]] {
        let parts = try paths.flatMap(rasters)
        guard parts.count != 1 else { return [parts] }
        let grids = try parts.map { part in
            let file = try RasterFile(reading: part, drivers: .elevation)
            guard let grid = file.grid else {
                throw RasterError(.invalid, path: part, "heights without georeference")
            }
            return grid
        }
        let boxes = grids.map(\.bounds)
        let width = (boxes.map(\.right).max() ?? 0) - (boxes.map(\.left).min() ?? 0)
        guard width > 180, grids.allSatisfy(\.goesRound) else { return [parts] }
        let isWest = boxes.map { $0.left + $0.right < 0 }
        return [false, true].map { side in
            parts.indices.filter { isWest[$0] == side }.map { parts[$0] }
        }.filter { !$0.isEmpty }
    }

    /// Opens one raster as it is, several as a virtual raster of them all; GDAL's `GDALBuildVRT`.
    ///
    /// Where rasters overlap, the last one that has a height counts.
    ///
    /// - Parameters:
    ///   - parts: A group of `groups`.
    ///   - name: What errors name.
    /// - Returns: The raster.
    /// - Throws: `RasterError` for rasters of different systems.
    static func open(_ parts: [String], named name: String) throws -> RasterFile {
        guard parts.count != 1 else {
            return try RasterFile(reading: parts[0], drivers: .elevation)
        }
        let place = "/vsimem/heights-\(counter.add(1, ordering: .relaxed).newValue).vrt"
        defer { _ = GDALLibrary.quietly { VSIUnlink(place) } }
        try GDALLibrary.collectingErrors(
            .invalid, path: name, "its files do not make one raster of heights"
        ) { build(parts.map { StoredFile($0).name }, at: place) }
        return try RasterFile(opening: place, .elevation, named: name)
    }

    /// A file itself, or what an archive holds of heights, sorted by name.
    private static func rasters(_ path: String) throws -> [String] {
        guard StoredFile(path).isArchive else { return [path] }
        let names = try ZipArchive(path).entries.map(\.name).filter { isHeights($0) }.sorted()
        // Products of Copernicus, ASTER and ALOS hold masks beside their heights.
        let named = names.filter { isNamedHeights($0) }
        guard !names.isEmpty else {
            throw RasterError(.invalid, path: path, "the archive holds no .hgt and no GeoTIFF")
        }
        return (named.isEmpty ? names : named).map { "\(path)/\($0)" }
    }

    private static func isHeights(_ name: String) -> Bool {
        [".hgt", ".tif", ".tiff"].contains { name.lowercased().hasSuffix($0) }
    }

    private static func isNamedHeights(_ name: String) -> Bool {
        ["_dem.tif", "_dsm.tif", "_dem.tiff", "_dsm.tiff", ".hgt"].contains {
            name.lowercased().hasSuffix($0)
        }
    }

    /// Strict: a file that does not go with the others is an error, not left out.
    ///
    /// Ground between files has no height: without a value of its own for that, GDAL would take it for sea level.
    private static func build(_ names: [String], at place: String) -> Void? {
        let arguments = [
            "-strict", "-resolution", "highest", "-vrtnodata", "\(Int(HeightPatch.void))",
        ]
        let options = GDALLibrary.withStrings(arguments) { GDALBuildVRTOptionsNew($0, nil) }
        defer { GDALBuildVRTOptionsFree(options) }
        let dataset = GDALLibrary.withStrings(names) { list in
            list?.withMemoryRebound(to: UnsafePointer<CChar>?.self, capacity: names.count) {
                GDALBuildVRT(place, Int32(names.count), nil, $0, options, nil)
            }
        }
        return dataset.map { matter_close($0) }
    }
}
