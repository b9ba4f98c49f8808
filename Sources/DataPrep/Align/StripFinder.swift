/// Finds the borders of strips in what windows say.
///
/// Along a border, windows within reach on either side differ by the same step, beyond what a plane explains. Every slope and
/// place is asked for the step that the windows show there; of one slope, the borders that stand out are kept, and moved to where
/// the windows that lie across them want them.
struct StripFinder {
    /// Windows without which nothing is looked for.
    static let fewestWindows = 100
    /// Windows that are needed within reach on either side.
    private static let fewestBeside = 12
    /// The square of step over standard error, of both components, from which a border stands out; noise alone stays under
    /// about 30 among ten thousand places.
    private static let leastStrength = 60.0
    /// Least pixels from one border to the next; a detector of Sentinel-2 sees about 2,550.
    private static let leastWidth = 1000.0
    /// Slopes that are tried, columns a row.
    private static let slopes = stride(from: -0.4, through: 0.4, by: 0.02)

    private let windows: [Window]
    private let side: Double
    /// The middle row, about which slopes turn.
    private let pivot: Double
    /// How far windows beside a border speak for it, in pixels.
    private let reach: Double

    /// A window that answered.
    private struct Window {
        let row: Double
        let column: Double
        let shift: SIMD2<Double>
        let weight: Double
        let cells: [Cell]
    }

    /// A part of a window and its share of the window's texture.
    private struct Cell {
        let row: Double
        let column: Double
        let share: Double
    }

    /// A line that may be a border: the column in which it crosses the pivot's row, and its slope.
    private struct Line {
        var column: Double
        var slope: Double
    }

    /// What the windows beside a line say.
    private struct Step {
        var jump = SIMD2<Double>.zero
        var strength = 0.0
        /// What the plane and the step leave, weighted squares.
        var left = Double.infinity
    }

    /// Of answers and how far each is believed, 0…1.
    init(survey: WindowSurvey, weights: [Double]) {
        side = Double(survey.side)
        reach = 4.5 * side
        pivot =
            Double(survey.first.row) + side / 2
            + Double(survey.step) * Double(survey.rows - 1) / 2
        windows = zip(survey.answers, weights).filter { $1 > 0 }.map { answer, weight in
            let cells = Self.cells(of: answer, in: survey)
            return Window(
                row: cells.reduce(0) { $0 + $1.share * $1.row },
                column: cells.reduce(0) { $0 + $1.share * $1.column },
                shift: SIMD2(answer.shift.rows, answer.shift.columns), weight: weight,
                cells: cells)
        }
        self.survey = survey
    }

    private let survey: WindowSurvey

    private static func cells(of answer: WindowShift, in survey: WindowSurvey) -> [Cell] {
        let count = WindowCutter.cells
        let width = Double(survey.side) / Double(count)
        let top = Double(survey.first.row + answer.gridRow * survey.step)
        let left = Double(survey.first.column + answer.gridColumn * survey.step)
        return answer.texture.enumerated().filter { $0.element > 0 }.map { index, share in
            Cell(
                row: top + (Double(index / count) + 0.5) * width,
                column: left + (Double(index % count) + 0.5) * width, share: Double(share))
        }
    }

    /// The share of a window's texture that lies right of a border.
    func share(of answer: WindowShift, rightOf border: StripBorder) -> Double {
        share(
            of: Self.cells(of: answer, in: survey),
            rightOf: Line(column: border.column(atRow: pivot), slope: border.slope))
    }

    private func share(of cells: [Cell], rightOf line: Line) -> Double {
        let width = side / Double(WindowCutter.cells)
        return cells.reduce(0) { sum, cell in
            let distance = cell.column - line.column - line.slope * (cell.row - pivot)
            return sum + cell.share * (distance / width + 0.5).clamped(to: 0...1)
        }
    }

    /// All borders, from left to right.
    func borders() -> [StripBorder] {
        guard windows.count >= Self.fewestWindows else { return [] }
        var best: (lines: [Line], strength: Double) = ([], 0)
        for slope in Self.slopes {
            let found = lines(ofSlope: slope)
            if found.strength > best.strength { best = found }
        }
        guard !best.lines.isEmpty else { return [] }
        let lines = refined(best.lines)
        return lines.map { line in
            let jump = step(at: line, isCrossed: true).jump
            return StripBorder(
                column: line.column - line.slope * pivot, slope: line.slope,
                jump: Shift(rows: jump.x, columns: jump.y))
        }.sorted { $0.column < $1.column }
    }

    /// The borders of a slope that stand out, the strongest first where they are too close, and their strengths' sum.
    private func lines(ofSlope slope: Double) -> (lines: [Line], strength: Double) {
        let places = windows.map { $0.column - slope * ($0.row - pivot) }
        guard let first = places.min(), let last = places.max() else { return ([], 0) }
        // Nearer to the edge a bend of the field looks like a step.
        let tried = stride(from: first + 2 * side, through: last - 2 * side, by: side / 4).map {
            column in
            let line = Line(column: column, slope: slope)
            return (line: line, strength: step(at: line, isCrossed: false).strength)
        }
        var kept: [(line: Line, strength: Double)] = []
        for found in tried.sorted(by: { $0.strength > $1.strength }) {
            guard found.strength >= Self.leastStrength else { break }
            let isFree = kept.allSatisfy {
                abs($0.line.column - found.line.column) >= Self.leastWidth
            }
            if isFree { kept.append(found) }
        }
        return (kept.map(\.line), kept.reduce(0) { $0 + $1.strength })
    }

    /// Moves borders, and turns them together, to where the windows that lie across them fit best.
    private func refined(_ lines: [Line]) -> [Line] {
        var best = (lines: lines, left: Double.infinity)
        for (turn, reach, move) in [(0.004, 5, side / 16), (0.001, 4, side / 64)] {
            let start = best.lines
            best.left = .infinity
            for notch in -reach...reach {
                let turned = start.map {
                    moved(Line(column: $0.column, slope: $0.slope + turn * Double(notch)), by: move)
                }
                let left = turned.reduce(0) { $0 + $1.left }
                if left < best.left { best = (turned.map(\.line), left) }
            }
        }
        return best.lines
    }

    private func moved(_ line: Line, by move: Double) -> (line: Line, left: Double) {
        var best = (line: line, left: Double.infinity)
        for notch in -10...10 {
            let other = Line(column: line.column + move * Double(notch), slope: line.slope)
            let left = step(at: other, isCrossed: true, around: line.column).left
            if left < best.left { best = (other, left) }
        }
        return best
    }

    /// The step at a line: what windows within reach say beyond a plane.
    ///
    /// - Parameters:
    ///   - line: Where it is looked for.
    ///   - isCrossed: Whether windows that lie across the line speak too, by their texture on either side.
    ///   - centre: The column about which windows are taken; the line's own if `nil`.
    /// - Returns: The step, of strength 0 where too few windows lie on either side.
    private func step(at line: Line, isCrossed: Bool, around centre: Double? = nil) -> Step {
        var sums = StepSums()
        var beside = SIMD2<Int>(0, 0)
        for window in windows {
            let across = window.column - line.slope * (window.row - pivot)
            guard abs(across - (centre ?? line.column)) < reach else { continue }
            let distance = across - line.column
            let isBeside = abs(distance) >= side * 0.75
            guard isBeside || isCrossed else { continue }
            let right =
                isCrossed ? share(of: window.cells, rightOf: line) : distance > 0 ? 1 : 0
            if isBeside { beside[distance > 0 ? 1 : 0] += 1 }
            sums.add(
                [1, distance / reach, (window.row - pivot) / (4 * reach)], step: right,
                window.shift, weight: window.weight)
        }
        guard beside.min() >= Self.fewestBeside else { return Step() }
        return sums.solved().map { Step(jump: $0.jump, strength: $0.strength, left: $0.left) }
            ?? Step()
    }
}

/// Sums of a weighted fit of a plane and a step to both components of shifts.
private struct StepSums {
    private var normal = [Double](repeating: 0, count: 9)
    private var mixed = [SIMD3<Double>](repeating: .zero, count: 3)
    /// Squares and products of step, rows and columns.
    private var squares = SIMD3<Double>.zero
    private var products = SIMD2<Double>.zero
    private var count = 0

    mutating func add(
        _ basis: SIMD3<Double>, step: Double, _ shift: SIMD2<Double>, weight: Double
    ) {
        let values = SIMD3(step, shift.x, shift.y)
        for i in 0..<3 {
            for j in 0..<3 { normal[3 * i + j] += weight * basis[i] * basis[j] }
            mixed[i] += values * (weight * basis[i])
        }
        squares += values * values * weight
        products += shift * (weight * step)
        count += 1
    }

    /// The step after the plane is taken off, and what is left.
    func solved() -> (jump: SIMD2<Double>, strength: Double, left: Double)? {
        let planes = (0..<3).compactMap { part in solved3(normal, mixed.map { $0[part] }) }
        guard planes.count == 3, count > 8 else { return nil }
        /// The part of a · b that the plane explains.
        func explained(_ a: Int, _ b: Int) -> Double {
            (0..<3).reduce(0) { $0 + planes[a][$1] * mixed[$1][b] }
        }
        let step = squares[0] - explained(0, 0)
        guard step > 1e-6 * squares[0], step > 0 else { return nil }
        let jump = SIMD2(products.x - explained(0, 1), products.y - explained(0, 2)) / step
        let gain = (jump * jump).sum() * step
        let left = squares[1] - explained(1, 1) + squares[2] - explained(2, 2) - gain
        guard left > 0 else { return nil }
        return (jump, gain / (left / Double(2 * (count - 4))), left)
    }
}
