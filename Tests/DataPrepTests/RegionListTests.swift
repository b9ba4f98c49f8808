import DataPrep
import Foundation
import Manifests
import TestSupport
import Testing

@Suite struct RegionListTests {
    /// The published regions: 27 of them, the settings, and the two places that their names do not match.
    @Test func readsThePublishedRegions() throws {
        let path = URL(filePath: #filePath)
            .appending(path: "../../../manifests/regions/matter-27.toml").standardized.path
        let list = try RegionList(path: path)
        #expect(list.places.count == 27)
        #expect(list.query.bands.count == 12)
        #expect(list.query.largestCloudCover == 20)
        #expect(list.query.smallestDataCoverage == 80)
        #expect((list.query.fewestScenes, list.query.mostScenes) == (2, 100))
        #expect((list.query.firstDay, list.query.lastDay) == ("2017-01-01", "2020-01-01"))
        let spain = try list.regions(named: ["spain_urda"], sideInMetres: 10960)
        #expect(spain.map(\.name) == ["spain_urda"])
        // North-western China, whatever the name says.
        let china = try #require(list.places.first { $0.name == "chile_aqi-keqiaole" })
        #expect(china.longitude > 80 && china.latitude > 40)
        #expect(throws: PrepError.self) { try list.regions(named: ["atlantis"]) }
    }

    @Test(arguments: [
        ("[search]\nfirst_day = \"2017-01-01\"\nlast_day = \"2016-01-01\"\n", ":2:13"),
        (
            "[search]\nfirst_day = \"2017-01-01\"\nlast_day = \"2018-01-01\"\n[[region]]\n"
                + "name = \"a\"\nlatitude = 91.0\nlongitude = 0.0\n", ":6:12"
        ),
        (
            "[search]\nfirst_day = \"2017-01-01\"\nlast_day = \"2018-01-01\"\n[[region]]\n"
                + "name = \"a\"\nheight = 9\n", ":6:1"
        ),
    ]) func namesLineAndColumn(text: String, place: String) throws {
        let folder = try TemporaryFolder()
        try AtomicFile.write(text, to: folder.path("r.toml"))
        let error = #expect(throws: ManifestError.self) {
            try RegionList(path: folder.path("r.toml"))
        }
        #expect(error?.exitCode == .configuration)
        #expect(error?.description.contains("r.toml\(place): ") == true)
    }
}
