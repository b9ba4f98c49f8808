import DataPrep
import Foundation
import Geo
import Manifests
import Tensors

/// Our side of the align benchmark: simulates a pair with clouds and change, aligns it, compares the field with the truth.
///
/// Usage: `bench-align SEED SIZE WARP FOLDER`. Writes the pair (`reference.u16`, `moving.u16`, 0 = hidden) and the truth at the
/// points of the comparison (`points.json`) for the peers, then prints one JSON object: seconds, errors, answers.
@main struct Align {
    private static let band = Sentinel2Band.b08
    /// Pixels between the points where the field is compared, and the window that must be clear around one.
    private static let (spacing, window) = (200, 256)

    static func main() throws {
        let words = CommandLine.arguments
        let numbers = words.dropFirst().prefix(3).compactMap { Double($0) }
        guard words.count == 5, numbers.count == 3 else {
            FileHandle.standardError.write(Data("usage: \(words[0]) SEED SIZE WARP FOLDER\n".utf8))
            exit(64)
        }
        Torch.setThreads(1)
        Torch.retainFreedMemory()
        let pair = Pair(seed: UInt64(numbers[0]), size: Int(numbers[1]), warp: numbers[2])
        let points = pair.clearPoints(spacing: spacing, window: window)
        try pair.write(to: words[4], points: points)
        let start = ContinuousClock().now
        let survey = try ShiftEstimator().survey(reference: pair.reference, moving: pair.moving)
        let fit = survey.fitted(width: pair.size, height: pair.size)
        let seconds = (ContinuousClock().now - start) / .seconds(1)
        guard let fit else { throw Silence(reason: survey.refusal ?? "no window answered") }
        let errors = points.map { point -> Double in
            let found = fit.field?.shift(row: point.row, column: point.column) ?? fit.global
            return (found - pair.truth(point)).length
        }
        let answer: JSONValue = [
            "seconds": .number(seconds), "points": .integer(Int64(points.count)),
            "rmse": .number(rootMeanSquare(errors)),
            "p95": .number(errors.sorted()[errors.count * 95 / 100]),
            "max": .number(errors.max() ?? 0),
            "asked": .integer(Int64(survey.asked)),
            "answered": .integer(Int64(survey.answers.count)), "model": .string(fit.model),
        ]
        print(answer.serialized())
    }

    private struct Silence: Error { let reason: String }

    private static func rootMeanSquare(_ values: [Double]) -> Double {
        (values.reduce(0) { $0 + $1 * $1 } / Double(max(values.count, 1))).squareRoot()
    }
}

/// Two dates of a scene, six weeks apart: a quarter of the second under cloud and shadow, an eighth of the land changed.
private struct Pair {
    let size: Int
    let reference: AlignmentImage
    let moving: AlignmentImage
    private let field: TrueShiftField

    init(seed: UInt64, size: Int, warp: Double) {
        self.size = size
        let scene = SimulatedScene.make(seed: seed, size: size, dates: 2, changedFraction: 0.12)
        var random = SplitMix64(seed: seed &+ 77)
        var second = scene.acquisition(
            day: SimulatedDay(2021, 7, 18), index: 1, rows: 6 * random.nextUniform() - 3,
            columns: 6 * random.nextUniform() - 3, warp: warp)
        second.cloudFraction = 0.2
        field = second.shift
        let first = scene.acquisition(day: SimulatedDay(2021, 6, 8), index: 0)
        reference = Self.picture(scene.image(first, bands: [.b08]), size)
        moving = Self.picture(scene.image(second, bands: [.b08]), size)
    }

    /// The band with cloud and shadow set to 0.
    private static func picture(_ image: SimulatedImage, _ size: Int) -> AlignmentImage {
        var pixels = image[.b08]?.values ?? []
        for index in pixels.indices {
            let (row, column) = (index / size, index % size)
            let found = image.sceneClasses[row / 2 * (size / 2) + column / 2]
            if [0, 1, 3, 8, 9, 10].contains(found) { pixels[index] = 0 }
        }
        return AlignmentImage(width: size, height: size, pixels: pixels)
    }

    func truth(_ point: (row: Double, column: Double)) -> Shift {
        let shift = field(row: point.row, column: point.column)
        return Shift(rows: shift.rows, columns: shift.columns)
    }

    /// Points of a grid around which a whole window is clear on both dates.
    func clearPoints(spacing: Int, window: Int) -> [(row: Double, column: Double)] {
        let half = window / 2
        let places = Array(stride(from: half, through: size - half, by: spacing))
        return places.flatMap { row in
            places.compactMap { column in
                let isClear = (row - half..<row + half).allSatisfy { line in
                    let start = line * size + column - half
                    return !reference.pixels[start..<start + window].contains(0)
                        && !moving.pixels[start..<start + window].contains(0)
                }
                return isClear ? (Double(row), Double(column)) : nil
            }
        }
    }

    func write(to folder: String, points: [(row: Double, column: Double)]) throws {
        try AtomicFile.makeFolder(at: folder)
        for (name, image) in [("reference", reference), ("moving", moving)] {
            try AtomicFile.write(
                image.pixels.withUnsafeBytes { Array($0) }, to: "\(folder)/\(name).u16")
        }
        let rows = points.map { point -> JSONValue in
            let shift = truth(point)
            let numbers = [point.row, point.column, shift.rows, shift.columns]
            return JSONValue.array(numbers.map { JSONValue.number($0) })
        }
        try AtomicFile.write(
            Array(JSONValue.array(rows).serialized().utf8), to: "\(folder)/points.json")
    }
}
