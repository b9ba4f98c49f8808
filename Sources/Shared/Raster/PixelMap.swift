import Geo

/// From pixel coordinates of a target to pixel coordinates of a source.
enum PixelMap: Sendable {
    /// Both grids share a system: exact.
    case affine(AffineTransform)
    /// Anything else: exact at the nodes of a lattice, bilinear between them.
    case lattice(PositionLattice)

    @inline(__always)
    func source(column: Double, row: Double) -> Position {
        switch self {
        case .affine(let transform): transform.map(column: column, row: row)
        case .lattice(let lattice): lattice.position(column: column, row: row)
        }
    }

    /// Source pixels that a step of one target pixel crosses at a place, along x and y.
    func crossed(column: Double, row: Double) -> (x: Double, y: Double) {
        let here = source(column: column, row: row)
        let right = source(column: column + 1, row: row)
        let below = source(column: column, row: row + 1)
        let x = ((right.x - here.x) * (right.x - here.x) + (below.x - here.x) * (below.x - here.x))
        let y = ((right.y - here.y) * (right.y - here.y) + (below.y - here.y) * (below.y - here.y))
        return (x.squareRoot(), y.squareRoot())
    }

    /// Whether target pixels are source pixels, moved by a whole number of them; nil if not.
    func wholePixelOffset(with shift: (columns: Double, rows: Double)) -> PixelOffset? {
        guard case .affine(let map) = self else { return nil }
        let tolerance = 1e-9
        guard abs(map.pixelWidth - 1) < tolerance, abs(map.pixelHeight - 1) < tolerance,
            abs(map.rowRotation) < tolerance, abs(map.columnRotation) < tolerance
        else { return nil }
        let origin = map.map(column: shift.columns, row: shift.rows)
        let (column, row) = (origin.x.rounded(), origin.y.rounded())
        // Origins in map units carry rounding errors of about 1e-9 pixels.
        guard abs(origin.x - column) < 1e-6, abs(origin.y - row) < 1e-6, abs(column) < 1e9,
            abs(row) < 1e9
        else { return nil }
        return PixelOffset(column: Int(column), row: Int(row))
    }
}

/// Source positions at the nodes of a regular lattice over a target, bilinear between the nodes.
struct PositionLattice: Sendable {
    /// The largest error of interpolation that is allowed, in source pixels.
    static let tolerance = 0.005
    /// Pixels by which the lattice reaches beyond the target, for shifts.
    static let margin = 64
    /// Where the first node lies; on a pixel's centre, so that nodes a pixel apart are exact there.
    private static let start = 0.5 - Double(margin)

    private let step: Double
    private let columns: Int
    /// The rows of nodes that are held: all, or those under some of the target's rows.
    private let rows: Range<Int>
    private var nodes: [Position]

    /// Halves the distance of the nodes until the interpolation is good to 0.005 pixels, or there is one a pixel.
    /// - Parameters:
    ///   - size: The target's size.
    ///   - exact: Maps target pixel coordinates; NaN where there is no source.
    init(over size: PixelSize, exact: ([Position]) -> [Position]) {
        var coarse = PositionLattice(size, step: 64, exact)
        while coarse.step > 1 {
            let fine = PositionLattice(size, step: coarse.step / 2, exact)
            let isGood = coarse.error(against: fine) <= Self.tolerance
            coarse = fine
            if isGood { break }
        }
        self = coarse
    }

    private init(
        _ size: PixelSize, step: Double, rows: Range<Int>? = nil,
        _ exact: ([Position]) -> [Position]
    ) {
        self.step = step
        columns = Self.nodes(along: size.width, step)
        self.rows = rows ?? 0..<Self.nodes(along: size.height, step)
        nodes = []
        nodes.reserveCapacity(columns * self.rows.count)
        for row in self.rows {
            nodes += exact((0..<columns).map { place(column: $0, row: row) })
        }
    }

    private static func nodes(along side: Int, _ step: Double) -> Int {
        Int((Double(side + 2 * margin) / step).rounded(.up)) + 1
    }

    private func place(column: Int, row: Int) -> Position {
        Position(x: Self.start + Double(column) * step, y: Self.start + Double(row) * step)
    }

    /// The largest distance between what this lattice interpolates and what a finer one knows.
    private func error(against fine: PositionLattice) -> Double {
        var worst = 0.0
        for row in fine.rows {
            for column in 0..<fine.columns {
                let place = fine.place(column: column, row: row)
                let guess = position(column: place.x, row: place.y)
                let truth = fine.nodes[(row - fine.rows.lowerBound) * fine.columns + column]
                if truth.x.isNaN && guess.x.isNaN { continue }
                let distance = max(abs(guess.x - truth.x), abs(guess.y - truth.y))
                // A place that only one of them can map asks for finer nodes.
                worst = max(worst, distance.isNaN ? .infinity : distance)
            }
        }
        return worst
    }

    @inline(__always)
    func position(column: Double, row: Double) -> Position {
        nodes.withUnsafeBufferPointer { position(column: column, row: row, among: $0) }
    }

    @inline(__always)
    private func position(
        column: Double, row: Double, among nodes: UnsafeBufferPointer<Position>
    ) -> Position {
        // The step is a power of 2: its inverse is exact.
        let inverse = 1 / step
        let (x, y) = ((column - Self.start) * inverse, (row - Self.start) * inverse)
        let left = min(max(Int(x), 0), columns - 2)
        let top = min(max(Int(y), rows.lowerBound), rows.upperBound - 2)
        let (u, v) = (x - Double(left), y - Double(top))
        let index = (top - rows.lowerBound) * columns + left
        // A node itself is asked for: its neighbours may have no place in the source.
        if u == 0, v == 0 { return nodes[index] }
        let (a, b) = (nodes[index], nodes[index + 1])
        let (c, d) = (nodes[index + columns], nodes[index + columns + 1])
        return Position(
            x: (a.x * (1 - u) + b.x * u) * (1 - v) + (c.x * (1 - u) + d.x * u) * v,
            y: (a.y * (1 - u) + b.y * u) * (1 - v) + (c.y * (1 - u) + d.y * u) * v)
    }

    /// The positions of a row's pixel centres, each moved by its shift, less an origin.
    func fill(
        _ x: UnsafeMutableBufferPointer<Double>, _ y: UnsafeMutableBufferPointer<Double>,
        row: Int, shifts: UnsafeBufferPointer<SIMD2<Double>>, origin: PixelOffset
    ) {
        let (left, top) = (Double(origin.column), Double(origin.row))
        nodes.withUnsafeBufferPointer { nodes in
            for column in shifts.indices {
                let shift = shifts[column]
                let place = position(
                    column: Double(column) + 0.5 + shift.x, row: Double(row) + 0.5 + shift.y,
                    among: nodes)
                x[column] = place.x - left
                y[column] = place.y - top
            }
        }
    }
}

// MARK: A part of a lattice

extension PositionLattice {
    /// Rows of nodes that are looked at together where only the step is wanted.
    private static let chunk = 256

    /// The distance between the nodes of the lattice over a target, found without holding that lattice.
    ///
    /// - Parameters:
    ///   - size: The target's size.
    ///   - exact: As for the lattice itself.
    /// - Returns: A power of 2, in target pixels.
    static func step(over size: PixelSize, exact: ([Position]) -> [Position]) -> Double {
        var step = 32.0
        while step > 1, !isGood(step, over: size, exact) { step /= 2 }
        return step
    }

    /// The part of a lattice that lies under some of the target's rows, its nodes those of the whole.
    ///
    /// - Parameters:
    ///   - size: The target's size.
    ///   - step: The distance between nodes, as `step(over:exact:)` finds it.
    ///   - targetRows: Rows of the target; elsewhere there are no positions.
    ///   - exact: As for the whole lattice.
    init(
        over size: PixelSize, step: Double, under targetRows: Range<Int>,
        exact: ([Position]) -> [Position]
    ) {
        let all = Self.nodes(along: size.height, step)
        let first = Int((Double(targetRows.lowerBound) - Self.start.rounded(.up)) / step)
        let last = Int((Double(targetRows.upperBound) - Self.start.rounded(.down)) / step) + 1
        let end = min(last + 1, all)
        self.init(size, step: step, rows: max(0, min(first, end - 2))..<end, exact)
    }

    /// Whether nodes at twice a distance tell those at that distance well enough.
    private static func isGood(
        _ step: Double, over size: PixelSize, _ exact: ([Position]) -> [Position]
    ) -> Bool {
        let fine = nodes(along: size.height, step)
        let coarse = nodes(along: size.height, 2 * step)
        for start in stride(from: 0, to: fine, by: chunk) {
            let rows = start..<min(start + chunk, fine)
            // A node on a row of the coarser ones is compared with that row and the one below, as in the whole.
            let around = min(start / 2, coarse - 2)..<min((rows.upperBound - 1) / 2 + 2, coarse)
            let truth = PositionLattice(size, step: step, rows: rows, exact)
            let guess = PositionLattice(size, step: 2 * step, rows: around, exact)
            guard guess.error(against: truth) <= tolerance else { return false }
        }
        return true
    }
}
