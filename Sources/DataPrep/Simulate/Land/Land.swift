import Foundation
import Geo

/// The ground of one simulated scene: a function from position to surface, continuous to any zoom.
///
/// Positions are metres east (x) and south (y) of the scene's upper left corner; the function also
/// answers beside the scene, so that a shifted date has content up to its edges.
struct Land: Sendable {
    let extent: Float
    let options: LandOptions
    let terrain: Terrain
    let settlements: [Settlement]
    var events: [ChangeEvent] = []

    private let waters: Waters
    private let roads: Roads
    private let parcels: Parcels
    private let woods: LatticeNoise
    let outline: LatticeNoise
    private var forestLimit: Float = 0
    private var coniferLimit: Float = 0
    private var nearby: NeighbourIndex

    /// The land of a square scene.
    ///
    /// - Parameters:
    ///   - seed: Which land.
    ///   - extent: Side of the scene in metres.
    ///   - options: The mix of the land.
    init(seed: UInt64, extent: Float, options: LandOptions) {
        func stream(_ index: UInt64) -> UInt64 { SplitMix64.derive(seed: seed, index) }
        self.extent = extent
        self.options = options
        terrain = Terrain(
            seed: stream(1), extent: extent, base: options.height, relief: options.relief)
        waters = Waters(
            seed: stream(2), extent: extent, lakeFraction: options.lakes,
            riverHalfWidth: options.riverHalfWidth)
        roads = Roads(seed: stream(3), extent: extent, count: 3 + Int(extent / 4000))
        parcels = Parcels(seed: stream(4), blockSize: options.blockSize)
        woods = LatticeNoise(seed: stream(5))
        outline = LatticeNoise(seed: stream(6))
        nearby = NeighbourIndex(extent: extent)
        settlements = Self.settle(waters, extent: extent, options: options, seed: stream(7))
        nearby.add(settlements: settlements)
        (forestLimit, coniferLimit) = woodLimits(seed: stream(8))
    }

    /// Adds the events of `planned`; to be called once.
    mutating func add(events planned: [ChangeEvent]) {
        events = planned
        nearby.add(events: planned)
    }

    /// What the point is made of on a date.
    ///
    /// - Parameters:
    ///   - x: Metres east of the scene's left edge.
    ///   - y: Metres south of its upper edge.
    ///   - date: Index of the date, for the events; −1 for the land before all of them.
    ///   - year: The calendar year, for the crops.
    /// - Returns: The material and what its texture needs.
    func surface(_ x: Float, _ y: Float, date: Int, year: Int) -> Surface {
        let cell = nearby.cell(x, y)
        let before = undisturbed(x, y, cell: cell, year: year)
        for index in nearby.events[cell] where events[Int(index)].firstDate <= date {
            if let changed = events[Int(index)].surface(x, y, before: before) { return changed }
        }
        return before
    }

    /// Whether an event after date `first` and up to `second` touched the point.
    func changed(_ x: Float, _ y: Float, from first: Int, to second: Int) -> Bool {
        let cell = nearby.cell(x, y)
        guard !nearby.events[cell].isEmpty else { return false }
        let before = undisturbed(x, y, cell: cell, year: 0)
        return nearby.events[cell].contains { index in
            let event = events[Int(index)]
            return event.firstDate > first && event.firstDate <= second
                && event.surface(x, y, before: before) != nil
        }
    }

    private func undisturbed(_ x: Float, _ y: Float, cell: Int, year: Int) -> Surface {
        if roads.contains(x, y) { return Surface(material: .asphalt, variant: 9, across: x) }
        let bank = waters.distanceToRiver(x, y)
        if bank < 0 { return Surface(material: .riverWater, variant: 27, across: y) }
        if waters.isLake(x, y) { return Surface(material: .lakeWater, variant: 27, across: y) }
        for index in nearby.settlements[cell] {
            if let built = settlements[Int(index)].surface(x, y, outline: outline) { return built }
        }
        if bank < 9 { return Surface(material: .gravel, variant: 12, across: y) }
        return openLand(x, y, year: year)
    }

    private func openLand(_ x: Float, _ y: Float, year: Int) -> Surface {
        let parcel = parcels.parcel(x, y)
        // Half the point's own place, half its block's: wood edges follow parcels, but not always.
        let wooded = forestness(0.45 * x + 0.55 * parcel.siteX, 0.45 * y + 0.55 * parcel.siteY)
        if wooded > forestLimit { return wood(x, y, parcel) }
        let isTrack = parcel.border < 2.6
        if isTrack { return Surface(material: .gravel, variant: 5, across: parcel.across) }
        if parcel.edge < 1.8 { return Surface(material: .pasture, variant: 36, across: x) }
        if parcel.border < 9, parcel.block & 3 == 0 {
            return Surface(material: .broadleaf, variant: 20, across: x)
        }
        return Surface(
            material: crop(parcel.hash, year: year), variant: UInt8((parcel.hash >> 9) & 63),
            across: parcel.across)
    }

    private func wood(_ x: Float, _ y: Float, _ parcel: Parcels.Parcel) -> Surface {
        let kind = woods.fractal(x / 700 + 91, y / 700 + 13, octaves: 3)
        let stand = Float(parcel.hash & 255) / 255 * 0.24 - 0.12
        let material: Material = kind + stand < coniferLimit ? .conifer : .broadleaf
        if parcel.hash >> 24 < 6 {
            return Surface(material: .heath, variant: UInt8(parcel.hash & 63), across: x)
        }
        return Surface(material: material, variant: UInt8((parcel.hash >> 9) & 63), across: x)
    }

    private func crop(_ hash: UInt32, year: Int) -> Material {
        let lasting = LatticeNoise.unit(hash)
        if lasting < options.pasture { return .pasture }
        if lasting < options.pasture + options.vineyard { return .vineyard }
        let draw = LatticeNoise.unit(LatticeNoise.hash(Int32(year), 3, hash))
        switch draw {
        case ..<0.4: return .wheat
        case ..<0.56: return .rapeseed
        case ..<0.78: return .maize
        case ..<0.88: return .beet
        case ..<0.95: return .fallow
        default: return .bareSoil
        }
    }

    private func forestness(_ x: Float, _ y: Float) -> Float {
        woods.fractal(x / 1900, y / 1900, octaves: 4, persistence: 0.6)
    }

    /// The limits that make the asked parts of the land forest and conifer.
    private func woodLimits(seed: UInt64) -> (forest: Float, conifer: Float) {
        var random = SplitMix64(seed: seed)
        let points = (0..<3000).map { _ in
            (Float(random.nextUniform()) * extent, Float(random.nextUniform()) * extent)
        }
        let forest = points.map { forestness($0.0, $0.1) }.sorted()
        let kinds = points.map {
            woods.fractal($0.0 / 700 + 91, $0.1 / 700 + 13, octaves: 3)
        }.sorted()
        func quantile(_ values: [Float], _ part: Float) -> Float {
            values[min(values.count - 1, max(0, Int(part * Float(values.count))))]
        }
        return (quantile(forest, 1 - options.forest), quantile(kinds, options.conifers))
    }

    /// Villages and estates on dry land, until the asked part of the scene is built.
    private static func settle(
        _ waters: Waters, extent: Float, options: LandOptions, seed: UInt64
    ) -> [Settlement] {
        var random = SplitMix64(seed: seed)
        var built: Float = 0
        var settlements: [Settlement] = []
        for _ in 0..<400 where built < options.builtUp * extent * extent {
            let x = Float(random.nextUniform()) * extent
            let y = Float(random.nextUniform()) * extent
            let spread = Float(random.nextUniform())
            let radius = (140 + 420 * spread * spread) * (options.builtUp > 0.2 ? 1.5 : 1)
            let isEstate = random.nextUniform() < 0.18
            let angle = Float(random.nextUniform() * .pi)
            let identity = random.next()
            guard !waters.isLake(x, y), waters.distanceToRiver(x, y) > 30 else { continue }
            settlements.append(
                Settlement(
                    x: x, y: y, shape: .disc(radius: isEstate ? radius * 0.7 : radius),
                    angle: angle, isIndustrial: isEstate, seed: identity))
            built += radius * radius * (isEstate ? 1.5 : 3)
        }
        return settlements
    }

    /// A point of the river's middle line; `t` runs 0 … 1 through the scene.
    func riverPoint(_ t: Float) -> (x: Float, y: Float) { waters.riverPoint(t) }
}

/// Which settlements and events may touch a cell of the map, so that a point asks few of them.
private struct NeighbourIndex: Sendable {
    private static let cellSize: Float = 250
    private static let margin = 4
    private let side: Int
    var settlements: [[UInt16]]
    var events: [[UInt16]]

    init(extent: Float) {
        side = Int(extent / Self.cellSize) + 1 + 2 * Self.margin
        settlements = Array(repeating: [], count: side * side)
        events = settlements
    }

    mutating func add(settlements list: [Settlement]) {
        for (index, item) in list.enumerated() {
            for cell in cells(item.x, item.y, item.reach) {
                settlements[cell].append(UInt16(index))
            }
        }
    }

    mutating func add(events list: [ChangeEvent]) {
        for (index, item) in list.enumerated() {
            for cell in cells(item.x, item.y, item.reach) { events[cell].append(UInt16(index)) }
        }
    }

    @inline(__always)
    func cell(_ x: Float, _ y: Float) -> Int { axis(y) * side + axis(x) }

    private func axis(_ metres: Float) -> Int {
        min(max(Int((metres / Self.cellSize).rounded(.down)) + Self.margin, 0), side - 1)
    }

    private func cells(_ x: Float, _ y: Float, _ reach: Float) -> [Int] {
        (axis(y - reach)...axis(y + reach)).flatMap { row in
            (axis(x - reach)...axis(x + reach)).map { row * side + $0 }
        }
    }
}
