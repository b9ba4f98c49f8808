import ArgumentParser
import Console
import DataPrep
import Geo
import Logging
import Manifests
import Raster

/// Scenes from a STAC archive onto disk, only the area that is wanted.
struct FetchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fetch", abstract: "Brings windows of scenes from a STAC archive.",
        discussion: """
            Searches a STAC API, takes the scenes of one MGRS tile that are clear enough, and reads only the area that \
            is wanted. The folder is what `run --region` takes. Stopped, it goes on where it was; the search is kept.

              matter-prep fetch --point -9.805519,12.533564 --dates 2017-01-01/2019-12-31 --out scenes
              matter-prep fetch --regions manifests/regions/matter-27.toml --region spain_urda --out scenes
              matter-prep run --region urda=scenes/spain_urda --out tiles
            """)

    @OptionGroup var place: FetchPlaceOptions
    @OptionGroup var choice: FetchChoiceOptions

    @Option(help: "Folder for the scenes.")
    var out: String

    @Option(help: "A saved search (or STAC items as GeoJSON) instead of asking; no network then.")
    var offline: String?

    @Flag(help: "Sign requests to S3 with the AWS credentials of the environment.")
    var signedS3 = false

    @Flag(help: "Search, say what would be fetched, and write nothing.")
    var dryRun = false

    @OptionGroup var json: JSONOption
    @OptionGroup var logging: LoggingOptions

    func run() throws {
        let regions = try place.resolve(choice)
        if offline == nil { Network.allow(signsS3: signedS3) }
        let stop = StopSignal()
        let screen = FetchScreen(logging)
        let fetch = try Fetch(
            regions, output: out, offline: offline, checkStop: { try stop.check() },
            onEvent: screen.show)
        let report = try dryRun ? fetch.preview() : fetch.run()
        screen.erase()
        let logger = logging.logger("matter-prep")
        for warning in report.regions.compactMap(\.warning) { logger.warning("\(warning)") }
        try json.print(report) { Self.lines(report) }
        guard report.failures.isEmpty else { throw Quarantined(items: report.failures) }
    }

    private static func lines(_ report: FetchReport) -> [String] {
        var table = Table(
            ["region", "tile", "area %", "date", "cloud %", "outcome", "scene"],
            alignments: [.left, .left, .right, .left, .right, .left, .left])
        for region in report.regions {
            for scene in region.scenes {
                table.add([
                    region.name, region.tile ?? "–",
                    region.covered.map { "\(($0 * 1000).rounded() / 10)" } ?? "–",
                    String(scene.date.prefix(10)),
                    scene.cloudCover.map { "\(($0 * 10).rounded() / 10)" } ?? "–",
                    scene.outcome.rawValue, scene.id,
                ])
            }
        }
        return table.lines
    }
}

/// What ground.
struct FetchPlaceOptions: ParsableArguments {
    @Option(
        parsing: .unconditional, help: "WEST,SOUTH,EAST,NORTH in degrees; WEST > EAST crosses 180°."
    )
    var bbox: String?

    @Option(parsing: .unconditional, help: "LONGITUDE,LATITUDE in degrees: the centre of a square.")
    var point: String?

    @Option(help: "A list of regions (TOML), such as manifests/regions/matter-27.toml.")
    var regions: String?

    @Option(help: "A region of the list; may be given more than once. Default: all.")
    var region: [String] = []

    @Option(help: "Side of squares in metres. Default: the list's, or one tile of 1096 pixels.")
    var side: Double?

    @Option(help: "Name of the area of --bbox or --point: the folder in --out.")
    var name = "area"

    func validate() throws {
        guard [bbox, point, regions].compactMap(\.self).count == 1 else {
            throw ValidationError("Give one of --bbox, --point and --regions.")
        }
        guard region.isEmpty || regions != nil else {
            throw ValidationError("--region names a region of the list in --regions.")
        }
    }

    func resolve(_ choice: FetchChoiceOptions) throws -> [FetchRegion] {
        if let regions {
            let list = try RegionList(path: regions)
            return try list.regions(
                named: region, sideInMetres: side, query: choice.query(list.query))
        }
        return [try FetchRegion(name: name, area: area(), query: choice.query())]
    }

    private func area() throws -> FetchArea {
        if let bbox {
            let box = try Self.numbers(bbox, count: 4, "--bbox")
            return try FetchArea(west: box[0], south: box[1], east: box[2], north: box[3])
        }
        let place = try Self.numbers(point ?? "", count: 2, "--point")
        return try FetchArea(longitude: place[0], latitude: place[1], sideInMetres: side ?? 10960)
    }

    private static func numbers(_ text: String, count: Int, _ option: String) throws -> [Double] {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false)
        let numbers = parts.compactMap { Double($0) }.filter(\.isFinite)
        guard numbers.count == count, parts.count == count else {
            throw ValidationError("\(option) takes \(count) numbers with commas between them.")
        }
        return numbers
    }
}

/// Which scenes.
struct FetchChoiceOptions: ParsableArguments {
    @Option(help: "FIRST/LAST day, both included. Default: the published 2017-01-01/2019-12-31.")
    var dates: String?

    @Option(help: "Most cloud of a scene in percent. Default: 20.")
    var cloud: Double?

    @Option(help: "Least share of the tile that was seen, in percent. Default: 80.")
    var coverage: Double?

    @Option(help: "Most scenes, spread evenly over the dates found. Default: all.")
    var mostScenes: Int?

    @Option(help: "Fewest scenes; an area with fewer fails. Default: 1.")
    var fewestScenes: Int?

    @Option(help: "MGRS tile, such as 33UUU. Default: the one that covers the area best.")
    var tile: String?

    @Option(help: "Bands, such as B02,B03,B04,B08 (default); SCL comes with them.")
    var bands: String?

    @Option(help: "Collection. Default: sentinel-2-l2a.")
    var collection: String?

    @Option(help: "STAC API. Default: https://earth-search.aws.element84.com/v1.")
    var endpoint: String?

    @Option(
        help:
            "Service that signs the archive's addresses: planetary-computer, or planetary-computer=ADDRESS-OF-TOKENS. Default: the one that the STAC API's host is known to need."
    )
    var sign: String?

    @Flag(help: "Fetch MTD_TL.xml (sun and view angles) too.")
    var granuleMetadata = false

    func validate() throws {
        for (value, name) in [(cloud, "--cloud"), (coverage, "--coverage")] {
            guard (0...100).contains(value ?? 0) else {
                throw ValidationError("\(name) is a percentage, 0 to 100.")
            }
        }
        guard (1...100_000).contains(mostScenes ?? 1), (1...100_000).contains(fewestScenes ?? 1)
        else { throw ValidationError("--most-scenes and --fewest-scenes are at least 1.") }
        if let tile, MGRSTile(tile) == nil {
            throw ValidationError("--tile: \"\(tile)\" is no MGRS tile such as 33UUU.")
        }
        _ = try TileOptions.parsed(bands, "--bands")
    }

    /// The query that the options say; what they leave open is as `standard` has it.
    func query(_ standard: FetchQuery? = nil) throws -> FetchQuery {
        let days = (dates ?? "2017-01-01/2019-12-31").split(
            separator: "/", omittingEmptySubsequences: false
        ).map(String.init)
        guard days.count == 2 else { throw ValidationError("--dates is FIRST/LAST.") }
        let named = try FetchQuery(firstDay: days[0], lastDay: days[1])
        var query = standard ?? named
        if dates != nil { (query.firstDay, query.lastDay) = (named.firstDay, named.lastDay) }
        query.endpoint = endpoint ?? query.endpoint
        query.collection = collection ?? query.collection
        query.largestCloudCover = cloud ?? query.largestCloudCover
        query.smallestDataCoverage = coverage ?? query.smallestDataCoverage
        query.mostScenes = mostScenes ?? query.mostScenes
        query.fewestScenes = fewestScenes ?? query.fewestScenes
        query.tile = tile ?? query.tile
        query.bands = try TileOptions.parsed(bands, "--bands")?.sorted() ?? query.bands
        query.signing = try sign.map { try AddressSigning(argument: $0) } ?? query.signing
        query.wantsGranules = granuleMetadata || query.wantsGranules
        return query
    }
}
