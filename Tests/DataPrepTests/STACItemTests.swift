import DataPrep
import Foundation
import Geo
import Manifests
import Raster
import TestSupport
import Testing

/// Items in the forms that archives hand out.
@Suite struct STACItemTests {
    /// What an archive says of the offset, and what a number of 2000 then is as reflectance × 10000.
    struct Form: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let properties: String
        let asset: String
        let expected: UInt16
    }

    static let forms = [
        Form(
            testDescription: "earth-search, offset taken out already",
            properties:
                #""earthsearch:boa_offset_applied":true,"s2:processing_baseline":"05.09","#,
            asset: #""raster:bands":[{"scale":0.0001,"offset":-0.1,"nodata":0}],"#, expected: 2000),
        Form(
            testDescription: "earth-search collection 1, offset still in",
            properties: #""s2:processing_baseline":"05.00","#,
            asset: #""raster:bands":[{"scale":0.0001,"offset":-0.1,"nodata":0}],"#, expected: 1000),
        Form(
            testDescription: "Planetary Computer, says nothing, baseline 04.00",
            properties: #""s2:processing_baseline":"04.00","#, asset: "", expected: 1000),
        Form(
            testDescription: "Planetary Computer, says nothing, baseline 03.00",
            properties: #""s2:processing_baseline":"03.00","#, asset: "", expected: 2000),
        Form(
            testDescription: "an offset that a product of baseline 02.12 cannot have",
            properties: #""s2:processing_baseline":"02.12","#,
            asset: #""raster:bands":[{"scale":0.0001,"offset":-0.1}],"#, expected: 2000),
        Form(
            testDescription: "STAC 1.1",
            properties: #""processing:version":"05.11","#,
            asset: #""raster:scale":0.0001,"raster:offset":-0.1,"#, expected: 1000),
    ]

    @Test(arguments: forms) func harmonises(form: Form) throws {
        let folder = try TemporaryFolder()
        let item = """
            {"type":"Feature","stac_version":"1.0.0","id":"S2A_33TWL","properties":{\(form.properties)
            "datetime":"2023-08-20T09:58:11.072Z","grid:code":"MGRS-33TWL"},
            "assets":{"B04":{\(form.asset)"href":"./red.tif"}}}
            """
        try AtomicFile.write(item, to: folder.path("item.json"))
        try FetchFixture.raster(size: 8, resolution: 10) { _, _ in 2000 }
            .write(to: folder.path("red.tif"))
        let scene = try #require(try SceneReader().scenes(at: [folder.path("item.json")]).first)
        let source = try scene.source(of: .b04)
        var numbers: [UInt16] = [0, 2000]
        source.radiometry.harmonise(&numbers, noData: source.noData)
        #expect(numbers == [0, form.expected])
        #expect(scene.tile?.name == "T33TWL")
    }

    /// Keys, band names and common names; images of several bands, other resolutions and JPEG 2000 twins stand back.
    @Test func findsBands() throws {
        let folder = try TemporaryFolder()
        let assets = [
            #""blue":{"href":"a/B02.tif"}"#, #""blue-jp2":{"href":"a/no.tif"}"#,
            #""nir08":{"href":"a/B8A.tif","gsd":20}"#,
            #""nir08_60m":{"href":"a/no.tif","gsd":60}"#,
            #""visual":{"href":"a/no.tif","eo:bands":[{"name":"B04"},{"name":"B03"}]}"#,
            #""x":{"href":"a/B11.tif","eo:bands":[{"name":"B11","common_name":"swir16"}]}"#,
            #""y":{"href":"a/B05.tif","eo:bands":[{"name":"B05","common_name":"rededge"}]}"#,
            #""SCL":{"href":"a/SCL.tif"}"#,
            #""B12":{"href":"https://example.invalid/B12.tif"}"#, #""AOT":{"href":"a/no.tif"}"#,
        ]
        let item = """
            {"type":"Feature","stac_version":"1.0.0","id":"i","properties":
            {"datetime":"2019-01-05T10:00:00Z"},"assets":{\(assets.joined(separator: ","))}}
            """
        try AtomicFile.write(item, to: folder.path("i.json"))
        try AtomicFile.makeFolder(at: folder.path("a"))
        for name in ["B02", "B8A", "B11", "B05", "SCL", "no"] {
            try FetchFixture.raster(size: 8, resolution: 10) { _, _ in 1 }
                .write(to: folder.path("a/\(name).tif"))
        }
        let scene = try #require(try SceneReader().scenes(at: [folder.path("i.json")]).first)
        // B12 lies on the network, which is not used.
        #expect(Set(scene.bands.keys) == [.b02, .b05, .b8a, .b11])
        for (band, source) in scene.bands {
            #expect(source.path.hasSuffix("a/\(band.rawValue).tif"))
        }
        #expect(scene.classification != nil)
        let error = #expect(throws: PrepError.self) { try scene.source(of: .b12) }
        #expect(error?.description.contains("matter-prep fetch") == true)
    }
}
