/// Displacements on a grid of nodes, in pixels of the reference; bilinear between nodes, held constant beyond the last.
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
    /// Standard error of each node in pixels: its own window's where that answered, else the nearest answers' scatter.
    public let uncertainty: [Double]

    /// The displacement at a position of the reference.
    public func shift(row: Double, column: Double) -> Shift {
        let r = ((row - firstRow) / step).clamped(to: 0...Double(rows - 1))
        let c = ((column - firstColumn) / step).clamped(to: 0...Double(columns - 1))
        let (r0, c0) = (min(Int(r), max(rows - 2, 0)), min(Int(c), max(columns - 2, 0)))
        let (r1, c1) = (min(r0 + 1, rows - 1), min(c0 + 1, columns - 1))
        let (fr, fc) = (r - Double(r0), c - Double(c0))
        func value(_ values: [Double]) -> Double {
            let upper = values[r0 * columns + c0] * (1 - fc) + values[r0 * columns + c1] * fc
            let lower = values[r1 * columns + c0] * (1 - fc) + values[r1 * columns + c1] * fc
            return upper * (1 - fr) + lower * fr
        }
        return Shift(rows: value(rowShifts), columns: value(columnShifts))
    }
}

/// What the windows of a pair agree on: one global shift and, where they show one, a smooth local field.
public struct FittedShift: Sendable {
    /// The mean of the field over the reference.
    public let global: Shift
    /// The field, global shift included; `nil` when one shift explains all windows.
    public let field: AlignmentField?
    /// "constant", "affine" or "smooth".
    public let model: String
    /// Windows that count, after outliers were set aside.
    public let inliers: Int
    /// Root mean square of the field about the global shift, in pixels, per component pair.
    public let localRootMeanSquare: Double
    /// Median distance in pixels between windows and the model, found on windows that were left out of its fit.
    public let crossCheckedResidual: Double
    /// Standard error of the global shift in pixels.
    public let uncertainty: Double
}

extension WindowSurvey {
    /// What the windows agree on, over a reference of a size; `nil` when none answered.
    public func fitted(width: Int, height: Int) -> FittedShift? {
        FieldFitter(survey: self).fit(width: width, height: height)
    }
}

/// Fits the smallest model that explains the windows: one shift, a plane, or a smooth field.
///
/// Each model is fitted four times without a quarter of the windows and judged on that quarter; a richer one is taken only
/// when it is at least a tenth better. Outliers lose their say by Tukey's biweight.
struct FieldFitter {
    let survey: WindowSurvey

    private var rows: Int { survey.rows + 2 }
    private var columns: Int { survey.columns + 2 }

    /// The models, from stiff to supple.
    private enum Model: CaseIterable {
        case constant, affine, stiff, medium, supple, limp

        var smoothness: Double? {
            switch self {
            case .constant, .affine: nil
            case .stiff: 10
            case .medium: 1
            case .supple: 0.1
            case .limp: 0.01
            }
        }

        var name: String {
            switch self {
            case .constant: "constant"
            case .affine: "affine"
            default: "smooth"
            }
        }

        /// Windows that a model needs.
        var needs: Int {
            switch self {
            case .constant: 1
            case .affine: 8
            default: 16
            }
        }
    }

    func fit(width: Int, height: Int) -> FittedShift? {
        let answers = survey.answers
        guard !answers.isEmpty else { return nil }
        var best = (model: Model.constant, score: Double.infinity)
        for model in Model.allCases where answers.count >= model.needs {
            let score = crossCheck(model)
            if score < 0.9 * best.score { best = (model, score) }
        }
        let solution = solve(best.model, answers)
        let weights = robustWeights(solution, answers)
        return summary(
            solution, model: best.model, score: best.score, weights: weights, width: width,
            height: height)
    }

    // MARK: Judging

    /// Median distance of left-out windows from a model fitted to the others.
    private func crossCheck(_ model: Model) -> Double {
        let answers = survey.answers
        guard answers.count >= 4 else { return .infinity }
        var distances: [Double] = []
        for fold in 0..<4 {
            let isOut = { (answer: WindowShift) in
                (answer.gridRow + 2 * answer.gridColumn + answer.gridColumn / 2) % 4 == fold
            }
            let kept = answers.filter { !isOut($0) }
            guard kept.count >= 3 else { continue }
            let solution = solve(model, kept)
            distances += answers.filter(isOut).map { ($0.shift - solution[node($0)]).length }
        }
        return distances.isEmpty ? .infinity : distances.median
    }

    private func node(_ answer: WindowShift) -> Int {
        (answer.gridRow + 1) * columns + answer.gridColumn + 1
    }

    // MARK: Solving

    /// The model's shift on every node, one ring wider than the windows.
    private func solve(_ model: Model, _ answers: [WindowShift]) -> [Shift] {
        let middle = Shift(
            rows: answers.map(\.shift.rows).median, columns: answers.map(\.shift.columns).median)
        var field = [Shift](repeating: middle, count: rows * columns)
        for _ in 0..<5 {
            let weights = robustWeights(field, answers)
            switch model {
            case .constant, .affine:
                field = plane(answers, weights, isConstant: model == .constant) ?? field
            default:
                field = smooth(answers, weights, model.smoothness ?? 1, start: field)
            }
        }
        return field
    }

    /// Tukey's weights about a field, by the answers' precision.
    private func robustWeights(_ field: [Shift], _ answers: [WindowShift]) -> [Double] {
        let distances = answers.map { ($0.shift - field[node($0)]).length }
        let scale = max(4.685 * 1.4826 * distances.median, 0.02)
        return zip(answers, distances).map { answer, distance in
            let relative = distance / scale
            guard relative < 1 else { return 0 }
            let weight = (1 - relative * relative) * (1 - relative * relative)
            let error = max(answer.uncertainty, 0.005)
            return weight * min(1, 0.02 * 0.02 / (error * error) + 0.05)
        }
    }

    private func plane(
        _ answers: [WindowShift], _ weights: [Double], isConstant: Bool
    ) -> [Shift]? {
        let centre = (Double(survey.rows - 1) / 2, Double(survey.columns - 1) / 2)
        var normal = [Double](repeating: 0, count: 9)
        var right = [[Double]](repeating: [0, 0, 0], count: 2)
        for (answer, weight) in zip(answers, weights) {
            let basis = [
                1, isConstant ? 0 : Double(answer.gridRow) - centre.0,
                isConstant ? 0 : Double(answer.gridColumn) - centre.1,
            ]
            for i in 0..<3 {
                for j in 0..<3 { normal[3 * i + j] += weight * basis[i] * basis[j] }
                right[0][i] += weight * basis[i] * answer.shift.rows
                right[1][i] += weight * basis[i] * answer.shift.columns
            }
        }
        guard normal[0] > 0 else { return nil }
        // A slope that the windows cannot tell stays 0.
        for i in 1..<3 { normal[4 * i] += isConstant ? 1 : 1e-6 * normal[0] }
        guard let first = solved3(normal, right[0]), let second = solved3(normal, right[1]) else {
            return nil
        }
        return (0..<rows * columns).map { index in
            let r = Double(index / columns - 1) - centre.0
            let c = Double(index % columns - 1) - centre.1
            return Shift(
                rows: first[0] + first[1] * r + first[2] * c,
                columns: second[0] + second[1] * r + second[2] * c)
        }
    }

    private func smooth(
        _ answers: [WindowShift], _ weights: [Double], _ smoothness: Double, start: [Shift]
    ) -> [Shift] {
        let mean = weights.reduce(0, +) / Double(max(weights.count, 1))
        guard mean > 0 else { return start }
        var strength = [Double](repeating: 0, count: rows * columns)
        var values = [Shift](repeating: .zero, count: rows * columns)
        for (answer, weight) in zip(answers, weights) {
            strength[node(answer)] = weight / mean
            values[node(answer)] = answer.shift
        }
        let solver = SmoothField(rows: rows, columns: columns, smoothness: smoothness)
        let down = solver.solve(
            values: values.map(\.rows), weights: strength, start: start.map(\.rows))
        let across = solver.solve(
            values: values.map(\.columns), weights: strength, start: start.map(\.columns))
        return zip(down, across).map { Shift(rows: $0, columns: $1) }
    }

    // MARK: What is said of it

    private func summary(
        _ solution: [Shift], model: Model, score: Double, weights: [Double], width: Int,
        height: Int
    ) -> FittedShift {
        let answers = survey.answers
        let distances = answers.map { ($0.shift - solution[node($0)]).length }
        let scatter = max(distances.median, 1e-4)
        var errors = [Double](repeating: scatter, count: solution.count)
        for answer in answers { errors[node(answer)] = max(answer.uncertainty, 1e-4) }
        let half = Double(survey.side) / 2
        let field = AlignmentField(
            firstRow: Double(survey.first.row) + half - Double(survey.step),
            firstColumn: Double(survey.first.column) + half - Double(survey.step),
            step: Double(survey.step), rows: rows, columns: columns,
            rowShifts: solution.map(\.rows), columnShifts: solution.map(\.columns),
            uncertainty: errors)
        let samples = stride(from: 8.0, to: Double(height), by: 16).flatMap { row in
            stride(from: 8.0, to: Double(width), by: 16).map { field.shift(row: row, column: $0) }
        }
        let count = Double(max(samples.count, 1))
        let sum = samples.reduce(Shift.zero, +)
        let global =
            samples.isEmpty
            ? solution[0] : Shift(rows: sum.rows / count, columns: sum.columns / count)
        let spread = samples.reduce(0) { $0 + ($1 - global).length * ($1 - global).length }
        let inliers = weights.count { $0 > 0 }
        return FittedShift(
            global: global, field: model == .constant ? nil : field, model: model.name,
            inliers: inliers,
            localRootMeanSquare: model == .constant ? 0 : (spread / count).squareRoot(),
            crossCheckedResidual: score.isFinite ? score : scatter,
            uncertainty: scatter / Double(max(inliers, 1)).squareRoot())
    }
}

/// Solves three equations by Cramer's rule; `nil` when they say nothing.
private func solved3(_ m: [Double], _ b: [Double]) -> [Double]? {
    func determinant(_ m: [Double]) -> Double {
        m[0] * (m[4] * m[8] - m[5] * m[7]) - m[1] * (m[3] * m[8] - m[5] * m[6])
            + m[2] * (m[3] * m[7] - m[4] * m[6])
    }
    let whole = determinant(m)
    guard abs(whole) > 1e-30 else { return nil }
    return (0..<3).map { column in
        var replaced = m
        for row in 0..<3 { replaced[3 * row + column] = b[row] }
        return determinant(replaced) / whole
    }
}

extension [Double] {
    /// The middle value; 0 for none.
    var median: Double {
        guard !isEmpty else { return 0 }
        let ordered = sorted()
        let middle = count / 2
        return count % 2 == 1 ? ordered[middle] : (ordered[middle - 1] + ordered[middle]) / 2
    }
}
