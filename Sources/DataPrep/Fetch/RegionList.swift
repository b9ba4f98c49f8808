import Geo
import Manifests
import Recipes

/// Regions of a TOML file, with how their scenes are chosen; `manifests/regions/matter-27.toml` is one.
public struct RegionList: Sendable {
    /// A place with a name.
    public struct Place: Hashable, Sendable {
        /// Names the region's folder.
        public let name: String
        /// Degrees east.
        public let longitude: Double
        /// Degrees north.
        public let latitude: Double
    }

    /// The places, in the order of the file.
    public let places: [Place]
    /// How scenes are chosen.
    public let query: FetchQuery
    /// Side of the square around each place in metres.
    public let sideInMetres: Double

    /// Reads a file.
    ///
    /// - Throws: `ManifestError` (`missing`, or `configuration` with line and column).
    public init(path: String) throws {
        let document = try TOMLDocument(path: path)
        try document.refuseOthers(than: ["search", "region"], in: "")
        try document.refuseOthers(than: Self.keys, in: "search")
        query = try Self.query(document)
        sideInMetres = try document.number("search.side") ?? 10960
        let count = document["region"]?.array?.count ?? 0
        guard count > 0 else {
            throw ManifestError(.configuration, path: path, "[[region]] is missing")
        }
        places = try (0..<count).map { try Self.place(document, "region.\($0)", side: 10960) }
        var seen: Set<String> = []
        for (index, place) in places.enumerated()
        where !seen.insert(place.name.lowercased()).inserted {
            throw document.failure(
                "region.\(index).name", atValue: true, "\"\(place.name)\" is there twice")
        }
    }

    /// The regions of some names, all of them without names.
    ///
    /// - Parameters:
    ///   - names: the regions' names.
    ///   - side: side of the squares in metres instead of the file's.
    ///   - query: how scenes are chosen instead of the file's rule.
    /// - Returns: the regions in the order of the file.
    /// - Throws: `PrepError` (`usage`) for a name that the list does not have.
    public func regions(
        named names: [String], sideInMetres side: Double? = nil, query: FetchQuery? = nil
    ) throws -> [FetchRegion] {
        for name in names where !places.contains(where: { $0.name == name }) {
            let near = places.map(\.name).filter { $0.hasPrefix(name.prefix(3)) }
            throw PrepError(
                .usage, "--region \(name)",
                "is none of the list's \(places.count) regions"
                    + (near.isEmpty ? "" : "; there is \(near.joined(separator: ", "))"))
        }
        return try places.filter { names.isEmpty || names.contains($0.name) }.map { place in
            try FetchRegion(
                name: place.name,
                area: FetchArea(
                    longitude: place.longitude, latitude: place.latitude,
                    sideInMetres: side ?? sideInMetres), query: query ?? self.query)
        }
    }

    private static let keys = [
        "endpoint", "collection", "first_day", "last_day", "largest_cloud_cover",
        "smallest_data_coverage", "fewest_scenes", "most_scenes", "bands", "side", "sign",
    ]

    private static func query(_ document: TOMLDocument) throws -> FetchQuery {
        func percent(_ key: String) throws -> Double? {
            guard let value = try document.number(key) else { return nil }
            guard (0...100).contains(value) else {
                throw document.failure(key, atValue: true, "must be 0 to 100 percent")
            }
            return value
        }
        func count(_ key: String) throws -> Int? {
            guard let value = try document.whole(key) else { return nil }
            guard value > 0 else { throw document.failure(key, atValue: true, "must be above 0") }
            return value
        }
        let days = try ["first_day", "last_day"].map { key in
            try document.required("search.\(key)", document.text("search.\(key)"))
        }
        var query: FetchQuery
        do {
            query = try FetchQuery(firstDay: days[0], lastDay: days[1])
        } catch let error as PrepError {
            throw document.failure("search.first_day", atValue: true, error.message)
        }
        query.endpoint = try document.text("search.endpoint") ?? query.endpoint
        query.collection = try document.text("search.collection") ?? query.collection
        query.largestCloudCover =
            try percent("search.largest_cloud_cover") ?? query.largestCloudCover
        query.smallestDataCoverage =
            try percent("search.smallest_data_coverage") ?? query.smallestDataCoverage
        query.fewestScenes = try count("search.fewest_scenes") ?? query.fewestScenes
        query.mostScenes = try count("search.most_scenes")
        query.bands = try document.bands("search.bands") ?? query.bands
        if let text = try document.text("search.sign") {
            do {
                query.signing = try AddressSigning(argument: text)
            } catch let error as PrepError {
                throw document.failure("search.sign", atValue: true, error.message)
            }
        }
        return query
    }

    private static func place(
        _ document: TOMLDocument, _ key: String, side: Double
    ) throws -> Place {
        try document.refuseOthers(than: ["name", "latitude", "longitude"], in: key)
        func degrees(_ name: String) throws -> Double {
            try document.required("\(key).\(name)", document.number("\(key).\(name)"))
        }
        let name = try document.required("\(key).name", document.text("\(key).name"))
        let place = Place(
            name: name, longitude: try degrees("longitude"), latitude: try degrees("latitude"))
        do {
            _ = try FetchArea(
                longitude: place.longitude, latitude: place.latitude, sideInMetres: side)
        } catch let error as PrepError {
            throw document.failure("\(key).latitude", atValue: true, error.message)
        }
        do {
            _ = try RegionInput(argument: "\(name)=x")
        } catch let error as PrepError {
            throw document.failure("\(key).name", atValue: true, error.message)
        }
        return place
    }
}

extension TOMLDocument {
    /// Bands by their names, each once, in their order.
    func bands(_ key: String) throws -> [Sentinel2Band]? {
        guard let names = try texts(key) else { return nil }
        let bands = try names.map { name in
            guard let band = Sentinel2Band(name: name) else {
                throw failure(key, atValue: true, "\"\(name)\" is no band of Sentinel-2")
            }
            return band
        }
        guard !bands.isEmpty, Set(bands).count == bands.count else {
            throw failure(key, atValue: true, "must name each band once")
        }
        return bands
    }
}
