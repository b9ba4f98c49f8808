import Foundation
import Geo
import Raster

/// The haze over a scene, told by its darkest ground: dark-object subtraction (Chavez 1988, RSE 24, 459–479).
///
/// A dark object is ground that is dark where haze hardly scatters: in the short-wave infrared, or, where a scene lacks that,
/// in the near infrared. It is taken to reflect 1 % (Chavez 1996); what it shows above that in the shortest band is haze.
/// Over wavelength haze goes with λ⁻ⁿ, n from the dark object's own blue and red within Chavez's models (0.5 to 4), and takes
/// no more from any band than its dark object shows. A scene without dark object, such as a desert, tells nothing of its haze.
struct DarkObject {
    /// The reflectance that a dark object is taken to have.
    static let reflectance = 0.01
    /// More haze than this at the shortest band is not believed: the object was not dark.
    static let mostHaze = 0.05
    /// Fewer dark pixels than this share of the clear ones are none.
    static let fewest = 0.0005
    /// The bands that are looked at, where a scene has them.
    static let bands: [Sentinel2Band] = [.b02, .b03, .b04, .b08, .b8a, .b11, .b12]

    /// Reflectance that the haze adds, by band; nil for a scene without dark object.
    let haze: [Sentinel2Band: Double]?

    /// Looks at a scene, thinned out to pixels of about 60 m, whose reflectance is free of the air's own.
    init(_ scene: Scene, corrections: [Sentinel2Band: BandCorrection]) throws {
        let planes = try Self.planes(scene, corrections)
        guard let dark = Self.darkPixels(planes) else {
            haze = nil
            return
        }
        var shown: [Sentinel2Band: Double] = [:]
        for (band, plane) in planes {
            let sorted = dark.map { plane[$0] }.sorted()
            shown[band] = corrections[band]?.haze(
                over: Self.reflectance, seenAs: Double(sorted[sorted.count / 100]) / 10000)
        }
        let visible: [Sentinel2Band] = [.b02, .b03, .b04]
        guard let first = visible.first(where: { shown[$0] != nil }), let most = shown[first],
            most <= Self.mostHaze
        else {
            haze = nil
            return
        }
        let exponent = Self.exponent(shown, from: first)
        haze = Dictionary(
            uniqueKeysWithValues: corrections.keys.map { band in
                let ratio =
                    band.centreWavelengthInNanometres / first.centreWavelengthInNanometres
                return (band, min(most * pow(ratio, -exponent), shown[band] ?? .infinity))
            })
    }

    private static func exponent(
        _ shown: [Sentinel2Band: Double], from first: Sentinel2Band
    ) -> Double {
        guard let most = shown[first], let red = shown[.b04], first != .b04, most > 0, red > 0
        else { return 2 }
        let ratio =
            Sentinel2Band.b04.centreWavelengthInNanometres / first.centreWavelengthInNanometres
        return min(max(-log(red / most) / log(ratio), 0.5), 4)
    }

    /// Places of dark pixels; nil where there are hardly any.
    private static func darkPixels(_ planes: [Sentinel2Band: [UInt16]]) -> [Int]? {
        let tests: [(Sentinel2Band, Double)] = [
            (.b12, 0.03), (.b11, 0.03), (.b8a, 0.05), (.b08, 0.05),
        ]
        guard let (band, limit) = tests.first(where: { planes[$0.0] != nil }),
            let plane = planes[band]
        else { return nil }
        let known = plane.indices.filter { index in planes.values.allSatisfy { $0[index] != 0 } }
        let dark = known.filter { Double(plane[$0]) <= limit * 10000 }
        return dark.count >= max(20, Int(fewest * Double(known.count))) ? dark : nil
    }

    /// Corrected reflectance × 10000 by band at the same places, 0 where there is no data or cloud hides the ground.
    private static func planes(
        _ scene: Scene, _ corrections: [Sentinel2Band: BandCorrection]
    ) throws -> [Sentinel2Band: [UInt16]] {
        let files = SceneFiles(scene: scene)
        let wanted = bands.filter { corrections[$0] != nil && scene.bands[$0] != nil }
        guard let first = wanted.first else { return [:] }
        let own = try files.grid(of: scene.source(of: first))
        // A small scene is not thinned out below 256 pixels a side.
        let size = try PixelSize(
            width: min(own.size.width, max(256, Int(own.bounds.width / 60))),
            height: min(own.size.height, max(256, Int(own.bounds.height / 60))))
        let grid = try Ground(bounds: own.bounds, crs: own.crs).grid(size)
        let hidden = try scene.qualityMasks()?.clouds(onto: grid)
        var planes: [Sentinel2Band: [UInt16]] = [:]
        for band in wanted {
            let source = try scene.source(of: band)
            guard try files.grid(of: source).bounds == own.bounds else { continue }
            var buffer = try ForeignRaster(reading: source.path)
                .read(band: source.index, scaledTo: size)
            source.radiometry.harmonise(&buffer.pixels, noData: source.noData)
            corrections[band]?.apply(to: &buffer, on: grid)
            if let hidden {
                for index in buffer.pixels.indices where hidden.pixels[index] != 0 {
                    buffer.pixels[index] = 0
                }
            }
            planes[band] = buffer.pixels
        }
        return planes
    }
}
