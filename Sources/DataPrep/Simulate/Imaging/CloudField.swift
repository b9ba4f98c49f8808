import Geo

/// The clouds of one date: how much of the ground they hide at each point of the image.
struct CloudField: Sendable {
    private let thick: NodeField
    private let thin: NodeField
    private let displacement: (x: Float, y: Float)

    /// Clouds over a square scene.
    ///
    /// - Parameters:
    ///   - seed: Which clouds.
    ///   - extent: Side of the scene in metres.
    ///   - fraction: Part of the scene under thick cloud, 0 … 1.
    ///   - cirrus: Opacity of the thickest cirrus, 0 … 1.
    ///   - sun: Casts the shadows of clouds 1,300 m up.
    init(seed: UInt64, extent: Float, fraction: Float, cirrus: Float, sun: SunPosition) {
        let noise = LatticeNoise(seed: seed)
        let cell = min(2400, max(700, extent / 4))
        let raw = NodeField(extent: extent, spacing: 40, margin: 70) { x, y in
            noise.fractal(x / cell, y / cell, octaves: 6, persistence: 0.55)
        }
        let limit = Self.limit(raw, fraction: fraction, extent: extent)
        thick = raw.mapNodes { column, row in
            guard fraction > 0 else { return 0 }
            return smoothStep((raw.values[row * raw.side + column] - limit) / 0.13)
        }
        let veil = LatticeNoise(seed: seed ^ 0xC1)
        thin = NodeField(extent: extent, spacing: 200, margin: 12) { x, y in
            let turned = (0.8 * x + 0.6 * y, 0.8 * y - 0.6 * x)
            return cirrus
                * smoothStep(0.5 + 1.4 * veil.fractal(turned.0 / 6000, turned.1 / 1500, octaves: 3))
        }
        let length = 1300 * min(sun.sineOfZenith / max(sun.cosineOfZenith, 0.2), 2)
        displacement = (length * sun.towards.east, length * sun.towards.south)
    }

    /// Opacity of thick cloud at a point, 0 … 1.
    @inline(__always)
    func opacity(_ x: Float, _ y: Float) -> Float { thick(x, y) }

    /// Opacity of cirrus at a point, 0 … 1.
    @inline(__always)
    func cirrus(_ x: Float, _ y: Float) -> Float { thin(x, y) }

    /// How much of the direct sun a cloud takes from a point of the ground, 0 … 1.
    @inline(__always)
    func shadow(_ x: Float, _ y: Float) -> Float {
        thick(x + displacement.x, y + displacement.y)
    }

    private static func limit(_ field: NodeField, fraction: Float, extent: Float) -> Float {
        guard fraction < 1 else { return -3 }
        let inner = field.margin..<(field.side - field.margin)
        let sorted = inner.flatMap { row in
            inner.map { field.values[row * field.side + $0] }
        }.sorted()
        let index = Int((1 - fraction) * Float(sorted.count))
        return sorted[min(max(index, 0), sorted.count - 1)]
    }
}

/// 0 below 0, 1 above 1, smooth between.
@inline(__always)
func smoothStep(_ t: Float) -> Float {
    let clamped = min(max(t, 0), 1)
    return clamped * clamped * (3 - 2 * clamped)
}
