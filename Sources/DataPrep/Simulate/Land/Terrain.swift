/// The hills: a fractal height field on 30 m nodes, bilinear between them.
struct Terrain: Sendable {
    /// Metres between nodes.
    static let spacing: Float = 30

    /// Heights in metres above the ellipsoid, on a margin of nodes around the scene.
    let heights: NodeField

    /// Terrain of a square scene.
    ///
    /// - Parameters:
    ///   - seed: Which hills.
    ///   - extent: Side of the scene in metres.
    ///   - base: Mean height in metres.
    ///   - relief: Metres between the highest and the lowest ground, roughly.
    init(seed: UInt64, extent: Float, base: Float, relief: Float) {
        let noise = LatticeNoise(seed: seed)
        heights = NodeField(extent: extent, spacing: Self.spacing, margin: 20) { x, y in
            base + relief * noise.fractal(x / 2600, y / 2600, octaves: 7, persistence: 0.47)
        }
    }

    /// How strongly the sun lights each node, relative to flat ground.
    ///
    /// The cosine of the local incidence angle over that of flat ground, with a quarter of diffuse
    /// light, and halved in contrast as after a terrain correction that was not perfect.
    func illumination(_ sun: SunPosition) -> NodeField {
        let field = heights
        let flat = max(0.15, sun.cosineOfZenith)
        return field.mapNodes { column, row in
            let east = field.slope(column: column, row: row, alongColumns: true)
            let south = field.slope(column: column, row: row, alongColumns: false)
            let length = (1 + east * east + south * south).squareRoot()
            let towards = sun.towards
            let cosine =
                (sun.cosineOfZenith - sun.sineOfZenith
                    * (east * towards.east + south * towards.south))
                / length
            let direct = max(0, cosine) / flat
            return 1 + 0.75 * 0.7 * (min(direct, 2.2) - 1)
        }
    }
}

/// Where the sun stands.
public struct SunPosition: Sendable, Hashable, Codable {
    /// Degrees from the zenith.
    public let zenithInDegrees: Double
    /// Degrees from north, clockwise.
    public let azimuthInDegrees: Double
}

/// Values on a square net of nodes with a margin, bilinear between them: a continuous function.
struct NodeField: Sendable {
    let spacing: Float
    let margin: Int
    let side: Int
    let values: [Float]

    /// Samples `value(x, y)`, in metres, at the nodes that cover 0 … `extent` and a margin of nodes.
    init(extent: Float, spacing: Float, margin: Int, _ value: @Sendable (Float, Float) -> Float) {
        let side = Int((extent / spacing).rounded(.up)) + 2 * margin + 2
        self.spacing = spacing
        self.margin = margin
        self.side = side
        values = parallelBuffer(side * side, of: Float(0), rows: side) { row, buffer in
            for column in 0..<side {
                buffer[row * side + column] = value(
                    Float(column - margin) * spacing, Float(row - margin) * spacing)
            }
        }
    }

    private init(_ other: NodeField, values: [Float]) {
        spacing = other.spacing
        margin = other.margin
        side = other.side
        self.values = values
    }

    /// The field whose nodes are `value(column, row)`.
    func mapNodes(_ value: @Sendable (Int, Int) -> Float) -> NodeField {
        let side = side
        let mapped = parallelBuffer(side * side, of: Float(0), rows: side) { row, buffer in
            for column in 0..<side { buffer[row * side + column] = value(column, row) }
        }
        return NodeField(self, values: mapped)
    }

    /// The value at (x, y) in metres; outside the net, that of its nearest edge.
    @inline(__always)
    func callAsFunction(_ x: Float, _ y: Float) -> Float {
        let limit = Float(side) - 1.001
        let column = min(max(x / spacing + Float(margin), 0), limit)
        let row = min(max(y / spacing + Float(margin), 0), limit)
        let i = Int(column)
        let j = Int(row)
        let u = column - Float(i)
        let v = row - Float(j)
        let at = j * side + i
        let top = values[at] + (values[at + 1] - values[at]) * u
        let bottom = values[at + side] + (values[at + side + 1] - values[at + side]) * u
        return top + (bottom - top) * v
    }

    /// The slope at a node, in value per metre.
    func slope(column: Int, row: Int, alongColumns: Bool) -> Float {
        let (i, j) = (alongColumns ? 1 : 0, alongColumns ? 0 : 1)
        let first = (max(column - i, 0), max(row - j, 0))
        let second = (min(column + i, side - 1), min(row + j, side - 1))
        let steps = Float(second.0 - first.0 + second.1 - first.1)
        let rise = values[second.1 * side + second.0] - values[first.1 * side + first.0]
        return rise / (steps * spacing)
    }
}
