import DataPrep
import Foundation
import Geo
import Manifests
import Raster
import TestSupport
import Testing

/// Clouds of products without scene classification: hidden wherever SCL would hide them.
@Suite struct SceneSightTests {
    private static let series = SharedData.path("s2-pairs/mapchete-eo-33TWL")

    private func tiles(_ paths: [String], in folder: TemporaryFolder, _ name: String, side: Int)
        throws -> (report: PrepReport, records: [TileRecord])
    {
        var settings = PrepSettings()
        (settings.tileSize, settings.aligns) = (side, false)
        let out = folder.path(name)
        let plan = try PrepPlan(
            regions: [RegionInput(name: "r", paths: paths)], settings: settings, output: out)
        let report = try PrepRun(plan).run()
        let lines = try JSONLinesReader.read(TileRecord.self, from: "\(out)/manifest.jsonl")
        return (report, lines.records)
    }

    /// The upper half lies under cloud, said by polygons or by a raster: two tiles of four are cloud, and none of it is valid.
    @Test(arguments: MadeProduct.Masks.allCases)
    func masksHideClouds(masks: MadeProduct.Masks) throws {
        let folder = try TemporaryFolder()
        let product = MadeProduct(masks: masks, cloudRows: MadeProduct.size / 2)
        let path = try product.write(to: folder.path)
        let (report, records) = try tiles([path], in: folder, "out", side: MadeProduct.size / 2)
        #expect(records.map(\.cloudFraction) == records.map { $0.row == 0 ? 1 : 0 })
        #expect(records.map(\.validFraction) == records.map { $0.row == 0 ? 0 : 1 })
        #expect(report.alignments[0].dates[0].clearFraction == 0.5)
        let inputs = try RunRecord(readingFrom: folder.path("out")).inputs
        #expect(inputs.contains { $0.path.contains("MSK_") })
        #expect(records.allSatisfy { $0.surfaceReflectance == "none" })
    }

    /// Polygons are parsed once: what was read says the same of every tile, by whichever thread, when the file is gone.
    @Test func polygonsAreParsedOnce() throws {
        let folder = try TemporaryFolder()
        let product = MadeProduct(cloudRows: MadeProduct.size / 3)
        let path = try product.write(to: folder.path)
        let mask = "\(path)/\(MadeProduct.granule)/QI_DATA/MSK_CLOUDS_B00.gml"
        func masks() throws -> QualityMasks {
            let scene = try #require(try SceneReader().scenes(at: [path]).first)
            return try #require(try scene.qualityMasks())
        }
        let grid = try product.grid
        let side = MadeProduct.size / 2
        let tiles = try [0, side].map {
            try grid.cropped(to: PixelWindow(column: $0, row: 40, width: side, height: side))
        }
        let known = try masks()
        let before = try tiles.map { try known.clouds(onto: $0) }
        #expect(before[0]?.pixels.contains(1) == true && before[0]?.pixels.contains(0) == true)
        let again = try masks()
        let copy = again
        _ = try again.clouds(onto: tiles[1])
        try FileManager.default.removeItem(atPath: mask)
        let after = try tiles.map { try copy.clouds(onto: $0) }
        #expect(after == before)
    }

    /// L1C that is cut as delivered is said before; where it is corrected there is nothing to say.
    @Test func reflectanceAboveTheAtmosphereIsRemarked() throws {
        let folder = try TemporaryFolder()
        let path = try MadeProduct().write(to: folder.path)
        func remarks(_ rule: SurfaceRule) throws -> [String] {
            var settings = PrepSettings()
            settings.surfaceReflectance = rule
            return try PrepPlan(
                regions: [RegionInput(name: "r", paths: [path])], settings: settings,
                output: folder.path("out")
            ).remarks
        }
        let remark = try #require(try remarks(.delivered).first)
        #expect(remark.contains("L1C") && remark.contains("--surface-reflectance auto"))
        #expect(try remarks(.darkObject).isEmpty)
    }

    /// Defective rows and a saturated pixel are no data, told by polygons or by a raster; degraded pixels stay.
    @Test(arguments: MadeProduct.Masks.allCases)
    func defectivePixelsAreNotValid(masks: MadeProduct.Masks) throws {
        let folder = try TemporaryFolder()
        var product = MadeProduct(masks: masks)
        product.defectiveRows = 10..<12
        product.number = { $1 == 200 && $2 == 200 ? 65535 : UInt16(1000 + 7 * $1 + $2) }
        let path = try product.write(to: folder.path)
        let (_, records) = try tiles([path], in: folder, "out", side: MadeProduct.size / 2)
        let count = Double(120 * 120)
        for record in records {
            let expected =
                record.row == 0 ? count - 240 : record.column == 1 ? count - 1 : count
            #expect(record.validFraction == expected / count)
            let pixels = try RasterFile(reading: folder.path("out/\(record.path)"))
                .read(as: UInt16.self)
            for row in [9, 10, 11, 12] {
                #expect((pixels[0, row, 7] == 0) == (record.row == 0 && (10..<12).contains(row)))
            }
            let isLast = (record.column, record.row) == (1, 1)
            #expect((pixels[0, 80, 80] == 0) == isLast)
        }
        let inputs = try RunRecord(readingFrom: folder.path("out")).inputs
        #expect(inputs.contains { $0.path.contains("_B04.") && $0.path.contains("MSK_") })
    }

    /// A mask that the product names and lacks is an error, not a clear sky.
    @Test func aMissingMaskIsNamed() throws {
        let folder = try TemporaryFolder()
        let path = try MadeProduct().write(to: folder.path)
        let mask = "\(path)/\(MadeProduct.granule)/QI_DATA/MSK_CLOUDS_B00.gml"
        try FileManager.default.removeItem(atPath: mask)
        let error = #expect(throws: PrepError.self) {
            try tiles([path], in: folder, "out", side: 120)
        }
        #expect(error?.code == .missing && error?.path == mask)
    }

    /// Five real dates: the product's own mask puts them into the classification's order of cloudiness.
    @Test(.enabled(if: series != nil, "needs the shared data"))
    func masksAgreeWithTheClassification() throws {
        let folder = try TemporaryFolder()
        let series = try #require(Self.series)
        let dates = try FileManager.default.contentsOfDirectory(atPath: series)
            .filter { $0.hasPrefix("S2") }.sorted()
        for date in dates {
            let copy = folder.path("without/\(date)")
            try AtomicFile.makeFolder(at: copy)
            for name in try FileManager.default.contentsOfDirectory(atPath: "\(series)/\(date)")
            where !name.hasPrefix("SCL") {
                try FileManager.default.copyItem(
                    atPath: "\(series)/\(date)/\(name)", toPath: "\(copy)/\(name)")
            }
        }
        let whole = try tiles([series], in: folder, "scl", side: 915).records
        let bare = try tiles([folder.path("without")], in: folder, "masks", side: 915).records
        #expect(whole.count == 5 && bare.count == 5)
        for (scl, mask) in zip(whole, bare) {
            #expect(scl.date == mask.date)
            // The masks are those of L1C: they know no shadow and less thin cloud.
            #expect(mask.cloudFraction <= scl.cloudFraction + 0.01)
            #expect(mask.cloudFraction >= scl.cloudFraction / 2 || scl.cloudFraction < 0.2)
        }
        func order(_ records: [TileRecord]) -> [String] {
            records.sorted { $0.cloudFraction < $1.cloudFraction }.map(\.date)
        }
        #expect(order(whole) == order(bare))
    }
}
