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
    /// Cuts the file back to the lines of the first `steps` steps; a torn last line goes too.
    static func rewind(_ path: String, to step: Int) throws {
        guard FileSystem.isFile(path) else { return try AtomicFile.write("", to: path) }
        let lines = try WholeFile.read(path).split(separator: UInt8(ascii: "\n"))
        let kept = lines.compactMap {
            try? decodeStrictJSON(TaskCurvePoint.self, from: Array($0))
        }.filter { $0.step <= step }
        try AtomicFile.write(JSONLinesReader.bytes(of: step == 0 ? [] : kept), to: path)
    }
}
