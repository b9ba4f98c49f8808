import Foundation
import Geo
import Manifests
import Raster

/// Opens the files of a scene, checked against what the scene says of itself.
struct SceneFiles {
    let scene: Scene

    /// The grid of a band or the classification.
    ///
    /// - Throws: `PrepError`, `badData` when the file lies in another projection than its tile, or in none.
    func grid(of source: BandSource) throws -> GeoGrid {
        let file = try RasterFile(reading: source.path)
        guard source.index < file.bandCount else {
            throw PrepError(.badData, source.path, "no band \(source.index + 1) in the file")
        }
        let size = file.size
        guard let grid = try file.grid ?? source.ground?.grid(size) else {
            throw PrepError(
                .badData, source.path, "no georeference; give the product as it was delivered")
        }
        if let tile = scene.tile, let found = grid.crs.epsg, found != tile.crs.epsg {
            throw PrepError(
                .badData, source.path,
                "expected \(tile.crs) from tile \(tile), found \(grid.crs): get the product again")
        }
        return grid
    }

    /// Pixels of a band within a window of its own grid, harmonised: reflectance × 10000, 0 = no data.
    func read(_ source: BandSource, _ window: PixelWindow? = nil) throws -> RasterBuffer<UInt16> {
        let file = try RasterFile(reading: source.path)
        var buffer = try file.read(window, bands: [source.index], as: UInt16.self)
        source.radiometry.harmonise(&buffer.pixels, noData: source.noData)
        return buffer
    }

    /// Class numbers within a window.
    func readClasses(
        _ source: BandSource, _ window: PixelWindow? = nil
    ) throws -> RasterBuffer<UInt16> {
        let file = try RasterFile(reading: source.path)
        var classes = try file.read(window, bands: [source.index], as: UInt16.self)
        source.classify(&classes.pixels)
        return classes
    }

    /// Proves every file that will be read: there, whole by the product's own checksums, and openable.
    ///
    /// - Returns: the digests for the run record, named below the scene.
    func prove(_ bands: [Sentinel2Band]) throws -> [InputDigest] {
        var sources = try bands.map { band in (band.rawValue, try scene.source(of: band)) }
        if let classes = scene.classification { sources.append(("SCL", classes)) }
        var digests: [InputDigest] = []
        for (name, source) in sources {
            guard StoredFile(source.path).exists else {
                throw PrepError(
                    .missing, scene.name,
                    "band \(name) is missing: expected \(source.path); get the product again")
            }
            let relative = self.relative(source.path)
            try scene.checksums[relative]?.verify(source.path)
            _ = try grid(of: source)
            digests.append(
                try StoredFile(source.path).digest(named: "\(scene.name)/\(relative)"))
        }
        return digests
    }

    private func relative(_ path: String) -> String {
        path.hasPrefix(scene.folder + "/") ? String(path.dropFirst(scene.folder.count + 1)) : path
    }

    // MARK: For alignment

    /// A band with cloud, shadow and what else hides the ground set to 0.
    func picture(_ band: Sentinel2Band) throws -> (image: AlignmentImage, grid: GeoGrid) {
        let source = try scene.source(of: band)
        let grid = try grid(of: source)
        let buffer = try read(source)
        var image = AlignmentImage(
            width: buffer.size.width, height: buffer.size.height, pixels: buffer.pixels)
        if let classes = scene.classification {
            try hide(&image, on: grid, by: classes)
        }
        return (image, grid)
    }

    private func hide(_ image: inout AlignmentImage, on grid: GeoGrid, by source: BandSource) throws
    {
        let classGrid = try self.grid(of: source)
        let classes = try readClasses(source)
        let inverse = try classGrid.transform.inverse()
        let columns = (0..<image.width).map { column -> Int in
            let place = grid.centre(column: column, row: 0)
            return Int(inverse.map(column: place.x, row: place.y).x.rounded(.down))
        }
        for row in 0..<image.height {
            let place = grid.centre(column: 0, row: row)
            let line = Int(inverse.map(column: place.x, row: place.y).y.rounded(.down))
            let isInside = (0..<classes.size.height).contains(line)
            for column in 0..<image.width {
                let from = columns[column]
                let isKnown = isInside && (0..<classes.size.width).contains(from)
                if !isKnown
                    || !SceneClassification.isClear(
                        classes.pixels[line * classes.size.width + from])
                {
                    image.pixels[row * image.width + column] = 0
                }
            }
        }
    }

    /// The share of the scene's pixels that are clear, from the classification where there is one.
    func clearFraction(_ band: Sentinel2Band) throws -> Double {
        guard let classes = scene.classification else {
            return try picture(band).image.usableFraction
        }
        let values = try readClasses(classes).pixels
        let clear = values.reduce(into: 0) { $0 += SceneClassification.isClear($1) ? 1 : 0 }
        return Double(clear) / Double(max(values.count, 1))
    }
}
