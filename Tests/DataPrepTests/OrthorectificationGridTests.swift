import DataPrep
import Foundation
import Geo
import Manifests
import Raster
import TestSupport
import Testing

/// Onto the grid of a raster that is there, with every kernel, and over heights that say what they count from.
@Suite struct OrthorectificationGridTests {
    private let bench: HeightsBench

    init() throws { bench = try HeightsBench() }

    private func read(_ name: String) throws -> (grid: GeoGrid, pixels: RasterBuffer<UInt16>) {
        let file = try RasterFile(reading: bench.folder.path(name))
        let grid = file.grid
        return (try #require(grid), try file.read(as: UInt16.self))
    }

    /// The very pixels that the image gets by itself, on a grid that reaches farther, or less far at its foot.
    @Test(arguments: [20, -30]) func takesTheGridOfAnotherRaster(below: Int) throws {
        let dem = try bench.heights()
        let plain = try bench.lay([dem])
        let (own, pixels) = try read("ortho.tif")
        let wanted = try own.cropped(
            to: PixelWindow(
                column: -15, row: -300, width: own.size.width + 20,
                height: 300 + own.size.height + below))
        try RasterWriter.write(
            RasterBuffer<UInt8>(size: wanted.size, filledWith: 1), grid: wanted, as: .cog(),
            to: bench.folder.path("other.tif"))
        let target = try Orthorectification.grid(like: bench.folder.path("other.tif"))
        #expect(target == wanted)
        let laid = try bench.lay([dem], to: "like.tif") { $0.target = target }
        let (grid, found) = try read("like.tif")
        #expect(grid == wanted)
        #expect(laid.width == wanted.size.width && laid.height == wanted.size.height)
        #expect(laid.covered < plain.covered)
        let common = try PixelWindow(
            column: 0, row: 0, width: own.size.width, height: own.size.height + min(0, below))
        let there = try PixelWindow(
            column: 15, row: 300, width: common.size.width, height: common.size.height)
        let (mine, others) = (try found.cropped(to: there), try pixels.cropped(to: common))
        #expect(found.pixels.count { $0 != 0 } == mine.pixels.count { $0 != 0 })
        // Over other ground the positions are interpolated between other nodes.
        #expect(below < 0 || mine == others)
        #expect(mine.pixels.count { $0 != 0 } > common.size.count / 2)
        #expect(Self.difference(mine.pixels, others.pixels) <= 2)
    }

    /// The largest between pixels that both have.
    private static func difference(_ left: [UInt16], _ right: [UInt16]) -> Int {
        left.indices.map { (index: Int) -> Int in
            guard left[index] != 0, right[index] != 0 else { return 0 }
            return abs(Int(left[index]) - Int(right[index]))
        }.reduce(0, max)
    }

    /// Degrees, and pixels of another size: the scene's numbers tell where in it they come from.
    @Test func takesAGridInDegrees() throws {
        let dem = try bench.heights(all: 150)
        let grid = GeoGrid(
            size: try PixelSize(width: 400, height: 300),
            transform: try AffineTransform(originX: 14.98, originY: 52.01, resolution: 0.0001),
            crs: .wgs84)
        let laid = try bench.lay([dem]) { $0.target = grid }
        #expect(laid.covered > 0.2 && laid.crs == CRS.wgs84.definition)
        let (found, pixels) = try read("ortho.tif")
        #expect(found == grid)
        for (column, row) in [(200, 100), (120, 140), (300, 60)] {
            let place = grid.centre(column: column, row: row)
            let seen = bench.model.pixel(longitude: place.x, latitude: place.y, height: 150)
            // A pixel to the right is 7 more, one below 5.
            let expected = 1000 + 7 * (seen.x - 0.5) + 5 * (seen.y - 0.5)
            #expect(abs(Double(pixels[0, row, column]) - expected) < 4)
        }
    }

    @Test func refusesGridsThatWillNotDo() throws {
        let far = GeoGrid(
            size: try PixelSize(width: 10, height: 10),
            transform: try AffineTransform(originX: 900_000, originY: 0, resolution: 10),
            crs: CRS(epsg: 32633))
        let error = #expect(throws: PrepError.self) { try bench.lay([]) { $0.target = far } }
        #expect(error?.code == .badData && error?.message.contains("--like") == true)
        #expect(!bench.folder.files().contains("ortho.tif"))
        let bare = #expect(throws: PrepError.self) {
            try Orthorectification.grid(like: bench.folder.path("bare.tif"))
        }
        #expect(bare?.code == .badData && bare?.description.contains("bare.tif") == true)
    }

    /// Nearest makes no new numbers, the others do; how many threads make them is not seen.
    @Test(arguments: ResamplingKernel.allCases) func resamplesByEveryKernel(
        kernel: ResamplingKernel
    ) throws {
        try bench.rewrite(nodata: 0) { pixel, _ in pixel / 10 * 10 }
        let dem = try bench.heights()
        var bytes: [[UInt8]] = []
        for threads in [1, 3] {
            _ = try bench.lay([dem]) { ($0.kernel, $0.threads) = (kernel, threads) }
            bytes.append(try StoredFile(bench.folder.path("ortho.tif")).read(limit: 1 << 24))
        }
        #expect(bytes[0] == bytes[1])
        let hasNew = try read("ortho.tif").pixels.pixels.contains { $0 % 10 != 0 }
        #expect(hasNew == (kernel != .nearest))
    }

    // MARK: Heights that say what they count from

    private func tag() throws -> String? {
        try RasterFile(reading: bench.folder.path("ortho.tif")).metadata()["MATTER_HEIGHTS"]
    }

    @Test func saysWhatHeightsCountFrom() throws {
        let dem = try bench.heights(system: "EPSG:32633+5773")
        let laid = try bench.lay([dem])
        #expect(laid.heightSystem == "EGM96 height" && laid.heightOffset == 0)
        #expect(
            laid.warnings.contains {
                $0.contains("EGM96 height") && $0.contains("--height-offset geoid")
            })
        #expect(try tag() == "DEM in EGM96 height, 0.0 m added")
        // But for that, it is as it was.
        let said = try read("ortho.tif").pixels
        let unsaid = try bench.lay([try bench.heights(named: "unsaid.tif")])
        #expect(try read("ortho.tif").pixels == said && unsaid.heightSystem == nil)
        #expect(unsaid.warnings.contains { $0.contains("above the geoid they need") })
        #expect(try tag() == "DEM, 0.0 m added")
        let feet = try bench.heights(system: "EPSG:32633+6360", named: "feet.tif")
        #expect(try bench.lay([feet]).warnings.contains { $0.contains("US survey foot") })
    }

    /// The geoid lies 39.75 m above the ellipsoid here, all over the scene: as good as that number, or an error that names
    /// the grid.
    @Test(arguments: [GeoidRule.stated, .ifStated]) func takesTheGeoidFromPROJ(
        rule: GeoidRule
    ) throws {
        let dem = try bench.heights(system: "EPSG:32633+5773")
        do {
            let laid = try bench.lay([dem]) { $0.geoid = rule }
            #expect(abs((laid.heightOffset ?? 0) - 39.75) < 0.1)
            #expect(laid.heightGrids == ["us_nga_egm96_15.tif"])
            let range = try #require(laid.heightOffsetRange)
            #expect(range.count == 2 && range[0] < range[1] && range[1] - range[0] < 0.2)
            #expect(!laid.warnings.contains { $0.contains("ellipsoid") })
            let text = try #require(try tag())
            #expect(text.hasPrefix("DEM in EGM96 height, 39."))
            #expect(text.hasSuffix(" m added by PROJ's us_nga_egm96_15.tif"))
            let found = try read("ortho.tif").pixels.pixels
            _ = try bench.lay([dem]) { $0.elevation?.offset = 39.75 }
            let constant = try read("ortho.tif").pixels.pixels
            // A metre of height is 0.02 px here, and a pixel at most 12 in the numbers.
            #expect(Self.difference(found, constant) <= 1)
            _ = try bench.lay([dem])
            #expect(try read("ortho.tif").pixels.pixels != found)
        } catch let error as RasterError {
            #expect(error.exitCode == .unavailable && error.description.contains("us_nga_egm96_15"))
        }
    }

    @Test func refusesAGeoidThatIsNotSaid() throws {
        let plain = try bench.heights()
        let error = #expect(throws: PrepError.self) {
            try bench.lay([plain]) { $0.geoid = .stated }
        }
        #expect(error?.code == .badData && error?.description.contains("heights.tif") == true)
        #expect(error?.message.contains("--height-offset") == true)
        #expect(try bench.lay([plain]) { $0.geoid = .ifStated }.heightOffset == 0)
        let other = try bench.heights(system: "EPSG:32633+5773", named: "other.tif")
        let mixed = #expect(throws: PrepError.self) {
            try bench.lay([plain, other]) { $0.geoid = .ifStated }
        }
        #expect(mixed?.message.contains("EGM96 height") == true)
        #expect(try bench.lay([plain, other]).warnings.contains { $0.contains("of one kind") })
    }
}
