import Foundation
import Geo
import Manifests

/// Which of the items that a search found are taken, and why the others are not; no server is believed to have filtered.
struct SceneChoice {
    private(set) var chosen: [STACItem] = []
    /// Item → reason, by id.
    private(set) var rejected: [String: String] = [:]
    /// The tile that the chosen scenes share.
    private(set) var tile: MGRSTile?
    /// Tiles of scenes that would have been taken but for their tile.
    private(set) var otherTiles: [MGRSTile] = []

    init(_ items: [STACItem], area: FetchArea, query: FetchQuery) {
        var seen: Set<String> = []
        var candidates: [STACItem] = []
        for item in items where seen.insert(item.id).inserted {
            if let reason = Self.fault(of: item, area, query) {
                rejected[item.id] = reason
            } else {
                candidates.append(item)
            }
        }
        let wanted = query.tile.flatMap { MGRSTile($0) } ?? Self.bestTile(candidates, area)
        tile = wanted
        otherTiles = Set(candidates.compactMap(\.tile)).filter { $0 != wanted }
            .sorted { $0.name < $1.name }
        candidates = keep(candidates, "is of another tile than \(wanted?.name ?? "–")") {
            $0.tile == wanted
        }
        var newest: [SensingTime: STACItem] = [:]
        for item in candidates {
            guard let other = newest[item.time] else {
                newest[item.time] = item
                continue
            }
            newest[item.time] = Self.isNewer(item, than: other) ? item : other
        }
        candidates = keep(candidates, "is another version of a scene that is taken") {
            newest[$0.time]?.id == $0.id
        }.sorted { $0.time < $1.time }
        let spread = Self.spread(candidates.count, most: query.mostScenes)
        let kept = Set(spread.map { candidates[$0].id })
        chosen = keep(candidates, "is one of more than \(query.mostScenes ?? 0) scenes") {
            kept.contains($0.id)
        }
    }

    private mutating func keep(
        _ items: [STACItem], _ reason: String, _ isKept: (STACItem) -> Bool
    ) -> [STACItem] {
        items.filter { item in
            let stays = isKept(item)
            if !stays { rejected[item.id] = reason }
            return stays
        }
    }

    private static func fault(
        of item: STACItem, _ area: FetchArea, _ query: FetchQuery
    ) -> String? {
        guard query.holds(item.time) else { return "was taken on \(item.time.day)" }
        if let bounds = item.bounds, area.share(coveredBy: bounds) == 0 {
            return "does not touch the area"
        }
        if let cover = item.cloudCover, cover > query.largestCloudCover {
            return "has \(cover) % of cloud"
        }
        if let coverage = item.dataCoverage, coverage < query.smallestDataCoverage {
            return "has data in \(coverage) % of its tile"
        }
        return nil
    }

    /// The tile that covers the area best, then the one with most scenes, then the first by name.
    private static func bestTile(_ items: [STACItem], _ area: FetchArea) -> MGRSTile? {
        var shares: [MGRSTile: (cover: Double, count: Int)] = [:]
        for item in items {
            guard let tile = item.tile else { continue }
            let share = item.bounds.map { area.share(coveredBy: $0) } ?? 0
            let old = shares[tile, default: (0, 0)]
            shares[tile] = (max(old.cover, share), old.count + 1)
        }
        return shares.max { left, right in
            // To a thousandth: outlines of one tile differ a little from date to date.
            let covers = [left, right].map { ($0.value.cover * 1000).rounded() }
            if covers[0] != covers[1] { return covers[0] < covers[1] }
            if left.value.count != right.value.count { return left.value.count < right.value.count }
            return left.key.name > right.key.name
        }?.key
    }

    private static func isNewer(_ item: STACItem, than other: STACItem) -> Bool {
        let (mine, its) = (item.baseline ?? "", other.baseline ?? "")
        return mine == its ? item.id > other.id : mine > its
    }

    /// Indices of at most `most` of `count` in order, first and last among them.
    static func spread(_ count: Int, most: Int?) -> [Int] {
        guard let most, most < count else { return Array(0..<count) }
        guard most > 1 else { return most == 1 ? [count / 2] : [] }
        return (0..<most).map { ($0 * (count - 1) * 2 + most - 1) / (2 * (most - 1)) }
    }
}
