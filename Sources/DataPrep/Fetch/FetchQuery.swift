public import Geo

/// Which scenes are wanted of an area; written into `run.json`.
public struct FetchQuery: Hashable, Sendable, Codable {
    /// A STAC API 1.0 with item search.
    public var endpoint = "https://earth-search.aws.element84.com/v1"
    /// The collection.
    public var collection = "sentinel-2-l2a"
    /// The first day, "2017-01-01".
    public var firstDay: String
    /// The last day.
    public var lastDay: String
    /// Most cloud of a scene in percent.
    public var largestCloudCover = 20.0
    /// The least share of the tile that must have been seen, in percent.
    public var smallestDataCoverage = 80.0
    /// Fewer scenes than this are none.
    public var fewestScenes = 1
    /// The most scenes, spread evenly over the dates found; nil for all.
    public var mostScenes: Int?
    /// The MGRS tile; nil for the one that covers the area best.
    public var tile: String?
    /// The bands; the scene classification comes with them where there is one.
    public var bands: [Sentinel2Band] = [.b02, .b03, .b04, .b08]
    /// Who opens the archive's files; nil for the service that the endpoint's host is known to need, or none.
    public var signing: AddressSigning?
    /// Whether the granules' metadata (`MTD_TL.xml`: angles) come too.
    public var wantsGranules = false

    /// A query between two days, both included.
    ///
    /// - Throws: `PrepError` (`usage`) for what is no day, or days in the wrong order.
    public init(firstDay: String, lastDay: String) throws {
        guard let first = SensingTime(firstDay), let last = SensingTime(lastDay), first <= last,
            first.day == firstDay, last.day == lastDay
        else {
            throw PrepError(
                .usage, "--dates \(firstDay)/\(lastDay)",
                "expected two days from 2015 on, such as 2017-01-01/2019-12-31")
        }
        self.firstDay = firstDay
        self.lastDay = lastDay
    }

    /// Who opens the archive's files, by name or by the endpoint's host.
    var signer: AddressSigning? { signing ?? AddressSigning.known(for: endpoint) }

    /// Whether a time lies between the days.
    func holds(_ time: SensingTime) -> Bool { (firstDay...lastDay).contains(time.day) }
}

/// A named area with its query.
public struct FetchRegion: Hashable, Sendable, Codable {
    /// Names the folder.
    public let name: String
    /// The ground.
    public let area: FetchArea
    /// The scenes.
    public let query: FetchQuery

    /// A region.
    ///
    /// - Throws: `PrepError` (`usage`) for a name that could not name a folder.
    public init(name: String, area: FetchArea, query: FetchQuery) throws {
        _ = try RegionInput(argument: "\(name)=x")
        self.name = name
        self.area = area
        self.query = query
    }
}
