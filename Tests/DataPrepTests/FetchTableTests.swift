import DataPrep
import Foundation
import Geo
import Manifests
import TestSupport
import Testing

/// The table `[fetch]` of a recipe, and regions that name no folders.
@Suite struct FetchTableTests {
    private static let manifests = URL(filePath: #filePath)
        .appending(path: "../../../manifests").standardized.path

    @Test func readsEveryKey() throws {
        let text = """
            [[region]]
            name = "berlin"
            paths = ["scenes"]
            [[region]]
            name = "alps"
            point = [10.5, 47]
            side = 2192
            [[region]]
            name = "box"
            bbox = [1, 2, 3.5, 4]
            [[region]]
            name = "spain_urda"
            [fetch]
            endpoint = "https://example.org/v1"
            collection = "s2"
            dates = "2019-05-01/2019-06-30"
            cloud = 10
            coverage = 50.5
            fewestScenes = 3
            mostScenes = 9
            tile = "33UUU"
            bands = ["B8A", "B02"]
            sign = "planetary-computer"
            granuleMetadata = true
            side = 10960
            regions = "\(Self.manifests)/regions/matter-27.toml"
            folder = "scenes/fetched"
            offline = "search.json"
            """
        let recipe = try PrepRecipe(text: text, path: "/here/recipe.toml")
        #expect(recipe.regions.map(\.name) == ["berlin"])
        let fetch = recipe.fetch
        #expect(fetch.regions.map(\.name) == ["alps", "box", "spain_urda"])
        #expect(
            try fetch.regions.prefix(2).map(\.area) == [
                FetchArea(longitude: 10.5, latitude: 47, sideInMetres: 2192),
                FetchArea(west: 1, south: 2, east: 3.5, north: 4),
            ])
        guard case .square(_, _, let side) = fetch.regions[2].area else {
            Issue.record("no square")
            return
        }
        #expect(side == 10960)
        var query = try FetchQuery(firstDay: "2019-05-01", lastDay: "2019-06-30")
        (query.endpoint, query.collection) = ("https://example.org/v1", "s2")
        (query.largestCloudCover, query.smallestDataCoverage) = (10, 50.5)
        (query.fewestScenes, query.mostScenes, query.tile) = (3, 9, "33UUU")
        (query.bands, query.wantsGranules) = ([.b02, .b8a], true)
        query.signing = AddressSigning(.planetaryComputer)
        #expect(fetch.regions.allSatisfy { $0.query == query })
        #expect(fetch.folder == "/here/scenes/fetched" && fetch.offline == "/here/search.json")
        #expect(fetch.folder(below: "/out") == "/here/scenes/fetched")
        #expect(FetchOrder().folder(below: "/out") == "/out/scenes")
    }

    /// Without regions of its own a recipe has those of the list, chosen as the list says.
    @Test func theShippedRecipeHasThePublishedRegions() throws {
        let recipe = try PrepRecipe(path: "\(Self.manifests)/recipes/prep-matter-27.toml")
        let list = try RegionList(path: "\(Self.manifests)/regions/matter-27.toml")
        #expect(recipe.fetch.regions.map(\.name) == list.places.map(\.name))
        let query = try #require(recipe.fetch.regions.first?.query)
        #expect(query.bands == list.query.bands && query.firstDay == list.query.firstDay)
        #expect(recipe.regions.isEmpty && recipe.settings.tileSize == 1096)
    }

    /// The second recipe in manifests/FORMATS.md is one, and what it says of the defaults is so.
    @Test func theDescribedTableIsOne() throws {
        let text = try WholeFile.readText("\(Self.manifests)/FORMATS.md")
        let start = try #require(text.range(of: "```toml\n[[region]]\n")).lowerBound
        let rest = text[start...].dropFirst("```toml\n".count)
        let end = try #require(rest.range(of: "```")).lowerBound
        let recipe = try PrepRecipe(
            text: String(rest[..<end]), path: "\(Self.manifests)/recipes/r.toml")
        #expect(recipe.fetch.regions.map(\.name) == ["urda", "oman", "spain_urda"])
        var query = try FetchQuery(firstDay: "2017-01-01", lastDay: "2019-12-31")
        (query.mostScenes, query.tile) = (100, "30SVJ")
        query.signing = AddressSigning(.planetaryComputer)
        #expect(recipe.fetch.regions.allSatisfy { $0.query == query })
    }

    /// An empty table is one, with the usual values; without it nothing is fetched.
    @Test func whatIsLeftOutIsAsOfFetch() throws {
        let region = "[[region]]\nname = \"a\"\npoint = [1, 2]\n"
        let fetch = try PrepRecipe(text: region + "[fetch]", path: "r.toml").fetch
        #expect(
            try fetch.regions.map(\.query) == [
                FetchQuery(firstDay: "2017-01-01", lastDay: "2019-12-31")
            ])
        #expect(try PrepRecipe(text: "", path: "r.toml").fetch == FetchOrder())
    }

    @Test(arguments: [
        ("[fetch]\nclout = 3", "r.toml:2:1", "the nearest is fetch.cloud"),
        ("[fetch]\ncloud = 101", "r.toml:2:9", "0…100"),
        ("[fetch]\ncloud = \"few\"", "r.toml:2:9", "must be a number"),
        ("[fetch]\ndates = \"2019-01-01\"", "r.toml:2:9", "FIRST/LAST"),
        ("[fetch]\ndates = \"2019-02-01/2019-01-01\"", "r.toml:2:9", "expected two days"),
        ("[fetch]\nbands = [\"B99\"]", "r.toml:2:9", "no band of Sentinel-2"),
        ("[fetch]\ntile = \"99ZZZ\"", "r.toml:2:8", "no MGRS tile"),
        ("[fetch]\nsign = \"x\"", "r.toml:2:8", "is no service"),
        ("[fetch]\nmostScenes = 0", "r.toml:2:14", "1…100000"),
        ("[fetch]\ngranuleMetadata = 1", "r.toml:2:19", "true or false"),
        ("[fetch]\nregions = \"\"", "r.toml:2:11", "is empty"),
        ("[fetch]\ncloud = 3", "r.toml:1:1", "nothing to fetch"),
        ("fetch = 3", "r.toml:1:9", "must be a section"),
        ("[fetch]\n[[region]]\nname = \"a\"", "r.toml:3:8", "a point or a bbox"),
        ("[fetch]\n[[region]]\nname = \"a\"\npoint = [1]", "r.toml:4:9", "2 numbers"),
        ("[fetch]\n[[region]]\nname = \"a\"\npoint = [1, 95]", "r.toml:4:9", "in degrees"),
        ("[fetch]\n[[region]]\nname = \"a\"\nbbox = [1, 2, 3, 1]", "r.toml:4:8", "SOUTH < NORTH"),
        (
            "[fetch]\n[[region]]\nname = \"a\"\nbbox = [1, 2, 3, 4]\nside = 100", "r.toml:5:1",
            "does not go with a bbox"
        ),
        ("[[region]]\nname = \"a\"\npoint = [1, 2]", "r.toml:3:1", "a section [fetch]"),
        (
            "[fetch]\n[[region]]\nname = \"a\"\npaths = [\"a\"]\npoint = [1, 2]", "r.toml:5:1",
            "leave one of them out"
        ),
    ]) func aFaultIsNamedWithItsPlace(text: String, place: String, words: String) {
        PrepRecipeTests.expectFault(in: text, at: place, saying: words)
    }

    @Test func aRegionThatTheListLacksIsNamed() throws {
        let text = """
            [fetch]
            regions = "\(Self.manifests)/regions/matter-27.toml"
            [[region]]
            name = "spain_urd"
            """
        let error = #expect(throws: ManifestError.self) {
            try PrepRecipe(text: text, path: "r.toml")
        }
        #expect(error?.description.hasPrefix("r.toml:4:8") == true)
        #expect(error?.description.contains("the nearest is spain_urda") == true)
    }
}
