import Geo
import Raster

/// One tile of one date in memory.
struct Tile: Sendable {
    /// Reflectance × 10000, (bands, height, width), 0 = no data.
    var pixels: RasterBuffer<UInt16>
    /// 1 where every band has data and nothing hides the ground, (height, width).
    var valid: [UInt8]
    /// Part of the pixels that are valid, 0…1.
    var validFraction: Double
    /// Part of the pixels that are cloud or cloud shadow, 0…1.
    var cloudFraction: Double
    /// Whether any pixel of any band has data.
    var hasData: Bool
}

/// Cuts tiles of one date out of its scene.
struct TileCutter: Sendable {
    let warp: SceneWarp
    let bands: [Sentinel2Band]

    /// Cuts one tile.
    func cut(_ grid: GeoGrid) throws -> Tile {
        let pixels = try warp.bands(bands, onto: grid)
        return Self.masked(pixels, classes: try warp.classes(onto: grid)?.pixels)
    }

    /// Says which pixels of a tile are valid; without a classification, all that have data.
    static func masked(_ pixels: RasterBuffer<UInt16>, classes: [UInt16]?) -> Tile {
        let count = pixels.size.count
        var valid = [UInt8](repeating: 1, count: count)
        var seen = [Bool](repeating: false, count: count)
        for band in 0..<pixels.bands {
            for (index, value) in pixels.band(band).enumerated() {
                if value == 0 { valid[index] = 0 } else { seen[index] = true }
            }
        }
        var clouds = 0
        if let classes {
            for (index, value) in classes.enumerated() {
                // A foreign mask calls cloud whatever is not clear, what was not seen too.
                let isCloud = SceneClassification.isCloud(value) || value == 3
                if isCloud && seen[index] { clouds += 1 }
                if !SceneClassification.isClear(value) { valid[index] = 0 }
            }
        }
        let clear = valid.reduce(into: 0) { $0 += Int($1) }
        return Tile(
            pixels: pixels, valid: valid, validFraction: Double(clear) / Double(count),
            cloudFraction: Double(clouds) / Double(count), hasData: seen.contains(true))
    }
}
