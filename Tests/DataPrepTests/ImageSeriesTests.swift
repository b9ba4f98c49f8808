import DataPrep
import Foundation
import Geo
import Manifests
import TestSupport
import Testing

/// Plain files with a description in TOML.
@Suite struct ImageSeriesTests {
    /// Real files of two dates whose names have their dates and whose masks are scene classifications.
    @Test(
        .enabled(if: SharedData.path("s2-pairs/sen2r-barbellino") != nil, "needs the shared data"))
    func readsFilesByPattern() throws {
        let real = try #require(SharedData.path("s2-pairs/sen2r-barbellino"))
        let folder = try TemporaryFolder()
        for name in try FileManager.default.contentsOfDirectory(atPath: real) {
            try FileManager.default.copyItem(
                atPath: "\(real)/\(name)", toPath: folder.path(name))
        }
        let description = """
            [series]
            files = "S2A2A_*_BOA_10.tif"
            date = "S2A2A_{YYYYMMDD}_*"
            bands = ["B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "", "B12"]
            nodata = 65535
            mask = "S2A2A_{date}_022_Barbellino_SCL_10.tif"
            """
        try AtomicFile.write(description, to: folder.path("series.toml"))
        let scenes = try SceneReader().scenes(at: [folder.path])
        #expect(scenes.map(\.time.day) == ["2017-07-03", "2019-07-23"])
        let source = try scenes[0].source(of: .b08)
        #expect((source.index, source.noData) == (7, 65535))
        #expect(source.radiometry == .harmonised)
        #expect(scenes[0].bands.count == 10)
        #expect(scenes.allSatisfy { $0.classification != nil })
    }

    @Test func listsFilesWithDates() throws {
        let folder = try TemporaryFolder()
        for name in ["a", "b"] {
            try FetchFixture.raster(size: 8, resolution: 10) { _, _ in 300 }
                .write(to: folder.path("\(name).tif"))
        }
        let description = """
            [series]
            bands = ["B04"]
            scale = 0.001
            offset = -0.1

            [[image]]
            file = "b.tif"
            date = "2018-05-01"

            [[image]]
            file = "a.tif"
            date = "2017-05-01"
            """
        try AtomicFile.write(description, to: folder.path("x.toml"))
        let scenes = try SceneReader().scenes(at: [folder.path("x.toml")])
        #expect(scenes.map(\.name) == ["a", "b"])
        var numbers: [UInt16] = [0, 300]
        try scenes[0].source(of: .b04).radiometry.harmonise(&numbers, noData: 0)
        #expect(numbers == [0, 2000])
    }

    /// What is wrong is told with the line and column where it stands.
    @Test(arguments: [
        ("[series]\nbands = [\"B77\"]\nfiles = \"*\"\n", ":2:9: series.bands"),
        ("[series]\nbands = [\"B04\"]\nfiles = \"*.jp2\"\n", ":3:9: series.files"),
        ("[series]\nbands = [\"B04\"]\nscale = 0\nfiles = \"*.tif\"\n", ":3:9: series.scale"),
        ("[series]\nbanana = 1\n", ":2:1: series.banana"),
        ("[series]\nbands = [\"B04\"]\n[[image]]\nfile = \"gone.tif\"\n", ":4:8: image.0.file"),
        ("[series]\nbands = [\"B04\"\n", ":"),
    ]) func namesLineAndColumn(text: String, place: String) throws {
        let folder = try TemporaryFolder()
        try FetchFixture.raster(size: 8, resolution: 10) { _, _ in 1 }
            .write(to: folder.path("20190101.tif"))
        try AtomicFile.write(text, to: folder.path("series.toml"))
        let error = #expect(throws: ManifestError.self) {
            try SceneReader().scenes(at: [folder.path])
        }
        #expect(error?.exitCode == .configuration)
        #expect(error?.description.contains("series.toml\(place)") == true)
    }
}
