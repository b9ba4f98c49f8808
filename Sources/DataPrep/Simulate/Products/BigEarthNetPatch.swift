import Geo
import Manifests
import Raster

/// What patches of both versions of BigEarthNet have in common: their size, their days, their files.
enum BigEarthNetPatch {
    /// Pixels of a side at 10 m.
    static let side = 120

    /// The scenes' days, within the published year.
    ///
    /// Scores resample whole scenes, so there must be more than a few of them.
    static let days = [
        SimulatedDay(2017, 6, 13), SimulatedDay(2017, 9, 24), SimulatedDay(2018, 4, 21),
        SimulatedDay(2017, 6, 30), SimulatedDay(2017, 7, 17), SimulatedDay(2018, 5, 6),
        SimulatedDay(2017, 8, 6), SimulatedDay(2017, 10, 2), SimulatedDay(2018, 4, 8),
        SimulatedDay(2017, 8, 22), SimulatedDay(2017, 10, 21), SimulatedDay(2018, 5, 21),
    ]

    /// The bands of L2A.
    static var bands: [Sentinel2Band] { Sentinel2Band.allCases.filter { $0 != .b10 } }

    /// Where a patch lies in its tile: by column and row of patches.
    struct Place: Sendable {
        let site: SeriesSite
        let column, row: Int

        var x: Double { site.originX + Double(column) * 1200 }
        var y: Double { site.originY - Double(row) * 1200 }

        func grid(side: Int, resolution: Int) throws -> GeoGrid {
            GeoGrid(
                size: try PixelSize(width: side, height: side),
                transform: try AffineTransform(
                    originX: x, originY: y, resolution: Double(resolution)),
                crs: CRS(epsg: site.epsg))
        }
    }

    /// Writes a file a band, `<name>_B02.tif`, into the patch's folder.
    ///
    /// - Parameters:
    ///   - image: The patch's image.
    ///   - name: The patch's name.
    ///   - place: Where it lies.
    ///   - writer: Of the patch's folder.
    /// - Throws: What a file that cannot be written throws.
    static func write(
        _ image: SimulatedImage, of name: String, at place: Place, to writer: FolderWriter
    ) throws {
        _ = try concurrently(image.bands) { band in
            let grid = try place.grid(side: band.width, resolution: band.resolution)
            try writer.write(
                strips(band.values, grid), to: "\(name)_\(band.band.rawValue).tif")
        }
    }

    /// A file of one band, as both versions have them.
    static func strips(_ values: [UInt16], _ grid: GeoGrid) throws -> [UInt8] {
        try RasterWriter.encode(
            RasterBuffer(size: grid.size, pixels: values), grid: grid, as: .strips)
    }
}
