import Geo
import Raster

/// Opens the files of a scene, checked against what the scene says of itself.
struct SceneFiles: Sendable {
    let scene: Scene
    /// Where its pixels are decoded.
    var blocks = DecodedBlocks()
    /// What its masks say of single pixels.
    let defects = DefectMasks()

    /// The grid of a band or the classification.
    ///
    /// - Throws: `PrepError`, `badData` when the file lies in another projection than its tile, or in none, or where its
    ///   projection has no ground, or when its numbers are wanted as reflectance × 10000 and have fractions.
    func grid(of source: BandSource, isReflectance: Bool = false) throws -> GeoGrid {
        let file = try ForeignRaster(reading: source.path)
        if isReflectance, [.float32, .float64].contains(file.pixelType) {
            throw PrepError(
                .badData, source.path,
                "pixels are not whole numbers, which become 0 and 1; write reflectance × 10000 as uint16"
            )
        }
        guard source.index < file.bandCount else {
            throw PrepError(.badData, source.path, "no band \(source.index + 1) in the file")
        }
        let size = file.size
        guard let grid = try file.grid ?? source.ground?.grid(size) else {
            throw PrepError(
                .badData, source.path, "no georeference; give the product as it was delivered")
        }
        if let tile = scene.tile, !CoordinateTransform.isSame(grid.crs, tile.crs) {
            throw PrepError(
                .badData, source.path,
                "expected \(tile.crs) from tile \(tile), found \(grid.crs): get the product again")
        }
        try GroundCheck(tile: scene.tile).refuse(grid, source.path)
        return grid
    }

    /// Pixels of a band within a window of its own grid, harmonised and corrected: reflectance × 10000, 0 = no data.
    func read(
        _ source: BandSource, _ window: PixelWindow? = nil, threads: Int = 1
    ) throws -> RasterBuffer<UInt16> {
        var buffer = try patiently(source, window, threads)
        try buffer.pixels.withUnsafeMutableBufferPointer {
            try makeReflectance($0, of: source, window)
        }
        return buffer
    }

    /// The same, written to a place of the window's size.
    func read(
        _ source: BandSource, _ window: PixelWindow, threads: Int,
        into place: UnsafeMutableBufferPointer<UInt16>
    ) throws {
        try patiently(source) {
            try blocks.read(
                source.path, band: source.index, window, of: scene.name, threads: threads,
                into: place)
        }
        try makeReflectance(place, of: source, window)
    }

    private func makeReflectance(
        _ pixels: UnsafeMutableBufferPointer<UInt16>, of source: BandSource, _ window: PixelWindow?
    ) throws {
        source.radiometry.harmonise(
            pixels, noData: source.noData, saturated: Radiometry.saturated)
        let defective = try defects.runs(of: source, in: self)
        if !defective.isEmpty {
            try defective.clear(pixels, in: window ?? grid(of: source).size.window)
        }
        guard let correction = source.correction else { return }
        let grid = try grid(of: source)
        correction.apply(to: pixels, on: try window.map { try grid.cropped(to: $0) } ?? grid)
    }

    /// Class numbers within a window.
    func readClasses(
        _ source: BandSource, _ window: PixelWindow? = nil, threads: Int = 1
    ) throws -> RasterBuffer<UInt16> {
        var classes = try patiently(source, window, threads)
        source.classify(&classes.pixels)
        return classes
    }

    /// Pixels as they are.
    private func patiently(
        _ source: BandSource, _ window: PixelWindow?, _ threads: Int
    ) throws -> RasterBuffer<UInt16> {
        try patiently(source) {
            try blocks.read(
                source.path, band: source.index, window, of: scene.name, threads: threads)
        }
    }

    /// What lies on the network is asked for again where that failed.
    private func patiently<Result>(
        _ source: BandSource, _ read: () throws -> Result
    ) throws -> Result {
        try source.path.contains("://") ? Patience().attempt(source.path, read) : read()
    }

    // MARK: For alignment

    /// A band with cloud, shadow and what else hides the ground set to 0.
    func picture(_ band: Sentinel2Band) throws -> (image: AlignmentImage, grid: GeoGrid) {
        let source = try scene.source(of: band)
        let grid = try grid(of: source)
        // Nobody else holds the pixels, so that they are hidden in place.
        var image = AlignmentImage(try read(source, threads: blocks.threads))
        if let sight = try sight() { try hide(&image, on: grid, by: sight) }
        return (image, grid)
    }

    private func hide(_ image: inout AlignmentImage, on grid: GeoGrid, by sight: SceneSight) throws
    {
        guard CoordinateTransform.isSame(sight.grid.crs, grid.crs) else {
            let warp = try SceneWarp(files: self, region: grid, applied: nil, kernel: .nearest)
            let classes = try warp.classes(onto: grid)?.pixels ?? []
            for (index, value) in classes.enumerated() where !SceneClassification.isClear(value) {
                image.pixels[index] = 0
            }
            return
        }
        let classes = try sight.classes(threads: blocks.threads)
        let inverse = try sight.grid.transform.inverse()
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
    ///
    /// Cloud masks say nothing of pixels without data, so that a scene with those is counted on its own pixels.
    func clearFraction(_ band: Sentinel2Band) throws -> Double {
        guard scene.classification != nil,
            let values = try sight()?.classes(threads: blocks.threads).pixels
        else {
            return try picture(band).image.usableFraction
        }
        let clear = values.reduce(into: 0) { $0 += SceneClassification.isClear($1) ? 1 : 0 }
        return Double(clear) / Double(max(values.count, 1))
    }
}
