import DataPrep
import Foundation
import Geo
import Manifests

/// Two dates of a scene, six weeks apart: a quarter of the second under cloud and shadow, an eighth of the land changed, a
/// wedge without data.
///
/// Written for all methods alike: `reference.u16`, `moving.u16` (0 = hidden), `reference-delivered.u16`, `moving-delivered.u16`
/// (0 only where there is no data: clouds in sight, for methods that take a mask), `ideal.u16` (the second date as it would be
/// without any displacement, nothing hidden), `points.json` (size, and for every compared place row, column and true shift) and
/// `truth.f32` (the true shift at every tenth row and column: all rows' parts, then all columns').
struct SimulatedPairFiles {
    enum Kind: String {
        /// One shift.
        case shift
        /// A smooth warp of up to 1.5 px on top.
        case warp
        /// Strips that lie 0.2 px apart on top.
        case strips
    }

    /// Pixels between compared places, the window that must be clear around one, and what counts as near to cloud (500 m).
    private static let (spacing, window, near) = (200, 256, 50)
    /// Pixels between places of `truth.f32`.
    static let truthSpacing = 10

    let size: Int
    private let reference: Picture
    private let moving: Picture
    private let ideal: [UInt16]
    private let field: TrueShiftField

    /// A pair of a seed; without a `shift` (rows, columns) one of up to 3 px is drawn.
    init(seed: UInt64, size: Int, kind: Kind, shift: (rows: Double, columns: Double)? = nil) {
        self.size = size
        let scene = SimulatedScene.make(seed: seed, size: size, dates: 2, changedFraction: 0.12)
        var random = SplitMix64(seed: seed &+ 77)
        let day = SimulatedDay(2021, 7, 18)
        var second = scene.acquisition(
            day: day, index: 1, rows: shift?.rows ?? 6 * random.nextUniform() - 3,
            columns: shift?.columns ?? 6 * random.nextUniform() - 3, warp: kind == .warp ? 1.5 : 0,
            step: kind == .strips ? 0.2 : 0)
        field = second.shift
        second.cloudFraction = 0.2
        second.hasSwathEdge = true
        let first = scene.acquisition(day: SimulatedDay(2021, 6, 8), index: 0)
        let still = scene.acquisition(day: day, index: 1)
        reference = Self.picture(scene.image(first, bands: [.b08]), size)
        moving = Self.picture(scene.image(second, bands: [.b08]), size)
        ideal = scene.image(still, bands: [.b08])[.b08]?.values ?? []
    }

    /// A band of a date.
    private struct Picture {
        /// As delivered: 0 where there is no data.
        let delivered: [UInt16]
        /// With cloud and shadow set to 0 too.
        let clear: [UInt16]
    }

    private static func picture(_ image: SimulatedImage, _ size: Int) -> Picture {
        let delivered = image[.b08]?.values ?? []
        var clear = delivered
        for index in clear.indices {
            let (row, column) = (index / size, index % size)
            let found = image.sceneClasses[row / 2 * (size / 2) + column / 2]
            if [0, 1, 3, 8, 9, 10].contains(found) { clear[index] = 0 }
        }
        return Picture(delivered: delivered, clear: clear)
    }

    func write(to folder: String) throws {
        try AtomicFile.makeFolder(at: folder)
        let images = [
            ("reference", reference.clear), ("moving", moving.clear), ("ideal", ideal),
            ("reference-delivered", reference.delivered), ("moving-delivered", moving.delivered),
        ]
        for (name, pixels) in images {
            try AtomicFile.write(
                pixels.withUnsafeBytes { Array($0) }, to: "\(folder)/\(name).u16")
        }
        try AtomicFile.write(truth().withUnsafeBytes { Array($0) }, to: "\(folder)/truth.f32")
        let hidden = HiddenCount(size: size) {
            reference.clear[$0] == 0 || moving.clear[$0] == 0
        }
        let half = Self.window / 2
        // AROSICS' own grid: multiples of the spacing.
        let places = Array(stride(from: Self.spacing, through: size - half, by: Self.spacing))
        var (clear, near): ([JSONValue], [JSONValue]) = ([], [])
        for row in places {
            for column in places {
                if hidden.count(row, column, within: half) == 0 {
                    clear.append(entry(row, column))
                } else if hidden.count(row, column, within: 1) == 0,
                    hidden.count(row, column, within: Self.near) > 0
                {
                    near.append(entry(row, column))
                }
            }
        }
        let text: JSONValue = [
            "size": .integer(Int64(size)), "clear": .array(clear), "nearCloud": .array(near),
        ]
        try AtomicFile.write(Array(text.serialized().utf8), to: "\(folder)/points.json")
    }

    private func truth() -> [Float] {
        let places = Array(stride(from: 0, to: size, by: Self.truthSpacing))
        let shifts = places.flatMap { row in
            places.map { field(row: Double(row), column: Double($0)) }
        }
        return shifts.map { Float($0.rows) } + shifts.map { Float($0.columns) }
    }

    private func entry(_ row: Int, _ column: Int) -> JSONValue {
        let shift = field(row: Double(row), column: Double(column))
        return .array(
            [Double(row), Double(column), shift.rows, shift.columns].map { JSONValue.number($0) })
    }
}

/// How many pixels around a place are hidden, by a summed-area table.
struct HiddenCount {
    private let size: Int
    private var sums: [Int32]

    init(size: Int, isHidden: (Int) -> Bool) {
        self.size = size
        sums = [Int32](repeating: 0, count: (size + 1) * (size + 1))
        for row in 0..<size {
            var line: Int32 = 0
            for column in 0..<size {
                line += isHidden(row * size + column) ? 1 : 0
                let at = (row + 1) * (size + 1) + column + 1
                sums[at] = sums[at - size - 1] + line
            }
        }
    }

    /// Hidden pixels in rows `row - reach ..< row + reach` and the same columns, as far as they are inside.
    func count(_ row: Int, _ column: Int, within reach: Int) -> Int32 {
        let (top, bottom) = (max(row - reach, 0), min(row + reach, size))
        let (left, right) = (max(column - reach, 0), min(column + reach, size))
        func sum(_ row: Int, _ column: Int) -> Int32 { sums[row * (size + 1) + column] }
        return sum(bottom, right) - sum(top, right) - sum(bottom, left) + sum(top, left)
    }
}
