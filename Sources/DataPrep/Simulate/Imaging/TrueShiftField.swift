import Foundation
import Geo

/// By how much a date's image is displaced against the reference: the truth that alignment looks for.
///
/// Content at pixel (row, column) of the reference lies at (row + rows, column + columns) in the date's
/// image: a whole-scene shift plus a smooth warp (two slow waves an axis) and steps between the strips that
/// the sensor's detectors see, whose mean is taken off.
public struct TrueShiftField: Sendable {
    /// Mean displacement in pixels of 10 m, as (rows, columns).
    public let global: (rows: Double, columns: Double)
    /// Greatest local deviation from the mean in pixels, about.
    public let warp: Double
    /// How far neighbouring detectors' strips lie apart along each axis, in pixels.
    public let step: Double
    private let rowWaves: [Wave]
    private let columnWaves: [Wave]

    private struct Wave: Sendable {
        let perRow, perColumn, phase, height: Double

        func callAsFunction(_ row: Double, _ column: Double) -> Double {
            height * sin(perRow * row + perColumn * column + phase)
        }
    }

    /// A field for a scene of `size` pixels.
    ///
    /// - Parameters:
    ///   - rows: Mean displacement along rows, in pixels.
    ///   - columns: Mean displacement along columns, in pixels.
    ///   - warp: Greatest local deviation in pixels; 0 for a pure shift.
    ///   - step: How far neighbouring detectors' strips lie apart along each axis, in pixels; 0 for none.
    ///   - size: Width and height of the scene in pixels.
    ///   - seed: Which warp.
    public init(
        rows: Double, columns: Double, warp: Double, step: Double = 0, size: Int, seed: UInt64
    ) {
        var random = SplitMix64(seed: seed)
        func waves(_ random: inout SplitMix64) -> [Wave] {
            (1...2).map { order in
                let angle = random.nextUniform() * 2 * .pi
                let cycles = 0.6 + 0.7 * random.nextUniform() * Double(order)
                let frequency = 2 * .pi * cycles / Double(size)
                return Wave(
                    perRow: frequency * sin(angle), perColumn: frequency * cos(angle),
                    phase: random.nextUniform() * 2 * .pi,
                    height: warp * (order == 1 ? 0.6 : 0.3) / 1.35)
            }
        }
        rowWaves = waves(&random)
        columnWaves = waves(&random)
        self.warp = warp
        self.step = step
        global = (rows, columns)
        offsets = (0, 0)
        offsets = mean(size: size)
    }

    /// What is taken off, so that the mean over the scene is the global shift.
    private var offsets: (rows: Double, columns: Double)

    private func mean(size: Int) -> (rows: Double, columns: Double) {
        let steps = 64
        var sum = (rows: 0.0, columns: 0.0)
        for row in 0..<steps {
            for column in 0..<steps {
                let at = Double(size) / Double(steps)
                let local = deviation((Double(row) + 0.5) * at, (Double(column) + 0.5) * at)
                sum = (sum.rows + local.rows, sum.columns + local.columns)
            }
        }
        let count = Double(steps * steps)
        return (sum.rows / count, sum.columns / count)
    }

    /// Width of a detector's strip in pixels of 10 m, and columns that its border goes to the left a row.
    private static let (stripWidth, stripSlope) = (2500.0, 0.2)

    /// Warp and strips before their mean is taken off.
    private func deviation(_ row: Double, _ column: Double) -> (rows: Double, columns: Double) {
        var sum = (rows: 0.0, columns: 0.0)
        if warp != 0 {
            for wave in rowWaves { sum.rows += wave(row, column) }
            for wave in columnWaves { sum.columns += wave(row, column) }
        }
        if step != 0 {
            let strip = ((column + Self.stripSlope * row) / Self.stripWidth).rounded(.down)
            let half = strip.truncatingRemainder(dividingBy: 2) == 0 ? step / 2 : -step / 2
            sum = (sum.rows + half, sum.columns - half)
        }
        return sum
    }

    /// The displacement of the content at a reference position, in pixels.
    public func callAsFunction(row: Double, column: Double) -> (rows: Double, columns: Double) {
        guard warp != 0 || step != 0 else { return global }
        let local = deviation(row, column)
        return (
            global.rows + local.rows - offsets.rows,
            global.columns + local.columns - offsets.columns
        )
    }

    /// The reference position whose content lies at a position of the date's image, in pixels.
    public func referencePosition(row: Double, column: Double) -> (row: Double, column: Double) {
        var (fromRow, fromColumn) = (row - global.rows, column - global.columns)
        guard warp != 0 || step != 0 else { return (fromRow, fromColumn) }
        for _ in 0..<5 {
            let shift = self(row: fromRow, column: fromColumn)
            (fromRow, fromColumn) = (row - shift.rows, column - shift.columns)
        }
        return (fromRow, fromColumn)
    }
}
