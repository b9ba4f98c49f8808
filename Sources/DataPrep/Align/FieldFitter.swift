import Dispatch
import Foundation

/// Fits the smallest model that explains the windows: one shift, a plane, or a smooth field; each also with the steps of strips.
///
/// Each model is fitted four times without a quarter of the windows and judged on that quarter; a richer one is taken only
/// when it is clearly better. Outliers lose their say by Tukey's biweight.
struct FieldFitter {
    let survey: WindowSurvey
    /// Borders whose steps were taken off the survey's answers.
    var borders: [StripBorder] = []

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

    /// Fits `Model`s, and those with strips if that is clearly better.
    func fit(width: Int, height: Int) -> FittedShift? {
        guard !survey.answers.isEmpty else { return nil }
        let plain = best()
        let strips = strips()
        if let strips {
            let other = strips.best()
            if other.check.score < Self.gain * plain.check.score {
                return strips.summary(other, width: width, height: height)
            }
        }
        return summary(plain, width: width, height: height)
    }

    /// The same windows without the steps of strips; `nil` when they show none.
    private func strips() -> FieldFitter? {
        guard survey.answers.count >= StripFinder.fewestWindows else { return nil }
        let weights = robustWeights(solve(.supple, survey.answers), survey.answers)
        let finder = StripFinder(survey: survey, weights: weights)
        let borders = finder.borders()
        guard !borders.isEmpty else { return nil }
        var smooth = survey
        for index in smooth.answers.indices {
            for border in borders {
                let share = finder.share(of: smooth.answers[index], rightOf: border)
                smooth.answers[index].shift = smooth.answers[index].shift - border.jump * share
            }
        }
        return FieldFitter(survey: smooth, borders: borders)
    }

    private typealias Choice = (model: Model, check: CrossCheck)

    /// The model that left-out windows speak for.
    private func best() -> Choice {
        var best = (model: Model.constant, check: CrossCheck())
        for model in Model.allCases where survey.answers.count >= model.needs {
            let check = crossCheck(model)
            if check.score < Self.gain * best.check.score { best = (model, check) }
        }
        return best
    }

    /// A smooth field at the middle of every window, not judged.
    func guide() -> [Shift] {
        let field = solve(.medium, survey.answers)
        return (0..<survey.rows * survey.columns).map {
            field[($0 / survey.columns + 1) * columns + $0 % survey.columns + 1]
        }
    }

    // MARK: Judging

    /// How far windows lie from a model that was fitted without them, in pixels.
    private struct CrossCheck {
        /// Root of the mean square by precision; what is beyond `farthest` counts as just that far.
        var score = Double.infinity
        var median = Double.infinity
    }

    /// The share of its forerunner's score that a richer model must stay under.
    private static let gain = 0.95
    /// Distances beyond this many pixels are those of outliers.
    private static let farthest = 0.15

    private func crossCheck(_ model: Model) -> CrossCheck {
        let answers = survey.answers
        guard answers.count >= 4 else { return CrossCheck() }
        var folds = [[(distance: Double, weight: Double)]](repeating: [], count: 4)
        folds.withUnsafeMutableBufferPointer { buffer in
            // Sound: each fold writes its own place.
            nonisolated(unsafe) let buffer = buffer
            DispatchQueue.concurrentPerform(iterations: 4) { fold in
                buffer[fold] = distances(of: model, without: fold)
            }
        }
        let all = folds.flatMap(\.self)
        let total = all.reduce(0) { $0 + $1.weight }
        guard total > 0 else { return CrossCheck() }
        let square = all.reduce(0) { sum, window in
            let distance = min(window.distance, Self.farthest)
            return sum + window.weight * distance * distance
        }
        return CrossCheck(
            score: (square / total).squareRoot(), median: all.map(\.distance).median)
    }

    /// How far a quarter of the windows lies from a model of the others, and what each counts.
    private func distances(
        of model: Model, without fold: Int
    ) -> [(distance: Double, weight: Double)] {
        let isOut = { (answer: WindowShift) in
            (answer.gridRow + 2 * answer.gridColumn + answer.gridColumn / 2) % 4 == fold
        }
        let kept = survey.answers.filter { !isOut($0) }
        guard kept.count >= 3 else { return [] }
        let solution = solve(model, kept)
        return survey.answers.filter(isOut).map {
            (
                ($0.shift - seen($0, in: solution)).length,
                Self.floor / ($0.uncertainty * $0.uncertainty + Self.floor)
            )
        }
    }

    /// The node in the middle of a window.
    private func node(_ answer: WindowShift) -> Int {
        (answer.gridRow + 1) * columns + answer.gridColumn + 1
    }

    /// What a window would find in a field: its mean where the window has texture.
    private func seen(_ answer: WindowShift, in field: [Shift]) -> Shift {
        nodes(under: answer).reduce(.zero) { $0 + field[$1.index] * $1.share }
    }

    /// The nodes around a window by the share of its texture that lies at them: bilinear from its cells.
    private func nodes(under answer: WindowShift) -> [(index: Int, share: Double)] {
        let cells = WindowCutter.cells
        var shares = [Double](repeating: 0, count: 9)
        for (index, texture) in answer.texture.enumerated() where texture > 0 {
            // From the window's middle, in nodes; a window reaches half its side and never past the next node.
            let reach = Double(survey.side) / Double(survey.step)
            let down = (Double(index / cells) + 0.5) / Double(cells) * reach - reach / 2
            let right = (Double(index % cells) + 0.5) / Double(cells) * reach - reach / 2
            let (fr, fc) = (abs(down), abs(right))
            let (row, column) = (down < 0 ? 0 : 2, right < 0 ? 0 : 2)
            let share = Double(texture)
            shares[4] += share * (1 - fr) * (1 - fc)
            shares[3 + column] += share * (1 - fr) * fc
            shares[3 * row + 1] += share * fr * (1 - fc)
            shares[3 * row + column] += share * fr * fc
        }
        let middle = node(answer)
        return shares.enumerated().filter { $0.element > 0 }.map { place, share in
            (middle + (place / 3 - 1) * columns + place % 3 - 1, share)
        }
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
        let errors = answers.map { ($0.uncertainty * $0.uncertainty + Self.floor).squareRoot() }
        let distances = zip(answers, errors).map { ($0.shift - seen($0, in: field)).length / $1 }
        let scale = max(4.685 * 1.4826 * distances.median, 4.685)
        return zip(errors, distances).map { error, distance in
            let relative = distance / scale
            guard relative < 1 else { return 0 }
            let weight = (1 - relative * relative) * (1 - relative * relative)
            return weight * Self.floor / (error * error)
        }
    }

    /// What a window is wrong by however well its phases agree (change, relief), squared: 0.01 px.
    private static let floor = 1e-4

    /// The middle of a window's texture, in windows.
    private func middle(of answer: WindowShift) -> (row: Double, column: Double) {
        nodes(under: answer).reduce((0, 0)) { sum, node in
            (
                sum.0 + node.share * Double(node.index / columns - 1),
                sum.1 + node.share * Double(node.index % columns - 1)
            )
        }
    }

    private func plane(
        _ answers: [WindowShift], _ weights: [Double], isConstant: Bool
    ) -> [Shift]? {
        let centre = (Double(survey.rows - 1) / 2, Double(survey.columns - 1) / 2)
        var normal = [Double](repeating: 0, count: 9)
        var right = [[Double]](repeating: [0, 0, 0], count: 2)
        for (answer, weight) in zip(answers, weights) {
            let at = middle(of: answer)
            let basis = [
                1, isConstant ? 0 : at.row - centre.0, isConstant ? 0 : at.column - centre.1,
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
        let solver = SmoothField(
            rows: rows, columns: columns, smoothness: smoothness,
            observations: zip(answers, weights).map {
                SmoothField.Observation(nodes: nodes(under: $0), weight: $1 / mean)
            })
        let down = solver.solve(values: answers.map(\.shift.rows), start: start.map(\.rows))
        let across = solver.solve(
            values: answers.map(\.shift.columns), start: start.map(\.columns))
        return zip(down, across).map { Shift(rows: $0, columns: $1) }
    }

    // MARK: What is said of it

    private func summary(_ choice: Choice, width: Int, height: Int) -> FittedShift {
        let (answers, residual) = (survey.answers, choice.check.median)
        let solution = solve(choice.model, answers)
        let weights = robustWeights(solution, answers)
        let distances = answers.map { ($0.shift - seen($0, in: solution)).length }
        let scatter = max(distances.median, 1e-4)
        var errors = guesses(solution, scatter: scatter)
        for answer in answers { errors[node(answer)] = max(answer.uncertainty, 1e-4) }
        let half = Double(survey.side) / 2
        let field = AlignmentField(
            firstRow: Double(survey.first.row) + half - Double(survey.step),
            firstColumn: Double(survey.first.column) + half - Double(survey.step),
            step: Double(survey.step), rows: rows, columns: columns,
            rowShifts: solution.map(\.rows), columnShifts: solution.map(\.columns),
            uncertainty: errors, borders: borders.isEmpty ? nil : borders)
        let isConstant = choice.model == .constant && borders.isEmpty
        let summary = field.summary(width: width, height: height)
        let inliers = weights.count { $0 > 0 }
        return FittedShift(
            global: isConstant ? solution[0] : summary.mean,
            field: isConstant ? nil : field,
            model: borders.isEmpty ? choice.model.name : "strips", inliers: inliers,
            localRootMeanSquare: isConstant ? 0 : summary.spread,
            crossCheckedResidual: residual.isFinite ? residual : scatter,
            uncertainty: scatter / Double(max(inliers, 1)).squareRoot())
    }

    /// Nodes over which a field that nobody saw becomes a guess.
    private static let memory = 4.0
    /// What a field may change by where nobody saw it, at least, in pixels.
    private static let leastChange = 0.05

    /// The standard error of every node that no window answered for: beside an answer the scatter of all, farther off
    /// growing to what the field changes by where it is known.
    private func guesses(_ solution: [Shift], scatter: Double) -> [Double] {
        let known = survey.answers.map { seen($0, in: solution) }
        let mean = known.reduce(.zero, +) * (1 / Double(known.count))
        let squares = known.reduce(0) { $0 + ($1 - mean).length * ($1 - mean).length }
        let change = max(Self.leastChange, (squares / Double(known.count)).squareRoot())
        return distancesToAnswers().map { distance in
            guard distance > 1 else { return scatter }
            let unknown = change * (1 - exp(-Double(distance - 1) / Self.memory))
            return (scatter * scatter + unknown * unknown).squareRoot()
        }
    }

    /// Steps from every node to the nearest window that answered, in eight directions.
    private func distancesToAnswers() -> [Int] {
        var distances = [Int](repeating: .max, count: rows * columns)
        var edge = survey.answers.map(node)
        for index in edge { distances[index] = 0 }
        var distance = 0
        while !edge.isEmpty {
            distance += 1
            var next: [Int] = []
            for index in edge {
                let (row, column) = (index / columns, index % columns)
                for r in max(0, row - 1)...min(rows - 1, row + 1) {
                    for c in max(0, column - 1)...min(columns - 1, column + 1)
                    where distances[r * columns + c] == .max {
                        distances[r * columns + c] = distance
                        next.append(r * columns + c)
                    }
                }
            }
            edge = next
        }
        return distances
    }
}

/// Solves three equations by Cramer's rule; `nil` when they say nothing.
func solved3(_ m: [Double], _ b: [Double]) -> [Double]? {
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
