import Foundation
import Manifests

/// A line of a task's `curves.jsonl`: a step, or a validation.
public struct TaskCurvePoint: Codable, Hashable, Sendable {
    /// The epoch, from 0.
    public var epoch: Int
    /// Steps taken.
    public var step: Int
    /// Seconds of training so far, pauses left out.
    public var seconds: Double
    /// The loss before the step; absent at a validation.
    public var loss: Double?
    /// The head's learning rate of the step.
    public var learningRate: Double?
    /// The share of time for which training has waited for data since it began or went on.
    public var waitShare: Double?
    /// What a validation gave, by the metric's name; null where it is undefined.
    public var validation: [String: Double?]?

    /// A line.
    public init(epoch: Int, step: Int, seconds: Double) {
        (self.epoch, self.step, self.seconds) = (epoch, step, seconds)
    }
}

/// The file `curves.jsonl` of a run.
enum TaskCurve {
    /// Cuts the file back to the lines of the first `step` steps; a torn last line goes too.
    ///
    /// - Parameters:
    ///   - path: the file; made where it is not there.
    ///   - step: the last step that is kept; 0 for none.
    ///   - isValidated: whether what was validated after the last step is kept too, or is to be done again.
    /// - Returns: how many whole lines could not be read and are gone.
    /// - Throws: `ManifestError`.
    @discardableResult
    static func rewind(_ path: String, to step: Int, isValidated: Bool = true) throws -> Int {
        guard step > 0, FileSystem.isFile(path) else {
            try AtomicFile.write("", to: path)
            return 0
        }
        let bytes = try WholeFile.read(path)
        let newline = UInt8(ascii: "\n")
        let lines = bytes.split(separator: newline)
        let points = lines.map { try? decodeStrictJSON(TaskCurvePoint.self, from: Array($0)) }
        let kept = points.compactMap { $0 }.filter {
            $0.step < step || ($0.step == step && (isValidated || $0.validation == nil))
        }
        try AtomicFile.write(JSONLinesReader.bytes(of: kept), to: path)
        let isTorn = !points.isEmpty && bytes.last != newline
        return points.dropLast(isTorn ? 1 : 0).count { $0 == nil }
    }
}
