import Bench
import BenchFixtures
import Foundation
import Geo
import Manifests
import Testing
import TestSupport

struct OSCDDatasetTests {
    let folder: TemporaryFolder
    let fixture: OSCDFixture

    init() throws {
        folder = try TemporaryFolder()
        fixture = try OSCDFixture(at: folder.path)
    }

    @Test func readsEveryPixelOfEveryBandInTheOrderAskedFor() throws {
        let bands: [Sentinel2Band] = [.b8a, .b02, .b12]
        let city = try OSCDDataset(at: fixture.root).load("rio", bands: bands)
        #expect(city.pair.before.bands == bands)
        for (date, stack) in [(1, city.pair.before), (2, city.pair.after)] {
            for band in bands {
                let plane = Array(try #require(stack.plane(band)))
                for row in 0..<OSCDFixture.height {
                    for column in 0..<OSCDFixture.width {
                        let expected = OSCDFixture.pixel(
                            band, row: row, column: column, date: date, city: "rio")
                        #expect(plane[row * OSCDFixture.width + column] == expected)
                    }
                }
            }
        }
        #expect(city.truth == OSCDFixture.truth(of: "rio"))
        #expect(city.days == ["2016-01-22", "2018-03-28"])
        #expect(city.split == .test)
        #expect(city.noDataShare == [0, 0])
    }

    @Test func citiesAreSortedWhateverTheListsSay() throws {
        let dataset = try OSCDDataset(at: fixture.root + "/")
        #expect(dataset.cities == ["dubai", "pisa", "rio"])
        #expect(dataset.split.test == ["dubai", "rio"])
    }

    @Test func nativeGridsComeToTenMetresBilinearly() throws {
        let dataset = try OSCDDataset(at: fixture.root, images: .native)
        let stack = try dataset.load("rio", bands: [.b02, .b11]).pair.before
        #expect(stack.size == (try PixelSize(width: 24, height: 20)))
        let plane = Array(try #require(stack.plane(.b11)))
        func coarse(_ row: Int, _ column: Int) -> Double {
            Double(
                OSCDFixture.pixel(
                    .b11, row: row * 2, column: column * 2, date: 1, city: "rio"))
        }
        #expect(Double(plane[0]) == coarse(0, 0))
        // Pixel (3, 4) of 10 m has its centre a quarter below row 1 and a quarter before column 2 of the 20 m grid.
        let expected =
            0.75 * (0.25 * coarse(1, 1) + 0.75 * coarse(1, 2))
            + 0.25 * (0.25 * coarse(2, 1) + 0.75 * coarse(2, 2))
        #expect(abs(Double(plane[3 * 24 + 4]) - expected) <= 0.5)
    }

    /// A band that reaches further than B02 keeps its scale: its pixels are 60 m, wherever it ends.
    @Test func nativeBandsThatStandOverKeepTheirScale() throws {
        let ramp = (0..<20).map { UInt16($0 % 5 * 1000) }
        let size = try PixelSize(width: 5, height: 4)
        let path = fixture.nativeBand(.b01, of: "rio", date: 1)
        try OSCDFixture.writeImage(ramp, size: size, to: path)
        let dataset = try OSCDDataset(at: fixture.root, images: .native)
        func row() throws -> [UInt16] {
            let stack = try dataset.load("rio", bands: [.b01]).pair.before
            return Array(try #require(stack.plane(.b01)).prefix(24))
        }
        // The centre of column 23 lies at 23.5 / 6 − ½ of the coarse columns.
        #expect(try row()[23] == 3417)
        #expect(try row()[2] == 0)
        // Files that say where they lie are believed: this one begins half a pixel, 30 m, to the west.
        try OSCDFixture.writeImage(
            ramp, size: size, grid: Self.grid(size, 60, west: 499_970), to: path)
        let blue = try PixelSize(width: 24, height: 20)
        let pixels = [UInt16](repeating: 7, count: blue.count)
        try OSCDFixture.writeImage(
            pixels, size: blue, grid: Self.grid(blue, 10, west: 500_000),
            to: fixture.nativeBand(.b02, of: "rio", date: 1))
        #expect(try row()[23] == 3917)
    }

    private static func grid(_ size: PixelSize, _ metres: Double, west: Double) throws -> GeoGrid {
        GeoGrid(
            size: size,
            transform: try AffineTransform(
                originX: west, originY: 5_000_000, resolution: metres),
            crs: CRS(epsg: 32631))
    }

    @Test("C6: bands of another place or reference system, where files say so")
    func bandsOfOtherPlaces() throws {
        let size = try PixelSize(width: 24, height: 20)
        func write(_ band: Sentinel2Band, date: Int, west: Double) throws {
            try OSCDFixture.writeImage(
                [UInt16](repeating: 9, count: size.count), size: size,
                grid: Self.grid(size, 10, west: west),
                to: fixture.band(band, of: "rio", date: date))
        }
        let dataset = try OSCDDataset(at: fixture.root)
        #expect(try dataset.footprint(2) == nil)
        for date in [1, 2] { try write(.b02, date: date, west: 500_000) }
        try write(.b04, date: 1, west: 500_010)
        _ = try dataset.load("rio", bands: [.b02, .b04])
        let footprint = try #require(try dataset.footprint(2))
        #expect(footprint.crs == "EPSG:32631")
        #expect(footprint.bounds == [500_000, 4_999_800, 500_240, 5_000_000])
        try write(.b04, date: 1, west: 501_000)
        expectRefusal(.badData, "imgs_1_rect/B04.tif", "lies at", "belongs to other images") {
            _ = try dataset.load("rio", bands: [.b02, .b04])
        }
        try write(.b04, date: 1, west: 500_000)
        try write(.b02, date: 2, west: 501_000)
        expectRefusal(.badData, "imgs_2_rect/B02.tif", "belongs to other images") {
            _ = try dataset.load("rio", bands: [.b04])
        }
    }

    @Test func citiesAreReadOnceForAllReaders() throws {
        let dataset = try OSCDDataset(at: fixture.root)
        let first = try dataset.bytes("before.B04", of: 2)
        try FileManager.default.removeItem(atPath: fixture.band(.b04, of: "rio", date: 1))
        #expect(try dataset.bytes("before.B04", of: 2) == first)
    }

    @Test func fileNamesMayWriteBandsInAnyWay() throws {
        for (band, name) in [(Sentinel2Band.b01, "B1.tif"), (.b8a, "B08A.tif"), (.b05, "b5.tif")] {
            let path = fixture.band(band, of: "rio", date: 1)
            try FileManager.default.moveItem(
                atPath: path,
                toPath: URL(filePath: path).deletingLastPathComponent().appending(path: name).path)
        }
        _ = try OSCDDataset(at: fixture.root).load("rio", bands: [.b01, .b8a, .b05])
    }

    @Test func withoutListsThePublishedSplitHolds() throws {
        try FileManager.default.removeItem(atPath: "\(fixture.images)/train.txt")
        try FileManager.default.removeItem(atPath: "\(fixture.images)/test.txt")
        let error = #expect(throws: BenchError.self) { try OSCDDataset(at: fixture.root) }
        let text = try #require(error?.description)
        #expect(error?.exitCode == .inputMissing)
        #expect(text.contains("expected 24 cities, found 3: missing abudhabi, "))
        #expect(!text.contains("rio"))
    }

    @Test(.enabled(if: SharedData.path("oscd/splits.json") != nil, "needs the published lists"))
    func thePublishedSplitIsWhatThePaperSays() throws {
        let path = try #require(SharedData.path("oscd/splits.json"))
        let lists = try JSONDecoder().decode(
            [String: [String]].self, from: Data(contentsOf: URL(filePath: path)))
        #expect(OSCDSplit.official.train == lists["train"]?.sorted())
        #expect(OSCDSplit.official.test == lists["test"]?.sorted())
    }

    @Test func listsMayHaveLinesSpacesAndAMark() throws {
        try fixture.write("\u{feff}rio ,\r\n dubai\r\n", to: "\(fixture.images)/test.txt")
        #expect(try OSCDDataset(at: fixture.root).split.test == ["dubai", "rio"])
    }

    @Test func theDigestFollowsTheContent() throws {
        let before = try OSCDDataset(at: fixture.root).digests()
        #expect(try OSCDDataset(at: fixture.root).digests() == before)
        try fixture.write(
            "date_1: 20160123\ndate_2: 20180328\n", to: "\(fixture.images)/rio/dates.txt")
        let after = try OSCDDataset(at: fixture.root).digests()
        #expect(after.whole != before.whole)
        #expect(after.cities["rio"] != before.cities["rio"])
        #expect(after.cities["dubai"] == before.cities["dubai"])
    }

    @Test func aDateWithoutDataIsFlagged() throws {
        let empty = [UInt16](repeating: 0, count: OSCDFixture.width * OSCDFixture.height)
        for band in Sentinel2Band.allCases {
            try OSCDFixture.writeImage(
                empty, size: PixelSize(width: OSCDFixture.width, height: OSCDFixture.height),
                to: fixture.band(band, of: "rio", date: 2))
        }
        let city = try OSCDDataset(at: fixture.root).load("rio", bands: Sentinel2Band.allCases)
        #expect(city.noDataShare == [0, 1])
        #expect(CityFacts(city).isEmpty)
    }
}
