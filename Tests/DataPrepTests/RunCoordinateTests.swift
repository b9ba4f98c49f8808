import DataPrep
import Foundation
import Geo
import Manifests
import Raster
import TestSupport
import Testing

/// Rasters that hold their own coordinates, through the whole of a run: no flip, no half pixel and no swapped axis can pass.
@Suite struct RunCoordinateTests {
    /// One ground in two projections, and where some pixels of the first lie in the second.
    struct Ground: Sendable, CustomTestStringConvertible {
        let name: String
        let reference: (epsg: Int, x: Double, y: Double)
        let other: (epsg: Int, x: Double, y: Double)
        /// Column, row, and easting and northing of the pixel's middle in the other projection.
        let places: [(column: Int, row: Int, x: Double, y: Double)]
        var testDescription: String { name }
    }

    /// Made with pyproj 3.7.2 (PROJ 9.5.1): for a reference of EPSG:a whose corner lies at (x0, y0),
    /// `Transformer.from_crs(a, b, always_xy=True).transform(x0 + 10 * column + 5, y0 - 10 * row - 5)`.
    static let grounds = [
        Ground(
            name: "zones 33 and 32, north", reference: (32633, 300_000, 5_800_000),
            other: (32632, 708_800, 5_800_600),
            places: [
                (0, 0, 708974.7683, 5800367.4279), (95, 0, 709921.5528, 5800446.0975),
                (0, 95, 709053.4328, 5799420.6472), (95, 95, 710000.2185, 5799499.3078),
                (47, 31, 709468.8470, 5800097.3977),
            ]),
        Ground(
            name: "zones 1 and 60, south, across the antimeridian",
            reference: (32701, 180_300, 8_120_000), other: (32760, 819_000, 8_120_200),
            places: [
                (0, 0, 819269.3684, 8120001.5151), (95, 0, 820218.9272, 8119972.4384),
                (0, 95, 819240.2849, 8119051.9637), (95, 95, 820189.8431, 8119022.8728),
                (47, 31, 819729.6594, 8119677.2739),
            ]),
        Ground(
            name: "zones 33 and 32, south", reference: (32733, 300_000, 6_200_000),
            other: (32732, 851_900, 6_195_700),
            places: [
                (0, 0, 852105.8332, 6195499.6853), (95, 0, 853055.1631, 6195443.5224),
                (0, 95, 852049.6648, 6194550.3621), (95, 95, 852998.9935, 6194494.1870),
                (47, 31, 852557.1727, 6195162.1184),
            ]),
    ]

    /// B04 holds metres east of the corner and B08 metres south of it, both plus 1000.
    private static func write(
        _ day: String, _ corner: (epsg: Int, x: Double, y: Double), side: Int, to folder: String
    ) throws {
        let size = try PixelSize(width: side, height: side)
        let transform = try AffineTransform(originX: corner.x, originY: corner.y, resolution: 10)
        let grid = GeoGrid(size: size, transform: transform, crs: CRS(epsg: corner.epsg))
        let indices = 0..<size.count
        for (band, values) in [
            ("B04", indices.map { UInt16(1005 + $0 % side * 10) }),
            ("B08", indices.map { UInt16(1005 + $0 / side * 10) }),
        ] {
            try RasterWriter.write(
                RasterBuffer(size: size, pixels: values), grid: grid, as: .jpeg2000(),
                to: "\(folder)/S_\(day)T101031_\(band).jp2")
        }
    }

    @Test(arguments: grounds) func everyPixelComesFromItsPlace(ground: Ground) throws {
        let folder = try TemporaryFolder()
        try Self.write("20210601", ground.reference, side: 96, to: folder.path)
        try Self.write("20210602", ground.other, side: 140, to: folder.path)
        var settings = SmallSeries.settings
        settings.bands = [.b04, .b08]
        settings.reference = "2021-06-01"
        settings.kernel = .cubic
        let plan = try PrepPlan(
            regions: [RegionInput(name: "r", paths: [folder.path])], settings: settings,
            output: folder.path("out"))
        #expect(try PrepRun(plan).run().tiles == 8)
        func tile(_ day: String, _ column: Int, _ row: Int) throws -> RasterFile {
            try RasterFile(
                reading: folder.path("out/tiles/r/\(column / 48)_\(row / 48)/\(day)T101031.tif"))
        }
        for place in ground.places {
            let (column, row) = (place.column, place.row)
            let inside = (row: row % 48, column: column % 48)
            let own = try tile("20210601", column, row)
            let pixels = try own.read(as: UInt16.self)
            #expect(Int(pixels[0, inside.row, inside.column]) == 1005 + 10 * column)
            #expect(Int(pixels[1, inside.row, inside.column]) == 1005 + 10 * row)
            let grid = own.grid
            let centre = try #require(grid).centre(column: inside.column, row: inside.row)
            #expect(centre.x == ground.reference.x + Double(10 * column + 5))
            #expect(centre.y == ground.reference.y - Double(10 * row + 5))
            // Half a metre of rounding, and 5 thousandths of a pixel of geometry.
            let moved = try tile("20210602", column, row).read(as: UInt16.self)
            let east = Double(moved[0, inside.row, inside.column]) - 1000
            let south = Double(moved[1, inside.row, inside.column]) - 1000
            #expect(abs(east - (place.x - ground.other.x)) <= 0.55, "\(column), \(row)")
            #expect(abs(south - (ground.other.y - place.y)) <= 0.55, "\(column), \(row)")
        }
    }
}
