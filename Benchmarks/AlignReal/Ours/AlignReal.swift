import DataPrep
import Foundation
import Manifests
import Tensors

/// Our side of the align-real benchmark: what each window and the fitted field say at given places.
///
/// Usage: `bench-align-real FOLDER`, a folder with `reference.u16`, `moving.u16` and `points.json` as those of align. Prints one
/// JSON object: seconds, and for each place `[rows, columns]` or null, of the window in whose middle it lies (`windows`) and of
/// the field through all windows (`field`).
@main struct AlignReal {
    static func main() throws {
        guard CommandLine.arguments.count == 2 else {
            FileHandle.standardError.write(Data("usage: bench-align-real FOLDER\n".utf8))
            exit(64)
        }
        let folder = CommandLine.arguments[1]
        Torch.setThreads(1)
        Torch.retainFreedMemory()
        let points = try JSONValue.parse(read("\(folder)/points.json"))
        guard let size = points["size"]?.int, let listed = points["clear"]?.array else {
            throw Refusal(reason: "no size or no places in points.json")
        }
        let places = try listed.map { entry in
            guard let numbers = entry.array?.compactMap(\.double), numbers.count >= 2 else {
                throw Refusal(reason: "a place in points.json is no row and column")
            }
            return (row: numbers[0], column: numbers[1])
        }
        let reference = try image("\(folder)/reference.u16", size: size)
        let moving = try image("\(folder)/moving.u16", size: size)
        print(try answer(reference, moving, places).serialized())
    }

    private static func answer(
        _ reference: AlignmentImage, _ moving: AlignmentImage,
        _ places: [(row: Double, column: Double)]
    ) throws -> JSONValue {
        let start = ContinuousClock().now
        let survey = try ShiftEstimator().survey(reference: reference, moving: moving)
        let fit = survey.fitted(width: reference.width, height: reference.height)
        let seconds = (ContinuousClock().now - start) / .seconds(1)
        var said: [Middle: Shift] = [:]
        for answer in survey.answers {
            let row = survey.first.row + answer.gridRow * survey.step + survey.side / 2
            let column = survey.first.column + answer.gridColumn * survey.step + survey.side / 2
            said[Middle(row: row, column: column)] = answer.shift
        }
        let windows = places.map { place in
            json(said[Middle(row: Int(place.row), column: Int(place.column))])
        }
        let field = places.map { place in json(fit?.shift(row: place.row, column: place.column)) }
        return [
            "seconds": .number(seconds), "windows": .array(windows), "field": .array(field),
            "side": .integer(Int64(survey.side)),
        ]
    }

    private struct Middle: Hashable {
        let row: Int
        let column: Int
    }

    private static func json(_ shift: Shift?) -> JSONValue {
        guard let shift else { return .null }
        return .array([.number(shift.rows), .number(shift.columns)])
    }

    private static func read(_ path: String) throws -> [UInt8] {
        guard let bytes = FileManager.default.contents(atPath: path) else {
            throw Refusal(reason: "cannot read \(path)")
        }
        return Array(bytes)
    }

    /// Numbers as they lie in the file.
    private static func image(_ path: String, size: Int) throws -> AlignmentImage {
        let bytes = try read(path)
        guard bytes.count == 2 * size * size else {
            throw Refusal(reason: "\(path) is cut short")
        }
        let pixels = bytes.withUnsafeBytes { bytes in
            (0..<size * size).map {
                UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: 2 * $0, as: UInt16.self))
            }
        }
        return AlignmentImage(width: size, height: size, pixels: pixels)
    }
}

/// Why there is no figure.
struct Refusal: Error {
    let reason: String
}
