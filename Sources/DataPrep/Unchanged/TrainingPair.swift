import Foundation
import Manifests

/// A line of `pairs.jsonl`: two dates of a selected tile that are clear enough for training on both.
public struct TrainingPair: Hashable, Codable, Sendable {
    /// "<region>/<column>_<row>".
    public var tile: String
    /// "train" or "val": by region.
    public var split: String
    /// Keys of the two dates in the training store.
    public var keys: [String]
    /// Sensing times, the earlier first.
    public var dates: [String]
    /// Days between them.
    public var days: Double
    /// Meteorological season of each, by the tile's hemisphere.
    public var seasons: [String]
    /// Degrees of the sun above the horizon at the tile's middle, of each.
    public var sunElevations: [Double]
    /// Degrees by which the sun stood higher on the later date.
    public var sunElevationDifference: Double
    /// Share of the tile that is clear on both, 0…1.
    public var clear: Double
}

/// Chooses date pairs for training out of what was found.
struct PairSampling {
    let settings: UnchangedSettings
    let split: RegionSplit

    /// The pairs of one tile, by time; none for a tile that is not selected.
    func pairs(of tile: UnchangedTile, _ records: [TileRecord]) throws -> [TrainingPair] {
        guard tile.selected, let any = records.first else { return [] }
        let place = try TilePlace(any)
        let keys = Dictionary(uniqueKeysWithValues: records.map { ($0.date, $0.storeKey) })
        let area = Double(any.width * any.height)
        return try tile.pairs.compactMap { pair in
            guard !pair.isUndecided else { return nil }
            let share = Double(pair.pixels) / area
            guard share >= settings.smallestPairShare, let first = keys[pair.first],
                let second = keys[pair.second]
            else { return nil }
            let times = try [pair.first, pair.second].map { try Self.time($0, any.id) }
            let heights = times.map {
                Sky.sunElevation(at: $0, latitude: place.latitude, longitude: place.longitude)
            }
            return TrainingPair(
                tile: tile.tile, split: split.part(of: tile.region), keys: [first, second],
                dates: [pair.first, pair.second],
                days: Self.rounded(times[1].timeIntervalSince(times[0]) / 86400),
                seasons: try [pair.first, pair.second].map {
                    Sky.season(month: try Self.month($0, any.id), latitude: place.latitude)
                },
                sunElevations: heights.map(Self.rounded),
                sunElevationDifference: Self.rounded(heights[1] - heights[0]), clear: share)
        }
    }

    /// To a thousandth: more would pretend.
    private static func rounded(_ value: Double) -> Double { (value * 1000).rounded() / 1000 }

    private static func month(_ date: String, _ id: String) throws -> Int {
        guard let month = Int(date.dropFirst(5).prefix(2)), (1...12).contains(month) else {
            throw PrepError(.badData, id, "\"\(date)\" is no sensing time")
        }
        return month
    }

    private static func time(_ date: String, _ id: String) throws -> Date {
        guard let time = SensingTime(date), let found = try? Date(time.iso8601, strategy: .iso8601)
        else { throw PrepError(.badData, id, "\"\(date)\" is no sensing time") }
        return found
    }
}
