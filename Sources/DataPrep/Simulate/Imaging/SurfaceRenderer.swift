import Foundation

/// Where the pixels of an image look: image positions in pixels → land positions in metres.
struct ViewGeometry: Sendable {
    /// Pixels between nodes; positions are bilinear between them.
    let step: Int
    /// Metres of a pixel, for spreading its samples.
    let pixelSize: Float
    private let margin: Int
    private let columns: Int
    private let nodes: [SIMD2<Float>]

    /// The geometry of an image of `width` × `height` pixels and a margin around it.
    ///
    /// - Parameters:
    ///   - width: Columns.
    ///   - height: Rows.
    ///   - margin: Pixels beyond the edge that are asked for too.
    ///   - pixelSize: Metres of a pixel.
    ///   - step: Pixels between nodes.
    ///   - position: The land position, x and y in metres, at an image (row, column).
    init(
        width: Int, height: Int, margin: Int, pixelSize: Float, step: Int,
        position: @Sendable (_ row: Double, _ column: Double) -> (x: Double, y: Double)
    ) {
        let columns = (width + 2 * margin) / step + 2
        let rows = (height + 2 * margin) / step + 2
        self.step = step
        self.margin = margin
        self.pixelSize = pixelSize
        self.columns = columns
        nodes = parallelBuffer(rows * columns, of: SIMD2<Float>(), rows: rows) { row, buffer in
            for column in 0..<columns {
                let at = position(Double(row * step - margin), Double(column * step - margin))
                buffer[row * columns + column] = SIMD2(Float(at.x), Float(at.y))
            }
        }
    }

    /// The land position under image (row, column), margin included: row −margin is allowed.
    @inline(__always)
    func position(row: Float, column: Float) -> SIMD2<Float> {
        let down = (row + Float(margin)) / Float(step)
        let right = (column + Float(margin)) / Float(step)
        let j = Int(down)
        let i = Int(right)
        let v = down - Float(j)
        let u = right - Float(i)
        let at = j * columns + i
        let top = nodes[at] + (nodes[at + 1] - nodes[at]) * u
        let bottom =
            nodes[at + columns] + (nodes[at + columns + 1] - nodes[at + columns]) * u
        return top + (bottom - top) * v
    }
}

/// Paints the land through the optics of the 10 m bands: 13 reflectances a pixel, before noise.
struct SurfaceRenderer: Sendable {
    let land: Land
    let acquisition: Acquisition
    let sun: SunPosition
    let clouds: CloudField
    private let texture: Texture
    private let season: SeasonTable
    private let light: NodeField
    private let air: Atmosphere
    private let hazeNoise: LatticeNoise
    private let optics = Optics()

    /// Rows that are painted together.
    private static let stripRows = 32

    init(land: Land, acquisition: Acquisition, textureSeed: UInt64) {
        self.land = land
        self.acquisition = acquisition
        sun = SunPosition(
            dayOfYear: acquisition.dayOfYear, latitude: land.options.latitude)
        clouds = CloudField(
            seed: acquisition.seed, extent: land.extent, fraction: acquisition.cloudFraction,
            cirrus: acquisition.cirrus, sun: sun)
        texture = Texture(seed: textureSeed)
        season = SeasonTable(
            dayOfYear: acquisition.dayOfYear, delay: land.options.delay,
            wetness: acquisition.wetness)
        light = land.terrain.illumination(sun)
        air = Atmosphere(
            haze: acquisition.haze, isTopOfAtmosphere: acquisition.isTopOfAtmosphere)
        hazeNoise = LatticeNoise(seed: acquisition.seed ^ 0x4A5E)
    }

    /// The image, planar: 13 bands of (height + 2·margin) × (width + 2·margin) reflectances.
    ///
    /// `view` must know `Optics.reach` pixels more around the image.
    func render(width: Int, height: Int, margin: Int, view: ViewGeometry) -> [Float] {
        let (columns, rows) = (width + 2 * margin, height + 2 * margin)
        let plane = columns * rows
        let strips = (rows + Self.stripRows - 1) / Self.stripRows
        return parallelBuffer(13 * plane, of: Float(0), rows: strips, together: 1) {
            strip, buffer in
            let first = strip * Self.stripRows
            let last = min(first + Self.stripRows, rows)
            let ground = ground(
                rows: first - margin..<last - margin, columns: -margin..<columns - margin, view)
            for row in first..<last {
                for column in 0..<columns {
                    let seen = throughAir(
                        ground[(row - first) * columns + column], row: row - margin,
                        column: column - margin, view)
                    let at = row * columns + column
                    for band in 0..<13 { buffer[band * plane + at] = seen[band] }
                }
            }
        }
    }

    /// The land through the optics, without light and air.
    private func ground(rows: Range<Int>, columns: Range<Int>, _ view: ViewGeometry) -> [Spectrum] {
        let reach = Optics.reach
        let (width, height) = (columns.count, rows.count)
        var result = [Spectrum](repeating: Spectrum(), count: width * height)
        var line = [Spectrum](repeating: Spectrum(), count: width + 2 * reach)
        for (place, spot) in Optics.points.enumerated() {
            let (across, down) = (optics.across[place], optics.down[place])
            for row in rows.lowerBound - reach..<rows.upperBound + reach {
                for index in line.indices {
                    let column = columns.lowerBound - reach + index
                    let at = view.position(
                        row: Float(row) + spot.y, column: Float(column) + spot.x)
                    line[index] = point(at.x, at.y)
                }
                let targets =
                    max(row - reach, rows.lowerBound)..<min(row + reach + 1, rows.upperBound)
                for column in 0..<width {
                    var sum = Spectrum()
                    for tap in 0...2 * reach { sum += line[column + tap] * across[tap] }
                    for target in targets {
                        result[(target - rows.lowerBound) * width + column] +=
                            sum * down[row - target + reach]
                    }
                }
            }
        }
        return result
    }

    /// Light, haze, cloud and shadow at the middle of a pixel.
    private func throughAir(
        _ ground: Spectrum, row: Int, column: Int, _ view: ViewGeometry
    ) -> Spectrum {
        let (down, right) = (Float(row) + 0.5, Float(column) + 0.5)
        let lit = lit(ground, view.position(row: down, column: right))
        return throughClouds(lit, right * view.pixelSize, down * view.pixelSize)
    }

    @inline(__always)
    private func point(_ x: Float, _ y: Float) -> Spectrum {
        let surface = land.surface(
            x, y, date: acquisition.index, year: acquisition.cropYear)
        let look = Int(surface.material.rawValue) * SeasonTable.variants + Int(surface.variant)
        let rough = texture(surface, x, y)
        return season.base[look] * (1 + rough.brightness) + season.contrast[look] * rough.cover
    }

    private func lit(_ ground: Spectrum, _ at: SIMD2<Float>) -> Spectrum {
        var seen = ground
        if let line = acquisition.snowLine {
            let height = land.terrain.heights(at.x, at.y)
            let patchy = 40 * hazeNoise.fractal(at.x / 300, at.y / 300, octaves: 3)
            let cover = 0.9 * smoothStep((height + patchy - line) / 60)
            seen = seen * (1 - cover) + Spectra.snow * cover
        }
        return seen * light(at.x, at.y)
    }

    private func throughClouds(_ ground: Spectrum, _ x: Float, _ y: Float) -> Spectrum {
        var seen = ground
        let hidden = clouds.opacity(x, y)
        let shadow = acquisition.cloudFraction > 0 ? clouds.shadow(x, y) * (1 - hidden) : 0
        if shadow > 0 { seen *= 1 - 0.72 * shadow }
        let density = 1 + 0.3 * hazeNoise.value(x / 2500, y / 2500)
        seen = air.seen(seen, density: density)
        if hidden > 0 { seen = seen * (1 - hidden) + Spectra.cloud * hidden }
        if acquisition.cirrus > 0 {
            let veil = clouds.cirrus(x, y)
            seen = seen * (1 - veil * 0.8) + Spectra.cirrus * veil
        }
        return seen
    }
}
