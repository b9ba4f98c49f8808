import DataPrep
import Foundation
import Geo
import Manifests
import Raster
import TestSupport
import Testing

/// What tiles depend on is in a run's key: a folder of one reading takes no tiles of another.
@Suite struct InputKeyTests {
    private static let description = """
        [series]
        bands = ["B02", "B03", "B04"]
        scale = 0.0001
        files = "*.tif"
        """

    /// Two dates of three bands in one file each.
    private static func series(in folder: TemporaryFolder) throws {
        let size = try PixelSize(width: 48, height: 48)
        let grid = GeoGrid(
            size: size,
            transform: try AffineTransform(originX: 300_000, originY: 5_700_000, resolution: 10),
            crs: CRS(epsg: 32633))
        for day in ["20210601", "20210602"] {
            let pixels = (0..<3 * size.count).map { UInt16(1000 + $0 % 977) }
            try RasterWriter.write(
                RasterBuffer(size: size, bands: 3, pixels: pixels), grid: grid, as: .geoTIFF(),
                to: folder.path("in/\(day).tif"))
        }
        try AtomicFile.write(description, to: folder.path("in/series.toml"))
    }

    private static func plan(_ folder: TemporaryFolder) throws -> PrepPlan {
        try PrepPlan(
            regions: [RegionInput(name: "r", paths: [folder.path("in")])],
            settings: SmallSeries.settings, output: folder.path("out"))
    }

    /// A corrected scale is another run; each file is recorded once, however many bands it has.
    @Test func howNumbersAreReadIsInTheKey() throws {
        let folder = try TemporaryFolder()
        try AtomicFile.makeFolder(at: folder.path("in"))
        try Self.series(in: folder)
        _ = try PrepRun(Self.plan(folder)).run()
        let inputs = try RunRecord(readingFrom: folder.path("out")).inputs.map(\.path)
        #expect(inputs.count == 4 && Set(inputs).count == 4)
        #expect(inputs.count { $0.hasSuffix("series.toml") } == 2)
        #expect(inputs.count { $0.hasSuffix(".tif") } == 2)
        #expect(try PrepExplanation(Self.plan(folder)).differences.isEmpty)
        try AtomicFile.write(
            Self.description.replacing("0.0001", with: "0.0002"), to: folder.path("in/series.toml"))
        let explained = try PrepExplanation(Self.plan(folder)).differences
        #expect(explained.allSatisfy { $0.key.hasSuffix("series.toml") } && !explained.isEmpty)
        let error = #expect(throws: PrepError.self) { try PrepRun(Self.plan(folder)).run() }
        #expect(error?.code == .configuration)
        #expect(error?.message.contains("series.toml") == true)
    }

    /// How a folder is written does not matter: every input is named below its scene.
    @Test func inputsAreNamedBelowTheirScene() throws {
        let folder = try TemporaryFolder()
        let path = try MadeProduct().write(to: folder.path("in"))
        var records: [RunRecord] = []
        for (index, input) in [path, folder.path("in/../in/./\(MadeProduct.name).SAFE")]
            .enumerated()
        {
            let plan = try PrepPlan(
                regions: [RegionInput(name: "r", paths: [input])], settings: SmallSeries.settings,
                output: folder.path("out\(index)"))
            _ = try PrepRun(plan).run()
            records.append(try RunRecord(readingFrom: folder.path("out\(index)")))
        }
        #expect(records[0] == records[1])
        #expect(records[0].inputs.allSatisfy { $0.path.hasPrefix("\(MadeProduct.name)/") })
        #expect(!records[1].inputs.contains { $0.path.contains("..") })
    }

    /// A folder of before a file of many bands was recorded once is the same run's.
    @Test func anEarlierFolderWithTwinsGoesOn() throws {
        let folder = try TemporaryFolder()
        try AtomicFile.makeFolder(at: folder.path("in"))
        try Self.series(in: folder)
        _ = try PrepRun(Self.plan(folder)).run()
        var record = try RunRecord(readingFrom: folder.path("out"))
        record.inputs += record.inputs
        record.inputs.sort { $0.path < $1.path }
        try record.write(to: folder.path("out"))
        #expect(try PrepRun(Self.plan(folder)).run().written == 0)
    }

    /// The band that dates are aligned on is proven and recorded whether or not it is written.
    @Test func theBandOfAlignmentIsInTheKey() throws {
        let folder = try TemporaryFolder()
        let path = try MadeProduct(bands: [.b02, .b08]).write(to: folder.path("in"))
        var settings = PrepSettings()
        (settings.tileSize, settings.bands) = (MadeProduct.size, [.b02])
        let plan = try PrepPlan(
            regions: [RegionInput(name: "r", paths: [path])], settings: settings,
            output: folder.path("out"))
        _ = try PrepRun(plan).run()
        let inputs = try RunRecord(readingFrom: folder.path("out")).inputs.map(\.path)
        for name in ["_B02.jp2", "_B08.jp2", "MTD_MSIL1C.xml", "MTD_TL.xml"] {
            #expect(inputs.count { $0.hasSuffix(name) } == 1, "\(name)")
        }
        let image = "\(path)/\(MadeProduct.granule)/IMG_DATA/T33UUU_20200601T101031_B08.jp2"
        let digest = String(repeating: "0", count: 64)
        try AtomicFile.write(
            """
            <x><byteStream size="\(WholeFile.size(of: image))"><fileLocation
            href="./\(image.dropFirst(path.count + 1))"/><checksum checksumName="SHA-256">\(digest)</checksum>
            </byteStream></x>
            """, to: "\(path)/manifest.safe")
        let again = try PrepPlan(
            regions: [RegionInput(name: "r", paths: [path])], settings: settings,
            output: folder.path("again"))
        let error = #expect(throws: PrepError.self) { try PrepRun(again).run() }
        #expect(error?.code == .badData && error?.path == image)
        #expect(!FileManager.default.fileExists(atPath: folder.path("again")))
    }

    /// A preview of a zipped product counts what lies in the archive.
    @Test func anArchiveIsPreviewed() throws {
        let folder = try TemporaryFolder()
        let root = try MadeProduct().write(to: folder.path("in"))
        let name = "\(MadeProduct.name).SAFE"
        let files = folder.files().filter { $0.hasPrefix("in/\(name)/") }
        let entries = try files.map {
            ZipFixture.Entry(
                name: String($0.dropFirst(3)), bytes: try WholeFile.read(folder.path($0)))
        }
        try AtomicFile.write(ZipFixture.bytes(entries), to: folder.path("x.zip"))
        func bytes(_ path: String) throws -> Int {
            var settings = PrepSettings()
            settings.aligns = false
            let plan = try PrepPlan(
                regions: [RegionInput(name: "r", paths: [path])], settings: settings,
                output: folder.path("out"))
            return try PrepPreview(plan).regions[0].bytesToRead
        }
        let expected = try bytes(root)
        #expect(expected > 0)
        #expect(try bytes(folder.path("x.zip")) == expected)
    }
}
