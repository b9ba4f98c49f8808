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
    /// Part of the pixels that lack data in some band, 0…1.
    var noDataFraction: Double
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
        var valid = [UInt8](repeating: 1, count: pixels.size.count)
        let seen = hide(&valid, withoutDataIn: pixels)
        let (count, whole) = (Double(valid.count), ones(valid))
        let clouds = classes.map { hide(&valid, seen: seen, by: $0) } ?? 0
        return Tile(
            pixels: pixels, valid: valid, validFraction: Double(ones(valid)) / count,
            noDataFraction: (count - Double(whole)) / count, cloudFraction: Double(clouds) / count,
            hasData: seen.contains(1))
    }

    // MARK: Passes over pixels, without a branch, so that many go at once

    /// Takes what lacks data in some band out of the valid pixels, and gives 1 where any band has data.
    private static func hide(
        _ valid: inout [UInt8], withoutDataIn pixels: RasterBuffer<UInt16>
    ) -> [UInt8] {
        let count = pixels.size.count
        precondition(valid.count == count)
        var seen = [UInt8](repeating: 0, count: count)
        pixels.pixels.withUnsafeBufferPointer { pixels in
            valid.withUnsafeMutableBufferPointer { valid in
                seen.withUnsafeMutableBufferPointer { seen in
                    for start in stride(from: 0, to: pixels.count, by: count) {
                        let band = UnsafeBufferPointer(rebasing: pixels[start..<start + count])
                        for index in 0..<count {
                            let has: UInt8 = band[index] == 0 ? 0 : 1
                            valid[index] &= has
                            seen[index] |= has
                        }
                    }
                }
            }
        }
        return seen
    }

    /// Takes what hides the ground out of the valid pixels, and counts the seen ones under cloud or cloud shadow.
    private static func hide(_ valid: inout [UInt8], seen: [UInt8], by classes: [UInt16]) -> Int {
        precondition(classes.count == valid.count && seen.count == valid.count)
        return valid.withUnsafeMutableBufferPointer { valid in
            seen.withUnsafeBufferPointer { seen in
                classes.withUnsafeBufferPointer { classes in
                    var clouds = 0
                    for index in 0..<valid.count {
                        let value = classes[index]
                        // A foreign mask calls cloud whatever is not clear, what was not seen too.
                        let isCloud = SceneClassification.isCloud(value) || value == 3
                        clouds &+= Int(seen[index] & (isCloud ? 1 : 0))
                        valid[index] &= SceneClassification.isClear(value) ? 1 : 0
                    }
                    return clouds
                }
            }
        }
    }

    private static func ones(_ flags: [UInt8]) -> Int {
        flags.withUnsafeBufferPointer { flags in
            var sum = 0
            for flag in flags { sum &+= Int(flag) }
            return sum
        }
    }
}
