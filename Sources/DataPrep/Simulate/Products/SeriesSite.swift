import Geo

/// Where a simulated region lies: a real Sentinel-2 tile whose upper left corner it takes.
struct SeriesSite: Sendable {
    /// Tile id with its "T".
    let tile: String
    let epsg: Int
    let originX, originY: Double
    let relativeOrbit: Int
    let name: String

    private static let tiles: [(String, Int, Double, Double, Int)] = [
        ("T33UUU", 32_633, 300_000, 5_900_040, 22), ("T33TWL", 32_633, 499_980, 5_100_000, 79),
        ("T31TCJ", 32_631, 300_000, 4_900_020, 51),
    ]

    /// The site of a region; from the fourth on, further inside the same tiles.
    init(region: Int) {
        let (tile, epsg, x, y, orbit) = Self.tiles[region % Self.tiles.count]
        let round = region / Self.tiles.count
        self.tile = tile
        self.epsg = epsg
        originX = x + Double(round) * 24_000
        originY = y - Double(round) * 24_000
        relativeOrbit = orbit
        name = String(tile.dropFirst()) + (round > 0 ? "-\(round + 1)" : "")
    }

    /// The grid of a scene `size` pixels of `resolution` metres wide and high.
    func grid(width: Int, height: Int, resolution: Int) throws -> GeoGrid {
        GeoGrid(
            size: try PixelSize(width: width, height: height),
            transform: try AffineTransform(
                originX: originX, originY: originY, resolution: Double(resolution)),
            crs: CRS(epsg: epsg))
    }
}

/// The days of a series and what the sky was like.
enum SeriesCalendar {
    private static let days = [
        SimulatedDay(2021, 6, 8), SimulatedDay(2021, 8, 22), SimulatedDay(2022, 4, 19),
        SimulatedDay(2022, 7, 13), SimulatedDay(2022, 10, 11), SimulatedDay(2023, 2, 13),
    ]

    /// Day number `index` of any series, in order of time.
    static func day(_ index: Int) -> SimulatedDay {
        let day = days[index % days.count]
        return SimulatedDay(day.year + 2 * (index / days.count), day.month, day.day)
    }

    /// The processing baseline in force, as in names ("0300"): 04.00 began on 25 January 2022.
    static func baseline(_ day: SimulatedDay) -> String {
        if day < SimulatedDay(2021, 6, 30) { return "0300" }
        if day < SimulatedDay(2022, 1, 25) { return "0301" }
        return day < SimulatedDay(2022, 12, 6) ? "0400" : "0509"
    }

    /// The acquisition of a date, with as much of the season as the plan keeps.
    static func acquisition(
        _ index: Int, of scene: SimulatedScene, plan: SimulationPlan
    ) -> Acquisition {
        plan.seasoned(
            whole(index, of: scene, plan: plan), since: whole(0, of: scene, plan: plan))
    }

    /// The acquisition of a date: the first clear and in place, the others each with their own trouble.
    private static func whole(
        _ index: Int, of scene: SimulatedScene, plan: SimulationPlan
    ) -> Acquisition {
        var random = SplitMix64(
            seed: SplitMix64.derive(seed: scene.seed, 90, UInt64(index)))
        let (rows, columns) = (random.nextUniform() * 5 - 2.5, random.nextUniform() * 5 - 2.5)
        let warp = plan.warp * (0.3 + 0.7 * random.nextUniform())
        var date = scene.acquisition(
            day: day(index), index: index, rows: index == 0 ? 0 : rows,
            columns: index == 0 ? 0 : columns, warp: index == 0 ? 0 : warp)
        date.offset = Int(baseline(date.day)).map { $0 >= 400 ? 1000 : 0 } ?? 0
        date.wetness = Float(random.nextUniform())
        guard index > 0 else { return date }
        date.haze = 0.005 + 0.03 * Float(random.nextUniform())
        switch index % 6 {
        case 1: date.hasSwathEdge = true
        case 3: date.cloudFraction = 0.12 + 0.15 * Float(random.nextUniform())
        case 4: (date.haze, date.cloudFraction) = (0.05, 0.06)
        case 5:
            date.cirrus = 0.3
            date.snowLine = scene.options.height + scene.options.relief * 0.1
        default: break
        }
        if plan.allCloudDate, index == plan.dates - 1 { date.cloudFraction = 1 }
        return date
    }
}
