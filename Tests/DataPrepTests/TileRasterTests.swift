import DataPrep
import Geo
import Manifests
import Raster
import Store
import Tensors
import TestSupport
import Testing

/// What the rasters of a run say of their pixels, so that they can be read without the store and the manifest.
@Suite struct TileRasterTests {
    /// A product of 240 px in two bands, 60 rows of it under cloud, in tiles of 160 px: the outer ones reach beyond it.
    private static func plan(
        in folder: TemporaryFolder, _ change: (inout PrepSettings) -> Void = { _ in }
    ) throws -> PrepPlan {
        let path = try MadeProduct(bands: [.b02, .b04], cloudRows: 60).write(to: folder.path("in"))
        var settings = PrepSettings()
        (settings.tileSize, settings.aligns) = (160, false)
        change(&settings)
        return try PrepPlan(
            regions: [RegionInput(name: "r", paths: [path])], settings: settings,
            output: folder.path("out"))
    }

    private static func records(_ folder: TemporaryFolder) throws -> [TileRecord] {
        try JSONLinesReader.read(TileRecord.self, from: folder.path("out/manifest.jsonl")).records
    }

    @Test(arguments: [false, true], TileCompression.allCases)
    func tellMaskScaleAndWavelength(overviews: Bool, compression: TileCompression) throws {
        let folder = try TemporaryFolder()
        let plan = try Self.plan(in: folder) {
            ($0.writesOverviews, $0.compression) = (overviews, compression)
        }
        #expect(try PrepRun(plan).run().tiles == 4)
        let store = try SampleStore(folder.path("out/store"), for: .reading)
        for record in try Self.records(folder) {
            let path = folder.path("out/\(record.path)")
            let file = try RasterFile(reading: path)
            let (mask, sample) = (try file.mask(), try store.sample(record.storeKey))
            #expect(mask == sample["valid"]?.bytes)
            let share = Double(mask?.count { $0 == 1 } ?? 0) / (160 * 160)
            #expect(share == record.validFraction && share > 0 && share < 1)
            #expect(file.nodata == 0 && file.bandDescriptions == ["B02", "B04"])
            #expect(file.bandMeanings.map(\.scale) == [0.0001, 0.0001])
            #expect(file.bandMeanings.map(\.offset) == [0, 0])
            #expect(file.bandMetadata(0)["wavelength"] == "0.4924")
            #expect(file.bandMetadata(1)["wavelength_units"] == "Micrometers")
            let packing = file.metadata("IMAGE_STRUCTURE")["COMPRESSION"]
            #expect(packing == compression.rawValue.uppercased())
            let reader = PlainTIFFReader()
            let pixels = try file.read(as: UInt16.self).pixels
            // The pixels are the reader's.
            let isSame = try withExtendedLifetime(reader) {
                let plain = try #require(try reader.read(path))
                return pixels.withUnsafeBytes { plain.pixels.elementsEqual($0) }
            }
            #expect(isSame)
            #expect(file.bandMeanings.map(\.wavelengthInMicrometres) == [0.4924, 0.6646])
            #expect(file.bandMeanings.map(\.bandwidthInMicrometres) == [0.066, 0.031])
        }
    }

    @Test func tellHowNumbersWereRead() throws {
        let folder = try TemporaryFolder()
        _ = try PrepRun(Self.plan(in: folder)).run()
        for record in try Self.records(folder) {
            #expect(record.baseline == "02.09")
            #expect(record.addedOffset == [0, 0] && record.quantification == [10000, 10000])
            let facts = try RasterFile(reading: folder.path("out/\(record.path)")).metadata()
            #expect(facts["MATTER_PROCESSING_BASELINE"] == "02.09")
            #expect(facts["MATTER_ADDED_OFFSET"] == "0")
            #expect(facts["MATTER_QUANTIFICATION"] == "10000")
        }
        // What they were read by is no part of what is expected of a tile that is there.
        #expect(try PrepRun(Self.plan(in: folder)).run().written == 0)
    }

    /// The run record tells GDAL and PROJ, and a run goes on with others; another packing is another run.
    @Test func librariesAreToldAndNotCompared() throws {
        let folder = try TemporaryFolder()
        _ = try PrepRun(Self.plan(in: folder)).run()
        var run = try RunRecord(readingFrom: folder.path("out"))
        #expect(run.libraries?["GDAL"]?.first?.isNumber == true)
        #expect(run.libraries?["PROJ"]?.first?.isNumber == true)
        #expect(run.libraries?["OpenJPEG"]?.first?.isNumber == true)
        #expect(run.libraries?["libtorch"]?.first?.isNumber == true)
        func again() throws -> (written: Int, remarks: [String]) {
            var remarks: [String] = []
            let run = try PrepRun(
                Self.plan(in: folder),
                onEvent: { if case .remark(let line) = $0 { remarks.append(line) } })
            let report = try run.run()
            return (report.written, remarks)
        }
        #expect(try again() == (0, []))
        run.libraries = ["GDAL": "0.0.1"]
        try run.write(to: folder.path("out"))
        let other = try again()
        #expect(other.written == 0 && other.remarks.count == 1)
        #expect(other.remarks.first?.hasPrefix("begun with GDAL 0.0.1, now GDAL ") == true)
        #expect(try PrepExplanation(Self.plan(in: folder)).remarks == other.remarks)
        run.libraries = nil
        try run.write(to: folder.path("out"))
        #expect(try again() == (0, []))
        let changes: [(String, (inout PrepSettings) -> Void)] = [
            ("settings.compression", { $0.compression = .deflate }),
            ("settings.writesOverviews", { $0.writesOverviews = true }),
        ]
        for (key, change) in changes {
            let other = try Self.plan(in: folder, change)
            let error = #expect(throws: PrepError.self) { try PrepRun(other).run() }
            #expect(error?.code == .configuration && error?.message.contains(key) == true)
        }
    }
}
