/// What a simulated region is made of: the mix of the land, its hills and its climate.
public struct LandOptions: Sendable, Hashable, Codable {
    /// Part of the open land that is forest, 0 … 1.
    public var forest: Float = 0.3
    /// Part of the forest that is needle-leaved, 0 … 1.
    public var conifers: Float = 0.5
    /// Part of the scene that is lakes, 0 … 1.
    public var lakes: Float = 0.012
    /// Half the width of the river in metres.
    public var riverHalfWidth: Float = 38
    /// Part of the scene that villages and towns cover, 0 … 1.
    public var builtUp: Float = 0.06
    /// Part of the farm parcels that are pasture, 0 … 1.
    public var pasture: Float = 0.22
    /// Part of the farm parcels that are vineyard, 0 … 1.
    public var vineyard: Float = 0
    /// Metres between the lowest and the highest ground, roughly.
    public var relief: Float = 90
    /// Mean height in metres.
    public var height: Float = 120
    /// Typical side of a block of parcels in metres.
    public var blockSize: Float = 560
    /// Days by which spring comes later than in central Europe.
    public var delay: Float = 0
    /// Latitude of the middle in degrees, for the sun.
    public var latitude: Double = 52

    /// Rolling farmland of central Europe.
    public init() {}

    /// The land of the region with this number: plains, wooded hills, vineyard country, in turn.
    public static func region(_ index: Int) -> LandOptions {
        var land = LandOptions()
        switch index % 3 {
        case 1:
            (land.forest, land.conifers, land.relief, land.height) = (0.58, 0.72, 420, 520)
            (land.pasture, land.builtUp, land.lakes) = (0.55, 0.035, 0.02)
            (land.delay, land.latitude, land.blockSize) = (9, 47, 430)
        case 2:
            (land.forest, land.conifers, land.relief, land.height) = (0.18, 0.2, 160, 180)
            (land.vineyard, land.pasture, land.latitude, land.delay) = (0.25, 0.12, 43.5, -12)
        default: break
        }
        return land
    }

    /// A town with its surroundings, as OSCD's cities are.
    public static func city(_ index: Int) -> LandOptions {
        var land = region(index)
        land.builtUp = 0.3 + 0.06 * Float(index % 4)
        land.forest *= 0.6
        land.relief = min(land.relief, 120)
        return land
    }
}
