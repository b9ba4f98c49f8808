import Geo
import Raster

/// What a recipe would fetch: `run --dry-run` before all scenes are there.
public struct FetchPreview: Sendable, Codable {
    /// One region.
    public struct Region: Sendable, Codable {
        /// What is wanted.
        public var wanted: FetchRegion
        /// What was found for it, each scene wanted or there already; nil where nobody was asked yet.
        public var found: FetchReport.Region?
    }

    /// The regions, in the order of the recipe.
    public var regions: [Region]

    /// For people: a line a region, and a line a scene that would be fetched.
    public var lines: [String] {
        regions.flatMap(\.lines) + ["tiles are planned once the scenes are there"]
    }
}

extension FetchPreview.Region {
    fileprivate var lines: [String] {
        guard let found else {
            let query = wanted.query
            let bands = query.bands.map(\.rawValue).joined(separator: " ")
            return [
                "\(wanted.name): would search \(query.collection) at \(Network.redacted(query.endpoint)) for "
                    + "\(query.firstDay)/\(query.lastDay), at most \(query.largestCloudCover) % of cloud, bands \(bands), "
                    + "\(place); with --allow-network it is searched now"
            ]
        }
        let missing = found.scenes.filter { $0.outcome != .kept }
        return [
            "\(wanted.name): \(missing.count) of \(found.scenes.count) scenes of \(found.tile ?? "one tile") would be "
                + "fetched, the others are there"
        ] + missing.map { "\(wanted.name): \($0.date.prefix(10)) \($0.id)" }
    }

    private var place: String {
        switch wanted.area {
        case .box: "box \(wanted.area.searchBox.map { "\($0)" }.joined(separator: ","))"
        case .square(let longitude, let latitude, let side):
            "\(side) m around \(longitude),\(latitude)"
        }
    }
}
