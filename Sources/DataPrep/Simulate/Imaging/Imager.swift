import Geo

/// The camera: from the painted land to digital numbers on the native grids, and the scene classes.
struct Imager: Sendable {
    let renderer: SurfaceRenderer
    let width: Int
    let height: Int
    let view: ViewGeometry

    /// Pixels that the optics of the coarser bands need around the image.
    static let margin = 6
    /// Pixels around the image that a view has to know.
    static let viewMargin = margin + Optics.reach

    /// The image in the asked bands.
    func image(bands: [Sentinel2Band]) -> SimulatedImage {
        let margin = Self.margin
        let painted = renderer.render(width: width, height: height, margin: margin, view: view)
        let plane = (width + 2 * margin) * (height + 2 * margin)
        let taken = bands.map { band in
            let source = painted[band.index * plane..<(band.index + 1) * plane]
            return expose(band, source)
        }
        return SimulatedImage(
            acquisition: renderer.acquisition, sun: renderer.sun,
            size: PixelGrid.size(width, height), bands: taken,
            sceneClasses: sceneClasses(painted, plane: plane))
    }

    private func expose(_ band: Sentinel2Band, _ source: ArraySlice<Float>) -> SimulatedBand {
        let resolution = band.nativeResolutionInMetres
        let factor = resolution / 10
        let deviation = PointSpread.addedDeviation(resolution: resolution)
        let blurred = PointSpread.blur(
            source, width: width, height: height, margin: Self.margin, deviation: deviation)
        let averaged = PointSpread.average(blurred, width: width, height: height, factor: factor)
        let (columns, rows) = (width / factor, height / factor)
        let acquisition = renderer.acquisition
        let seed = UInt32(
            truncatingIfNeeded: SplitMix64.derive(seed: acquisition.seed, 40, UInt64(band.index)))
        let values = parallelBuffer(rows * columns, of: UInt16(0), rows: rows) { row, buffer in
            for column in 0..<columns where hasData(row: row * factor, column: column * factor) {
                let at = row * columns + column
                let noise = Self.normal(Int32(column), Int32(row), seed)
                let value = averaged[at]
                let strength = acquisition.noise * (0.0007 + 0.0055 * value)
                let number = ((value + strength * noise) * 10_000).rounded()
                buffer[at] = UInt16(min(max(number + Float(acquisition.offset), 1), 65_534))
            }
        }
        return SimulatedBand(
            band: band, resolution: resolution, width: columns, height: rows, values: values)
    }

    /// Nearly normal, variance 1: the sum of four bytes pairs of two hashes.
    @inline(__always)
    private static func normal(_ column: Int32, _ row: Int32, _ seed: UInt32) -> Float {
        let first = LatticeNoise.hash(column, row, seed)
        let second = LatticeNoise.hash(row, column, first)
        let sum = (first & 0xFFFF) + (first >> 16) + (second & 0xFFFF) + (second >> 16)
        return (Float(sum) / 65_536 - 2) * 1.7320508
    }

    /// Whether the swath reaches a pixel of the 10 m grid.
    private func hasData(row: Int, column: Int) -> Bool {
        guard renderer.acquisition.hasSwathEdge else { return true }
        // One rule a 60 m cell, so that all bands end alike.
        let (down, right) = (Float(row / 6 * 6), Float(column / 6 * 6))
        return right < Float(width) * 0.9 - 0.22 * down
    }

    private func sceneClasses(_ painted: [Float], plane: Int) -> [UInt8] {
        let (columns, rows) = (width / 2, height / 2)
        let stride = width + 2 * Self.margin
        return parallelBuffer(rows * columns, of: UInt8(0), rows: rows) { row, buffer in
            for column in 0..<columns where hasData(row: row * 2, column: column * 2) {
                let at = (row * 2 + Self.margin) * stride + column * 2 + Self.margin
                func mean(_ band: Sentinel2Band) -> Float {
                    let first = band.index * plane + at
                    return
                        (painted[first] + painted[first + 1] + painted[first + stride]
                        + painted[first + stride + 1]) / 4
                }
                let x = Float(column) * 20 + 10
                let y = Float(row) * 20 + 10
                buffer[row * columns + column] =
                    sceneClass(
                        x, y, green: mean(.b03), red: mean(.b04), infrared: mean(.b08),
                        shortwave: mean(.b11)
                    ).rawValue
            }
        }
    }

    private func sceneClass(
        _ x: Float, _ y: Float, green: Float, red: Float, infrared: Float, shortwave: Float
    ) -> SceneClass {
        let opacity = renderer.clouds.opacity(x, y)
        if opacity > 0.55 { return .cloudHighProbability }
        if opacity > 0.22 { return .cloudMediumProbability }
        if opacity > 0.08 { return .unclassified }
        if renderer.clouds.cirrus(x, y) > 0.12 { return .thinCirrus }
        if renderer.clouds.shadow(x, y) > 0.3 { return .cloudShadow }
        if green > 0.35, (green - shortwave) / (green + shortwave) > 0.4 { return .snow }
        if infrared < 0.08, green > infrared { return .water }
        if (infrared - red) / (infrared + red) > 0.4 { return .vegetation }
        return .notVegetated
    }
}

/// The values of ESA's scene classification layer.
public enum SceneClass: UInt8, CaseIterable, Sendable {
    /// Outside the swath.
    case noData = 0
    /// Saturated or defective.
    case saturated = 1
    /// Dark area.
    case dark = 2
    /// Shadow of a cloud.
    case cloudShadow = 3
    /// Vegetation.
    case vegetation = 4
    /// Soil, rock, buildings.
    case notVegetated = 5
    /// Water.
    case water = 6
    /// Unclassified: thin edges of clouds.
    case unclassified = 7
    /// Cloud, medium probability.
    case cloudMediumProbability = 8
    /// Cloud, high probability.
    case cloudHighProbability = 9
    /// Thin cirrus.
    case thinCirrus = 10
    /// Snow or ice.
    case snow = 11
}

/// Pixel sizes that are known to be right.
enum PixelGrid {
    /// A size of positive numbers that the caller has checked.
    static func size(_ width: Int, _ height: Int) -> PixelSize {
        guard let size = try? PixelSize(width: width, height: height) else {
            preconditionFailure("a simulated image needs a positive size, not \(width)×\(height)")
        }
        return size
    }
}
