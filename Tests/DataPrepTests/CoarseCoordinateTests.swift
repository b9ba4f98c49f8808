import DataPrep
import Geo
import Raster
import Store
import Tensors
import TestSupport
import Testing

/// Bands of 20 and 60 m and a classification of 20 m that hold their own coordinates, on the grid of 10 m.
///
/// A band half a pixel off, 10 or 30 m here, would pass where bands of 10 m alone are looked at.
@Suite struct CoarseCoordinateTests {
    /// A band, the side of its pixels in metres, and whether it holds metres east of the corner or metres south of it.
    private static let ramps: [(band: Sentinel2Band, metres: Int, holdsEast: Bool)] = [
        (.b04, 10, true), (.b05, 20, true), (.b06, 20, false), (.b09, 60, true), (.b01, 60, false),
    ]

    /// Writes the bands, plus 1000 each, and a checkerboard of clear ground and cloud; `side` is in metres.
    private static func write(
        _ day: String, _ corner: (epsg: Int, x: Double, y: Double), side: Int, to folder: String
    ) throws {
        func put(_ name: String, metres: Int, _ value: (_ column: Int, _ row: Int) -> Int) throws {
            let count = side / metres
            let grid = GeoGrid(
                size: try PixelSize(width: count, height: count),
                transform: try AffineTransform(
                    originX: corner.x, originY: corner.y, resolution: Double(metres)),
                crs: CRS(epsg: corner.epsg))
            let pixels = (0..<count * count).map { UInt16(value($0 % count, $0 / count)) }
            try RasterWriter.write(
                RasterBuffer(size: grid.size, pixels: pixels), grid: grid, as: .jpeg2000(),
                to: "\(folder)/S_\(day)T101031_\(name).jp2")
        }
        for (band, metres, holdsEast) in ramps {
            try put(band.rawValue, metres: metres) { column, row in
                1000 + metres * (holdsEast ? column : row) + metres / 2
            }
        }
        try put("SCL", metres: 20) { ($0 + $1) % 2 == 0 ? 4 : 9 }
    }

    /// A tile's bands, and which of its pixels are valid.
    private struct Cut {
        let pixels: RasterBuffer<UInt16>
        let valid: [UInt8]
    }

    /// Two dates of a ground, 960 m and 1440 m wide, cut into 2 × 2 tiles of 480 m on the grid of the first.
    private static func cut(
        _ ground: RunCoordinateTests.Ground, in folder: TemporaryFolder
    ) throws -> (_ day: String, _ column: Int, _ row: Int) throws -> Cut {
        try write("20210601", ground.reference, side: 960, to: folder.path)
        try write("20210602", ground.other, side: 1440, to: folder.path)
        var settings = SmallSeries.settings
        settings.bands = ramps.map(\.band)
        settings.reference = "2021-06-01"
        settings.kernel = .cubic
        let plan = try PrepPlan(
            regions: [RegionInput(name: "r", paths: [folder.path])], settings: settings,
            output: folder.path("out"))
        #expect(try PrepRun(plan).run().tiles == 8)
        let store = try SampleStore(folder.path("out/store"), for: .reading)
        return { day, column, row in
            let id = "r/\(column)_\(row)/\(day)T101031"
            let raster = try RasterFile(reading: folder.path("out/tiles/\(id).tif"))
            let order = try ramps.map {
                try #require(raster.bandDescriptions.firstIndex(of: $0.band.rawValue))
            }
            let valid = try store.sample(id)["valid"]?.values(as: UInt8.self)
            return Cut(
                pixels: try raster.read(bands: order, as: UInt16.self), valid: try #require(valid))
        }
    }

    /// On its own grid every pixel of 10 m has its own place in every band: a ramp between pixels is exact.
    @Test func coarseBandsLieWhereTheFineOnesDo() throws {
        let folder = try TemporaryFolder()
        let tile = try Self.cut(RunCoordinateTests.grounds[0], in: folder)
        var wrong: [String] = []
        for index in 0..<4 {
            let cut = try tile("20210601", index % 2, index / 2)
            for place in 0..<48 * 48 {
                let column = index % 2 * 48 + place % 48
                let row = index / 2 * 48 + place / 48
                // Before the first and behind the last middle of a pixel of 60 m there is nothing to go between.
                guard (3..<93).contains(column), (3..<93).contains(row) else { continue }
                for (band, ramp) in Self.ramps.enumerated() {
                    let wanted = 1005 + 10 * (ramp.holdsEast ? column : row)
                    let found = Int(cut.pixels[band, place / 48, place % 48])
                    if found != wanted {
                        wrong.append("\(ramp.band.rawValue) \(column), \(row): \(found), \(wanted)")
                    }
                }
                let isClear = (column / 2 + row / 2) % 2 == 0
                if cut.valid[place] != (isClear ? 1 : 0) { wrong.append("SCL \(column), \(row)") }
            }
        }
        #expect(wrong.isEmpty, "\(wrong.count) pixels: \(wrong.prefix(5))")
    }

    /// From another zone too, within the rounding to whole metres and the 5 thousandths of a source pixel that the geometry may err.
    @Test(arguments: RunCoordinateTests.grounds) func coarseBandsComeFromTheirPlace(
        ground: RunCoordinateTests.Ground
    ) throws {
        let folder = try TemporaryFolder()
        let tile = try Self.cut(ground, in: folder)
        for place in ground.places {
            let cut = try tile("20210602", place.column / 48, place.row / 48)
            let (row, column) = (place.row % 48, place.column % 48)
            let (east, south) = (place.x - ground.other.x, ground.other.y - place.y)
            for (band, ramp) in Self.ramps.enumerated() {
                let found = Double(cut.pixels[band, row, column]) - 1000
                let error = abs(found - (ramp.holdsEast ? east : south))
                #expect(
                    error <= 0.51 + 0.005 * Double(ramp.metres),
                    "\(ramp.band.rawValue) at \(place.column), \(place.row): \(error) m")
            }
            // None of these places is nearer than a tenth of a metre to a border of the board.
            let isClear = (Int(east / 20) + Int(south / 20)) % 2 == 0
            #expect(
                cut.valid[row * 48 + column] == (isClear ? 1 : 0),
                "SCL at \(place.column), \(place.row)")
        }
    }
}
