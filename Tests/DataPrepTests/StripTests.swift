import DataPrep
import Foundation
import Geo
import Testing

/// Displacements with a step along a straight line, as between the strips of two detectors.
@Suite struct StripTests {
    private static let size = 1024
    /// Where the border crosses row 0, and columns a row.
    private static let (border, slope) = (660.0, -0.2)

    /// Random numbers on a lattice under a bell of 1.2 pixels: a picture that is known between its pixels.
    private struct Ground {
        private static let (margin, width, radius) = (8, StripTests.size + 16, 4)
        let heights: [Double]

        init(seed: UInt64) {
            var random = SplitMix64(seed: seed)
            heights = (0..<Self.width * Self.width).map { _ in random.nextUniform() - 0.5 }
        }

        private func bell(_ place: Double) -> (first: Int, weights: [Double]) {
            let first = Int(place.rounded(.down)) - Self.radius + 1
            return (
                first,
                (0..<2 * Self.radius).map {
                    let distance = (place - Double(first + $0)) / 1.2
                    return exp(-0.5 * distance * distance)
                }
            )
        }

        func picture(_ shift: (Double, Double) -> Shift) -> AlignmentImage {
            let size = StripTests.size
            let pixels = (0..<size * size).map { index -> UInt16 in
                let (row, column) = (Double(index / size) + 0.5, Double(index % size) + 0.5)
                let shift = shift(row, column)
                let down = bell(row - shift.rows + Double(Self.margin))
                let across = bell(column - shift.columns + Double(Self.margin))
                var sum = 0.0
                for (i, weight) in down.weights.enumerated() {
                    let start = (down.first + i) * Self.width + across.first
                    for (j, other) in across.weights.enumerated() {
                        sum += weight * other * heights[start + j]
                    }
                }
                return UInt16(4000 + 1000 * sum)
            }
            return AlignmentImage(width: size, height: size, pixels: pixels)
        }
    }

    private static func survey(_ shift: (Double, Double) -> Shift) throws -> WindowSurvey {
        let ground = Ground(seed: 5)
        var search = ShiftSearch()
        search.windowSide = 64
        return try ShiftEstimator(search).survey(
            reference: ground.picture { _, _ in .zero }, moving: ground.picture(shift))
    }

    private static func fit(_ shift: (Double, Double) -> Shift) throws -> FittedShift {
        try #require(try survey(shift).fitted(width: size, height: size))
    }

    @Test("a step along a slanted line is found: its place, its slope and its size")
    func findsAStrip() throws {
        let truth = { (row: Double, column: Double) in
            let isRight = column > Self.border + Self.slope * row
            return Shift(
                rows: 1.3 + 0.1 * sin(row / 300) + (isRight ? 0.15 : 0),
                columns: -0.4 - (isRight ? 0.1 : 0))
        }
        let fit = try Self.fit(truth)
        #expect(fit.model == "strips")
        let border = try #require(fit.field?.borders?.first)
        #expect(fit.field?.borders?.count == 1)
        #expect(abs(border.slope - Self.slope) < 0.02, "slope \(border.slope)")
        #expect(abs(border.column - Self.border) < 10, "column \(border.column)")
        #expect((border.jump - Shift(rows: 0.15, columns: -0.1)).length < 0.02, "\(border.jump)")
        var squares = 0.0
        var count = 0.0
        for row in stride(from: 32.0, to: 992, by: 32) {
            for column in stride(from: 32.0, to: 992, by: 32)
            where abs(column - Self.border - Self.slope * row) > 16 {
                let error = (fit.shift(row: row, column: column) - truth(row, column)).length
                squares += error * error
                count += 1
            }
        }
        #expect((squares / count).squareRoot() < 0.02)
    }

    @Test("a smooth warp has no borders")
    func findsNoStripInAWarp() throws {
        let fit = try Self.fit { row, column in
            Shift(rows: 0.4 * sin(row / 160), columns: 0.3 * cos(column / 200))
        }
        #expect(fit.model == "smooth")
        #expect(fit.field?.borders == nil)
    }

    @Test("far from all windows that answered, a field is said to be a guess")
    func saysWhereAFieldIsAGuess() throws {
        var survey = try Self.survey { row, column in
            Shift(rows: 0.4 * sin(row / 160), columns: 0.3 * cos(column / 200))
        }
        let half = survey.columns / 2
        survey.answers.removeAll { $0.gridColumn >= half }
        let field = try #require(survey.fitted(width: Self.size, height: Self.size)?.field)
        let middle = field.rows / 2 * field.columns
        // Nodes go one beyond the windows on every side.
        let (known, unknown) = (middle + half / 2, middle + field.columns - 1)
        #expect(field.uncertainty[unknown] > 5 * field.uncertainty[known])
        #expect(field.uncertainty[unknown] > 0.1)
        #expect(field.uncertainty[middle + half + 1] < 0.1)
    }

    @Test("windows whose crops change places in brightness answer by their edges")
    func asksEdges() throws {
        let pair = SimulatedPair.render(
            seed: 11, size: 780, shift: (0.8, -1.2), bands: [.b08],
            days: (SimulatedDay(2021, 6, 8), SimulatedDay(2021, 7, 18)))
        let image = { (pixels: [UInt16]) in
            AlignmentImage(width: pair.size.width, height: pair.size.height, pixels: pixels)
        }
        let survey = try ShiftEstimator().survey(
            reference: image(pair.reference), moving: image(pair.target))
        #expect(Double(survey.answers.count) >= 0.95 * Double(survey.asked))
        let fit = try #require(survey.fitted(width: 780, height: 780))
        #expect((fit.global - Shift(rows: 0.8, columns: -1.2)).length < 0.02)
    }
}
