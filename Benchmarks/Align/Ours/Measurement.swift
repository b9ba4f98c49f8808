import DataPrep
import Foundation
import Geo
import Manifests
import Raster

/// Aligns the pair in a folder and holds what is found against the truth.
struct Measurement {
    private let reference: AlignmentImage
    private let moving: AlignmentImage
    private let folder: String
    private let points: JSONValue

    init(folder: String) throws {
        self.folder = folder
        points = try JSONValue.parse(Self.read("\(folder)/points.json"))
        guard let size = points["size"]?.int else {
            throw Refusal(reason: "no size in points.json")
        }
        reference = try Self.image("\(folder)/reference.u16", size: size)
        moving = try Self.image("\(folder)/moving.u16", size: size)
    }

    func answer() throws -> JSONValue {
        let start = ContinuousClock().now
        let survey = try ShiftEstimator().survey(reference: reference, moving: moving)
        let fit = survey.fitted(width: reference.width, height: reference.height)
        let seconds = (ContinuousClock().now - start) / .seconds(1)
        let memory = Self.peakMemory()
        guard let fit else { throw Refusal(reason: survey.refusal ?? "no window answered") }
        let signed = errors("clear", fit)
        let clear = signed.map(\.length).sorted()
        let near = errors("nearCloud", fit).map(\.length)
        let sum = signed.reduce(Shift.zero, +)
        let count = Double(max(signed.count, 1))
        let raw = try single(survey)
        let left = try left(after: fit)
        return [
            "seconds": .number(seconds), "gigabytes": .number(memory), "model": .string(fit.model),
            "meanRows": .number(sum.rows / count), "meanColumns": .number(sum.columns / count),
            "points": .integer(Int64(clear.count)), "rmse": .number(Self.rms(clear)),
            "p95": .number(clear.isEmpty ? .nan : clear[clear.count * 95 / 100]),
            "max": .number(clear.last ?? .nan),
            "rawAnswers": .integer(Int64(raw.count)), "rawRmse": .number(Self.rms(raw)),
            "rawP50": .number(raw.isEmpty ? .nan : raw[raw.count / 2]),
            "rawP95": .number(raw.isEmpty ? .nan : raw[raw.count * 95 / 100]),
            "nearCloud": .integer(Int64(near.count)), "nearCloudRmse": .number(Self.rms(near)),
            "asked": .integer(Int64(survey.asked)),
            "answered": .integer(Int64(survey.answers.count)),
            "clearAsked": .integer(Int64(survey.clear)),
            "clearAnswered": .integer(
                Int64(survey.answers.count { $0.usable >= WindowSurvey.whole })),
            "imageRmse": .number(left.rms), "imageMean": .number(left.mean),
            "imageWindows": .integer(Int64(left.windows)),
        ]
    }

    private func errors(_ kind: String, _ fit: FittedShift) -> [Shift] {
        (points[kind]?.array ?? []).compactMap { entry in
            guard let numbers = entry.array?.compactMap(\.double), numbers.count == 4 else {
                return nil
            }
            let found = fit.shift(row: numbers[0], column: numbers[1])
            return found - Shift(rows: numbers[2], columns: numbers[3])
        }
    }

    /// Errors of single clear windows, before any field is fitted through them, sorted: each against the truth at its middle.
    private func single(_ survey: WindowSurvey) throws -> [Double] {
        let (size, spacing) = (reference.width, SimulatedPairFiles.truthSpacing)
        let side = (size + spacing - 1) / spacing
        let truth = try Self.read("\(folder)/truth.f32").withUnsafeBytes {
            Array($0.bindMemory(to: Float.self))
        }
        guard truth.count == 2 * side * side else {
            throw Refusal(reason: "truth.f32 is cut short")
        }
        func middle(_ first: Int, _ place: Int) -> Int {
            first + place * survey.step + survey.side / 2
        }
        return survey.answers.filter { $0.usable >= WindowSurvey.whole }.compactMap { answer in
            let row = middle(survey.first.row, answer.gridRow)
            let column = middle(survey.first.column, answer.gridColumn)
            guard (0..<size).contains(row), (0..<size).contains(column) else { return nil }
            // Of the truth's places the nearest: a smooth field differs by some 0.001 px over 5 px.
            let nearest = { min(($0 + spacing / 2) / spacing, side - 1) }
            let at = nearest(row) * side + nearest(column)
            let there = Shift(rows: Double(truth[at]), columns: Double(truth[side * side + at]))
            return (answer.shift - there).length
        }.sorted()
    }

    /// Moves the second date by what was found and looks for what is left against the date that was never displaced.
    private func left(after fit: FittedShift) throws -> (rms: Double, mean: Double, windows: Int) {
        let size = reference.width
        let ideal = try Self.image("\(folder)/ideal.u16", size: size)
        let aligned = try Self.aligned(moving, by: fit)
        let survey = try ShiftEstimator().survey(reference: ideal, moving: aligned)
        let clear = survey.answers.filter { $0.usable >= WindowSurvey.whole }.map(\.shift)
        let sum = clear.reduce(Shift.zero, +)
        let count = Double(max(clear.count, 1))
        return (
            Self.rms(clear.map(\.length)),
            Shift(rows: sum.rows / count, columns: sum.columns / count).length, clear.count
        )
    }

    private static func aligned(_ image: AlignmentImage, by fit: FittedShift) throws
        -> AlignmentImage
    {
        let size = try PixelSize(width: image.width, height: image.height)
        let grid = GeoGrid(
            size: size, transform: try AffineTransform(gdal: [500_000, 10, 0, 6_000_000, 0, -10]),
            crs: CRS(epsg: 32633))
        let warp = try Warp(from: grid, onto: grid, shift: FoundShift(fit: fit))
        let source = try RasterBuffer(size: size, pixels: image.pixels)
        let pixels = try warp.resample(
            source, origin: PixelOffset(column: 0, row: 0), nodata: 0, kernel: .lanczos, threads: 2
        ).image.pixels
        return AlignmentImage(width: image.width, height: image.height, pixels: pixels)
    }

    /// What was found, as a warp asks for it.
    private struct FoundShift: ShiftField {
        let fit: FittedShift

        func shift(atColumn column: Double, row: Double) -> (columns: Double, rows: Double) {
            let shift = fit.shift(row: row, column: column)
            return (shift.columns, shift.rows)
        }
    }

    private static func rms(_ values: [Double]) -> Double {
        (values.reduce(0) { $0 + $1 * $1 } / Double(max(values.count, 1))).squareRoot()
    }

    /// The most memory that the process has held, in 10⁹ bytes.
    private static func peakMemory() -> Double {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return Double(usage.ru_maxrss) * 1024 / 1e9
    }

    private static func read(_ path: String) throws -> [UInt8] {
        guard let bytes = FileManager.default.contents(atPath: path) else {
            throw Refusal(reason: "cannot read \(path)")
        }
        return Array(bytes)
    }

    /// Numbers as they lie in the file.
    private static func image(_ path: String, size: Int) throws -> AlignmentImage {
        guard let file = fopen(path, "rb") else { throw Refusal(reason: "cannot read \(path)") }
        defer { fclose(file) }
        let count = size * size
        let pixels = [UInt16](unsafeUninitializedCapacity: count) { buffer, read in
            read = fread(buffer.baseAddress, 2, count, file)
        }
        guard pixels.count == count else { throw Refusal(reason: "\(path) is cut short") }
        return AlignmentImage(width: size, height: size, pixels: pixels)
    }
}
