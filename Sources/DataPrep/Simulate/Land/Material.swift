/// What the ground is made of at one point.
enum Material: UInt8, CaseIterable, Sendable {
    case lakeWater, riverWater
    case conifer, broadleaf, garden, heath
    case pasture, wheat, rapeseed, maize, beet, vineyard, fallow, bareSoil
    case redRoof, greyRoof, brightRoof, asphalt, gravel, clearing

    /// The land-cover class of this material, as the class map counts it.
    var landCover: LandCover {
        switch self {
        case .lakeWater, .riverWater: .water
        case .conifer: .coniferousForest
        case .broadleaf: .broadleafForest
        case .heath: .heath
        case .garden, .pasture: .grassland
        case .wheat, .rapeseed, .maize, .beet, .fallow: .cropland
        case .vineyard: .vineyard
        case .bareSoil, .gravel, .clearing: .bareGround
        case .redRoof, .greyRoof, .brightRoof: .roof
        case .asphalt: .road
        }
    }
}

/// The classes of a simulated class map; the raw value is the pixel value.
public enum LandCover: UInt8, CaseIterable, Sendable {
    /// Rivers, lakes, floods.
    case water = 1
    /// Needle-leaved forest.
    case coniferousForest = 2
    /// Broad-leaved forest.
    case broadleafForest = 3
    /// Dwarf shrubs.
    case heath = 4
    /// Pastures, field margins, gardens.
    case grassland = 5
    /// Arable parcels, whatever stands on them at the time.
    case cropland = 6
    /// Vineyards and orchards.
    case vineyard = 7
    /// Soil without a crop, gravel, felled forest.
    case bareGround = 8
    /// Roofs of houses and halls.
    case roof = 9
    /// Roads, streets, yards.
    case road = 10
}

/// What a point of the land looks like: its material, and what its texture is drawn from.
struct Surface: Sendable {
    /// The material.
    var material: Material
    /// Which of the 64 looks of the material (soil colour, sowing day): one parcel has one.
    var variant: UInt8
    /// Distance in metres across the rows of a crop or the edge of a roof.
    var across: Float
}
