import Geo
import Raster

/// A tile of a date that was not written, or a place of which none is, and why: a line of `leftout.jsonl`.
public struct LeftOutTile: Hashable, Sendable, Codable {
    /// "<region>/<column>_<row>/<date>", as a written tile would have it; without date where the place has no tile of any.
    public var id: String
    /// Which share was too large, or too small, in plain words.
    public var reason: String
    /// Part of the pixels that lack data in some band, 0…1.
    public var noDataFraction: Double
    /// Part of the pixels that are cloud or cloud shadow, 0…1.
    public var cloudFraction: Double

    /// The file's name in an output folder.
    public static let fileName = "leftout.jsonl"

    /// A tile that the settings do not want, or nil for one that they do.
    init?(_ tile: Tile, id: String, settings: PrepSettings) {
        let noData = tile.noDataFraction
        self.id = id
        (noDataFraction, cloudFraction) = (noData, tile.cloudFraction)
        if !tile.hasData {
            reason = "no data"
        } else if noData > settings.largestNoDataShare {
            reason = Self.above("no data", noData, settings.largestNoDataShare)
        } else if tile.cloudFraction > settings.largestCloudShare {
            reason = Self.above("cloud", tile.cloudFraction, settings.largestCloudShare)
        } else {
            return nil
        }
    }

    /// A tile of a date that cannot be read.
    init(id: String, setAsideFor reason: String) {
        (self.id, self.reason, noDataFraction, cloudFraction) = (id, reason, 1, 0)
    }

    /// A place of which too little lies in the region.
    init(place: String, share: Double, least: Double) {
        id = place
        reason = "\(share.short) of the tile lies in the region, at least \(least.short)"
        (noDataFraction, cloudFraction) = (1 - share, 0)
    }

    private static func above(_ what: String, _ found: Double, _ limit: Double) -> String {
        "\(what): \((100 * found).short) % of the tile, at most \((100 * limit).short) %"
    }
}
