/// What a fetch tells while it works.
public enum FetchEvent: Sendable {
    /// A region's search is done: so many scenes are wanted.
    case found(region: String, scenes: Int)
    /// A scene is done, one way or another.
    case scene(region: String, FetchReport.Scene)
}

/// What a fetch found and wrote.
public struct FetchReport: Sendable, Codable {
    /// What became of a scene.
    public enum Outcome: String, Sendable, Codable {
        /// It would be fetched.
        case wanted
        /// It is on disk now.
        case written
        /// It was on disk already, with the digests that its item gives.
        case kept
        /// It could not be had.
        case failed
    }

    /// One scene.
    public struct Scene: Sendable, Codable {
        /// The item's id, and its folder's name.
        public var id: String
        /// Sensing time.
        public var date: String
        /// Cloud in percent.
        public var cloudCover: Double?
        /// What became of it.
        public var outcome: Outcome
        /// Bytes written.
        public var bytes: Int
        /// Why it failed.
        public var reason: String?
    }

    /// One region.
    public struct Region: Sendable, Codable {
        /// Its name.
        public var name: String
        /// The MGRS tile that all its scenes are of.
        public var tile: String?
        /// Items that the search found.
        public var found: Int
        /// The scenes that are wanted, by time.
        public var scenes: [Scene]
        /// Why other items are not wanted, by id.
        public var rejected: [String: String]
        /// The share of the area that lies in the tile, 0…1; nil where no scene is wanted, or none says where it lies.
        public var covered: Double?
        /// Other tiles of which there are scenes that touch the area, by name.
        public var otherTiles: [String]

        /// What is missing and how to get it, where the tile does not hold the whole area.
        public var warning: String? {
            guard let covered, covered < 0.999 else { return nil }
            let others = otherTiles.map { "--tile \($0)" }.joined(separator: " or ")
            let rest =
                others.isEmpty
                ? "no scene of another tile fits" : "get it with \(others) into a region of its own"
            let place = tile ?? "the scenes' tile"
            return "\(name): \((100 * covered).short) % of the area lies in \(place), "
                + "the rest is not fetched; \(rest)"
        }
    }

    /// The regions that scenes were found for.
    public var regions: [Region] = []
    /// What failed: "region: cause" or "region scene: cause".
    public var failures: [String] = []
}
