import Foundation
import Geo

/// Chooses where the land changes, and when.
struct ChangePlanner {
    let land: Land
    /// Part of the scene that changes between the first and the last date, about.
    let fraction: Float
    /// Number of dates; events begin at date 1 … `dates` − 1.
    let dates: Int
    private var random: SplitMix64

    init(land: Land, fraction: Float, dates: Int, seed: UInt64) {
        self.land = land
        self.fraction = fraction
        self.dates = dates
        random = SplitMix64(seed: seed)
    }

    /// Two thirds new buildings, the rest clearings and floods, until `fraction` is reached.
    mutating func plan() -> [ChangeEvent] {
        guard dates > 1 else { return [] }
        var events: [ChangeEvent] = []
        var area: Float = 0
        for attempt in 0..<400 where area < fraction * land.extent * land.extent {
            let candidate: ChangeEvent? =
                switch attempt % 6 {
                case 0, 2, 3, 5: buildings()
                case 1: clearing()
                default: events.contains(where: isFlood) ? nil : flood()
                }
            guard let event = candidate else { continue }
            events.append(event)
            area += event.reach * event.reach * (isFlood(event) ? 0.9 : 1.6)
        }
        return events
    }

    private func isFlood(_ event: ChangeEvent) -> Bool {
        if case .flood = event.kind { return true }
        return false
    }

    private mutating func place() -> (x: Float, y: Float) {
        (
            (0.04 + 0.92 * Float(random.nextUniform())) * land.extent,
            (0.04 + 0.92 * Float(random.nextUniform())) * land.extent
        )
    }

    private mutating func when() -> Int { 1 + random.nextInt(below: dates - 1) }

    private mutating func buildings() -> ChangeEvent? {
        let (x, y) = place()
        let isIndustrial = random.nextUniform() < 0.55
        let halfWidth = 45 + 120 * Float(random.nextUniform())
        let halfHeight = 40 + 80 * Float(random.nextUniform())
        let angle = Float(random.nextUniform() * .pi)
        let (date, identity) = (when(), random.next())
        let open = [LandCover.cropland, .grassland, .heath]
        guard open.contains(land.surface(x, y, date: -1, year: 0).material.landCover) else {
            return nil
        }
        let estate = Settlement(
            x: x, y: y, shape: .rectangle(halfWidth: halfWidth, halfHeight: halfHeight),
            angle: angle, isIndustrial: isIndustrial, seed: identity)
        return ChangeEvent(
            kind: .buildings(estate), x: x, y: y, reach: estate.reach, firstDate: date,
            seed: identity)
    }

    private mutating func clearing() -> ChangeEvent? {
        let (x, y) = place()
        let reach = 90 + 130 * Float(random.nextUniform())
        let (date, identity) = (when(), random.next())
        let woods = [LandCover.coniferousForest, .broadleafForest]
        guard woods.contains(land.surface(x, y, date: -1, year: 0).material.landCover) else {
            return nil
        }
        return ChangeEvent(
            kind: .clearing, x: x, y: y, reach: reach, firstDate: date, seed: identity)
    }

    private mutating func flood() -> ChangeEvent? {
        let (x, y) = land.riverPoint(0.2 + 0.6 * Float(random.nextUniform()))
        let reach = 150 + min(0.03 * land.extent, 250) * Float(random.nextUniform())
        let (date, identity) = (when(), random.next())
        guard x > 0, y > 0, x < land.extent, y < land.extent else { return nil }
        return ChangeEvent(
            kind: .flood, x: x, y: y, reach: reach, firstDate: date, seed: identity)
    }
}
