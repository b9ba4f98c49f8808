import Manifests

/// The kinds of folders that `simulate` writes.
public enum SimulatedProduct: String, CaseIterable, Codable, Sendable {
    /// Multi-date series of L2A SAFE folders.
    case l2a
    /// Change detection pairs in OSCD's form.
    case oscd
    /// Patches in BigEarthNet-S2's form (version 1).
    case bigearthnet
    /// Chips with building outlines in SpaceNet-2's form.
    case spacenet
    /// Scenes in sensor geometry with RPC, and a DEM.
    case sensor
    /// Patches in BigEarthNet's form, version 2, with a reference map each.
    case bigearthnetV2 = "bigearthnet-v2"
}

/// All that decides what a synthetic Earth holds; the same plan gives the same bytes.
public struct SimulationPlan: Codable, Hashable, Sendable {
    /// Of everything.
    public var seed: UInt64
    /// What is written.
    public var products: [SimulatedProduct]
    /// Number of regions of the L2A series.
    public var regions: Int
    /// Columns and rows of a region at 10 m; a multiple of 6.
    public var size: Int
    /// Dates of each region.
    public var dates: Int
    /// Number of cities of the OSCD folder.
    public var cities: Int
    /// Columns and rows of a city at 10 m; a multiple of 6.
    public var citySize: Int
    /// Number of BigEarthNet patches, of each version.
    public var patches: Int
    /// Number of SpaceNet chips.
    public var chips: Int
    /// Greatest local warp of a date in pixels.
    public var warp: Double
    /// Whether the last date of each region is wholly under cloud.
    public var allCloudDate: Bool
    /// The part of the season that the dates of a place differ by, 0 ..< 1; nil for all of it, as plans before had it.
    public var season: Double?

    /// A plan; sizes that do not fit the 60 m grid are refused.
    ///
    /// - Throws: `SimulationError` naming the value that does not fit and what would.
    public init(
        seed: UInt64 = 1, products: [SimulatedProduct] = SimulatedProduct.allCases,
        regions: Int = 2, size: Int = 1302, dates: Int = 4, cities: Int = 6, citySize: Int = 318,
        patches: Int = 12, chips: Int = 4, warp: Double = 1.5, allCloudDate: Bool = false,
        season: Double = 1
    ) throws {
        self.seed = seed
        self.products = SimulatedProduct.allCases.filter(products.contains)
        (self.regions, self.size, self.dates) = (regions, size, dates)
        (self.cities, self.citySize) = (cities, citySize)
        (self.patches, self.chips) = (patches, chips)
        (self.warp, self.allCloudDate) = (warp, allCloudDate)
        self.season = season == 1 ? nil : season
        try check("size", size, 60...10_980, multipleOf: 6)
        try check("city-size", citySize, 60...10_980, multipleOf: 6)
        try check("regions", regions, 1...99)
        try check("dates", dates, 1...60)
        try check("cities", cities, 2...99)
        try check("patches", patches, 1...9999)
        try check("chips", chips, 1...9999)
        guard warp >= 0, warp <= 2 else {
            throw SimulationError(.usage, "warp is \(warp): give 0 to 2 pixels")
        }
        guard (0...1).contains(season) else {
            throw SimulationError(
                .usage, "season is \(season): give 0 (no season) to 1 (all of it)")
        }
    }

    /// A date of a place whose first one is `first`, with as much of the season as the plan keeps.
    func seasoned(_ date: Acquisition, since first: Acquisition) -> Acquisition {
        date.season(season ?? 1, since: first)
    }

    private func check(
        _ name: String, _ value: Int, _ range: ClosedRange<Int>, multipleOf step: Int = 1
    ) throws {
        guard range.contains(value), value % step == 0 else {
            let fits = min(max(value / step * step, range.lowerBound), range.upperBound)
            throw SimulationError(
                .usage,
                "\(name) is \(value): give \(range.lowerBound) to \(range.upperBound)"
                    + (step > 1 ? ", a multiple of \(step) (such as \(fits))" : ""))
        }
    }
}
