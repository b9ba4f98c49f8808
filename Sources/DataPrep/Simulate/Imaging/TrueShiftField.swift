import Foundation
import Geo

/// By how much a date's image is displaced against the reference: the truth that alignment looks for.
///
/// Content at pixel (row, column) of the reference lies at (row + rows, column + columns) in the date's
/// image: a whole-scene shift plus a smooth warp (two slow waves an axis) whose mean is taken off.
public struct TrueShiftField: Sendable {
    /// Mean displacement in pixels of 10 m, as (rows, columns).
    public let global: (rows: Double, columns: Double)
    /// Greatest local deviation from the mean in pixels, about.
    public let warp: Double
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
    ///   - size: Width and height of the scene in pixels.
    ///   - seed: Which warp.
    public init(rows: Double, columns: Double, warp: Double, size: Int, seed: UInt64) {
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
        global = (rows, columns)
        offsets = (
            Self.mean(rowWaves, size: size) - rows, Self.mean(columnWaves, size: size) - columns
        )
    }

    private let offsets: (rows: Double, columns: Double)

    private static func mean(_ waves: [Wave], size: Int) -> Double {
        let steps = 64
        var sum = 0.0
        for row in 0..<steps {
            for column in 0..<steps {
                let at = Double(size) / Double(steps)
                for wave in waves {
                    sum += wave((Double(row) + 0.5) * at, (Double(column) + 0.5) * at)
                }
            }
        }
        return sum / Double(steps * steps)
    }

    /// The displacement of the content at a reference position, in pixels.
    public func callAsFunction(row: Double, column: Double) -> (rows: Double, columns: Double) {
        guard warp != 0 else { return global }
        var sum = (rows: -offsets.rows, columns: -offsets.columns)
        for wave in rowWaves { sum.rows += wave(row, column) }
        for wave in columnWaves { sum.columns += wave(row, column) }
        return sum
    }

    /// The reference position whose content lies at a position of the date's image, in pixels.
    public func referencePosition(row: Double, column: Double) -> (row: Double, column: Double) {
        var (fromRow, fromColumn) = (row - global.rows, column - global.columns)
        guard warp != 0 else { return (fromRow, fromColumn) }
        for _ in 0..<5 {
            let shift = self(row: fromRow, column: fromColumn)
            (fromRow, fromColumn) = (row - shift.rows, column - shift.columns)
        }
        return (fromRow, fromColumn)
    }
}
