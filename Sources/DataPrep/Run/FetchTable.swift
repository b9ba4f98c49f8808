import Geo
import Manifests
import Recipes

/// The table `[fetch]` of a recipe: which scenes are wanted, of which list of regions, and where they come to lie.
struct FetchTable {
    /// What the regions share.
    let query: FetchQuery
    /// Side in metres of squares that do not say theirs.
    let side: Double?
    /// Regions that are known by name.
    let list: RegionList?
    let folder: String?
    let offline: String?

    static let keys = [
        "endpoint", "collection", "dates", "cloud", "coverage", "fewestScenes", "mostScenes",
        "tile", "bands",
        "sign", "granuleMetadata", "side", "regions", "folder", "offline",
    ]

    /// Reads the table; nil for a recipe without one.
    ///
    /// - Parameters:
    ///   - document: the recipe.
    ///   - absolute: makes a path of the recipe one of its own.
    /// - Throws: `ManifestError` (`configuration`) with line and column, also of the list of regions.
    init?(_ document: TOMLDocument, absolute: (String) -> String) throws {
        guard let table = document.value["fetch"] else { return nil }
        guard let members = table.object else {
            throw document.failure("fetch", atValue: true, "must be a section, as in [fetch]")
        }
        for key in members.keys.sorted() where !Self.keys.contains(key) {
            throw document.failure(
                "fetch.\(key)", atValue: false,
                "is no key of a recipe; the nearest is fetch.\(key.nearest(of: Self.keys) ?? "")")
        }
        func path(_ key: String) throws -> String? {
            try document.text(key).map {
                guard !$0.isEmpty else { throw document.failure(key, atValue: true, "is empty") }
                return absolute($0)
            }
        }
        (folder, offline) = (try path("fetch.folder"), try path("fetch.offline"))
        list = try path("fetch.regions").map { try RegionList(path: $0) }
        side = try document.number("fetch.side")
        query = try Self.query(document, list?.query)
    }

    // MARK: Which scenes

    private static func query(
        _ document: TOMLDocument, _ standard: FetchQuery?
    ) throws -> FetchQuery {
        var query =
            try standard ?? FetchQuery(firstDay: "2017-01-01", lastDay: "2019-12-31")
        if let dates = try document.text("fetch.dates") {
            (query.firstDay, query.lastDay) = try days(dates, document)
        }
        query.endpoint = try document.text("fetch.endpoint") ?? query.endpoint
        query.collection = try document.text("fetch.collection") ?? query.collection
        query.largestCloudCover =
            try document.number("fetch.cloud", in: 0...100) ?? query.largestCloudCover
        query.smallestDataCoverage =
            try document.number("fetch.coverage", in: 0...100) ?? query.smallestDataCoverage
        query.fewestScenes = try count("fetch.fewestScenes", document) ?? query.fewestScenes
        query.mostScenes = try count("fetch.mostScenes", document) ?? query.mostScenes
        query.bands = try document.bands("fetch.bands")?.sorted() ?? query.bands
        if let tile = try document.text("fetch.tile") {
            guard MGRSTile(tile) != nil else {
                throw document.failure("fetch.tile", atValue: true, "is no MGRS tile such as 33UUU")
            }
            query.tile = tile
        }
        if let service = try document.text("fetch.sign") {
            query.signing = try document.naming("fetch.sign") {
                try AddressSigning(argument: service)
            }
        }
        if let value = document["fetch.granuleMetadata"] {
            guard let wants = value.bool else {
                throw document.failure(
                    "fetch.granuleMetadata", atValue: true, "must be true or false")
            }
            query.wantsGranules = wants
        }
        return query
    }

    private static func days(
        _ text: String, _ document: TOMLDocument
    ) throws -> (first: String, last: String) {
        let days = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard days.count == 2 else {
            throw document.failure(
                "fetch.dates", atValue: true, "must be FIRST/LAST, as in \"2017-01-01/2019-12-31\"")
        }
        let query = try document.naming("fetch.dates") {
            try FetchQuery(firstDay: days[0], lastDay: days[1])
        }
        return (query.firstDay, query.lastDay)
    }

    private static func count(_ key: String, _ document: TOMLDocument) throws -> Int? {
        guard let value = try document.whole(key) else { return nil }
        guard (1...100_000).contains(value) else {
            throw document.failure(key, atValue: true, "must be a whole number 1…100000")
        }
        return value
    }

    // MARK: Of which ground

    /// The keys of a region that is fetched.
    static let regionKeys = ["point", "bbox", "side"]

    /// A region of a recipe that names no folders: a point, a box, or one of the list.
    /// - Throws: `ManifestError` (`configuration`) with line and column.
    func region(_ name: String, at place: String, _ document: TOMLDocument) throws -> FetchRegion {
        let side = try document.number("\(place).side")
        if let box = try document.numbers("\(place).bbox", count: 4) {
            for key in ["point", "side"] where document["\(place).\(key)"] != nil {
                throw document.failure("\(place).\(key)", atValue: false, "does not go with a bbox")
            }
            return try document.naming("\(place).bbox") {
                try FetchRegion(
                    name: name,
                    area: FetchArea(west: box[0], south: box[1], east: box[2], north: box[3]),
                    query: query)
            }
        }
        if let point = try document.numbers("\(place).point", count: 2) {
            return try document.naming("\(place).point") {
                try FetchRegion(
                    name: name,
                    area: FetchArea(
                        longitude: point[0], latitude: point[1],
                        sideInMetres: side ?? self.side ?? 10960), query: query)
            }
        }
        guard let list, list.places.contains(where: { $0.name == name }) else {
            let near = list.flatMap { name.nearest(of: $0.places.map(\.name)) }
            throw document.failure(
                "\(place).name", atValue: true,
                near.map { "is none of the regions of fetch.regions; the nearest is \($0)" }
                    ?? "is fetched from no list: give fetch.regions, a point or a bbox")
        }
        return try regions(of: list, named: [name], side: side, at: "\(place).name", document)[0]
    }

    /// All regions of the list; none without a list.
    func allRegions(_ document: TOMLDocument) throws -> [FetchRegion] {
        try list.map {
            try regions(of: $0, named: [], side: nil, at: "fetch.regions", document)
        } ?? []
    }

    private func regions(
        of list: RegionList, named names: [String], side: Double?, at key: String,
        _ document: TOMLDocument
    ) throws -> [FetchRegion] {
        try document.naming(key) {
            try list.regions(named: names, sideInMetres: side ?? self.side, query: query)
        }
    }
}

extension TOMLDocument {
    fileprivate func number(_ key: String, in range: ClosedRange<Double>) throws -> Double? {
        guard let value = try number(key) else { return nil }
        guard range.contains(value) else {
            throw failure(
                key, atValue: true,
                "must be a number \(Int(range.lowerBound))…\(Int(range.upperBound))")
        }
        return value
    }

    fileprivate func numbers(_ key: String, count: Int) throws -> [Double]? {
        guard let value = self[key] else { return nil }
        let numbers = (value.array ?? []).compactMap(\.double).filter(\.isFinite)
        guard value.array?.count == count, numbers.count == count else {
            throw failure(key, atValue: true, "must be \(count) numbers in brackets")
        }
        return numbers
    }

    /// Names the key in what is wrong with its value.
    fileprivate func naming<Result>(_ key: String, _ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch let error as PrepError {
            throw failure(key, atValue: true, error.message)
        }
    }
}
