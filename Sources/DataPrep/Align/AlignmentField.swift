/// Displacements on a grid of nodes, in pixels of the reference; bilinear between nodes, held constant beyond the last; and the
/// steps at borders of strips on top.
public struct AlignmentField: Hashable, Sendable, Codable {
    /// Row of the first node's position, in pixel coordinates of the reference (pixel centres lie at +0.5).
    public let firstRow: Double
    /// Column of the first node's position.
    public let firstColumn: Double
    /// Pixels between nodes.
    public let step: Double
    /// Node rows.
    public let rows: Int
    /// Node columns.
    public let columns: Int
    /// Displacement along rows at each node, (rows, columns).
    public let rowShifts: [Double]
    /// Displacement along columns at each node, (rows, columns).
    public let columnShifts: [Double]
    /// Standard error of each node in pixels: its own window's where that answered; beside one that did the scatter of all,
    /// growing with the distance from there to what the field changes by where it is known.
    public let uncertainty: [Double]
    /// Borders of strips that lie apart; `nil` when there are none.
    public var borders: [StripBorder]?

    /// The displacement at a position of the reference.
    public func shift(row: Double, column: Double) -> Shift {
        let shift = line(row: row).shift(column: column)
        return Shift(rows: shift.y, columns: shift.x)
    }

    /// The field along one row of the reference, for the inner loop of a warp.
    struct Line {
        let first: Double
        let step: Double
        /// Displacements at the nodes' columns: x along columns, y along rows.
        let nodes: [SIMD2<Double>]
        /// The columns of borders, and what is added to the right of each.
        let steps: [(column: Double, jump: SIMD2<Double>)]

        @inline(__always)
        func shift(column: Double) -> SIMD2<Double> {
            let place = ((column - first) / step).clamped(to: 0...Double(nodes.count - 1))
            let left = min(Int(place), max(nodes.count - 2, 0))
            let right = min(left + 1, nodes.count - 1)
            var shift = nodes[left] + (nodes[right] - nodes[left]) * (place - Double(left))
            for step in steps where column > step.column { shift += step.jump }
            return shift
        }
    }

    /// The field along a row.
    func line(row: Double) -> Line {
        let place = ((row - firstRow) / step).clamped(to: 0...Double(rows - 1))
        let upper = min(Int(place), max(rows - 2, 0))
        let lower = min(upper + 1, rows - 1)
        let share = place - Double(upper)
        let nodes = (0..<columns).map { column in
            let above = SIMD2(
                columnShifts[upper * columns + column], rowShifts[upper * columns + column])
            let below = SIMD2(
                columnShifts[lower * columns + column], rowShifts[lower * columns + column])
            return above + (below - above) * share
        }
        let steps = (borders ?? []).map {
            ($0.column(atRow: row), SIMD2($0.jump.columns, $0.jump.rows))
        }
        return Line(first: firstColumn, step: step, nodes: nodes, steps: steps)
    }
}

extension AlignmentField {
    /// The same field without a constant shift, on a grid of finer or coarser pixels.
    func scaled(by scale: Double, minus constant: Shift) -> AlignmentField {
        AlignmentField(
            firstRow: firstRow * scale, firstColumn: firstColumn * scale, step: step * scale,
            rows: rows, columns: columns,
            rowShifts: rowShifts.map { ($0 - constant.rows) * scale },
            columnShifts: columnShifts.map { ($0 - constant.columns) * scale },
            uncertainty: uncertainty.map { $0 * scale },
            borders: borders?.map {
                StripBorder(column: $0.column * scale, slope: $0.slope, jump: $0.jump * scale)
            })
    }

    /// The displacement at every node, borders' steps included.
    var nodeShifts: [Shift] {
        (0..<rows).flatMap { row in
            let line = line(row: firstRow + Double(row) * step)
            return (0..<columns).map { column in
                let shift = line.shift(column: firstColumn + Double(column) * step)
                return Shift(rows: shift.y, columns: shift.x)
            }
        }
    }

    /// Other displacements on the same nodes, without borders.
    func replacing(_ shifts: [Shift], uncertainty: [Double]) -> AlignmentField {
        AlignmentField(
            firstRow: firstRow, firstColumn: firstColumn, step: step, rows: rows,
            columns: columns, rowShifts: shifts.map(\.rows), columnShifts: shifts.map(\.columns),
            uncertainty: uncertainty)
    }

    /// The mean displacement over an image of a size, and the root mean square about it, in pixels.
    func summary(width: Int, height: Int) -> (mean: Shift, spread: Double) {
        let samples = stride(from: 8.0, to: Double(height), by: 16).flatMap { row in
            let line = line(row: row)
            return stride(from: 8.0, to: Double(width), by: 16).map { line.shift(column: $0) }
        }
        let count = Double(max(samples.count, 1))
        let mean = samples.reduce(.zero, +) / count
        let spread = samples.reduce(0) { $0 + (($1 - mean) * ($1 - mean)).sum() }
        return (Shift(rows: mean.y, columns: mean.x), (spread / count).squareRoot())
    }
}

/// What the windows of a pair agree on: one global shift and, where they show one, a smooth local field.
public struct FittedShift: Sendable {
    /// The mean of the field over the reference.
    public let global: Shift
    /// The field, global shift included; `nil` when one shift explains all windows.
    public let field: AlignmentField?
    /// "constant", "affine", "smooth" or "strips".
    public let model: String
    /// Windows that count, after outliers were set aside.
    public let inliers: Int
    /// Root mean square of the field about the global shift, in pixels, per component pair.
    public let localRootMeanSquare: Double
    /// Median distance in pixels between windows and the model, found on windows that were left out of its fit.
    public let crossCheckedResidual: Double
    /// Standard error of the global shift in pixels.
    public let uncertainty: Double

    /// The displacement at a position of the reference.
    public func shift(row: Double, column: Double) -> Shift {
        field?.shift(row: row, column: column) ?? global
    }
}

extension WindowSurvey {
    /// What the windows agree on, over a reference of a size; `nil` when none answered.
    public func fitted(width: Int, height: Int) -> FittedShift? {
        FieldFitter(survey: self).fit(width: width, height: height)
    }

    /// A first smooth field, at the middle of every window: (rows, columns).
    func guide() -> [Shift] { FieldFitter(survey: self).guide() }
}
