import Manifests

/// What a run wrote of its training: losses, and scores of the validation split.
struct TrainingCurve: Sendable {
    /// One line of `curves.jsonl`.
    struct Line: Decodable, Sendable {
        /// The epoch that it belongs to, from 0.
        var epoch: Double?
        var step: Int?
        var seconds: Double?
        var loss: Double?
        var validation: [String: Double?]?
    }

    /// The lines by rising step.
    private(set) var lines: [Line] = []

    /// A run without curves.
    init() {}

    /// Reads a file; a torn last line is left out, a step that comes again counts as it was written last.
    /// - Throws: `ManifestError` (65) naming the line that is no JSON.
    init(_ log: inout InputLog, _ path: String, notices: inout [Report.Notice]) throws {
        let read = try log.lines(Line.self, from: path)
        if read.hasTornTail { notices.append(.torn("\(log.role)/\(path)")) }
        struct Place: Hashable {
            let step: Int
            let isValidation: Bool
        }
        var latest: [Place: Line] = [:]
        for (number, line) in read.records.enumerated() {
            let step = line.step ?? line.epoch.flatMap { Int(exactly: $0) } ?? number
            latest[Place(step: step, isValidation: line.validation != nil)] = line
        }
        lines = latest.sorted {
            ($0.key.step, $0.key.isValidation ? 1 : 0) < ($1.key.step, $1.key.isValidation ? 1 : 0)
        }.map(\.value)
        let name = "\(log.role)/\(path)"
        notices += doubts(repeated: read.records.count - latest.count).map {
            .init(severity: .note, text: "\(name) \($0).")
        }
    }

    /// What lines of one run would not say.
    private func doubts(repeated: Int) -> [String] {
        var texts: [String] = []
        if repeated > 0 {
            texts.append(
                "repeats \(repeated) steps: the run was stopped and went on; the last line of each counts"
            )
        }
        let gaps = metrics.filter { metric in
            lines.contains { line in line.validation?[metric].map { $0 == nil } ?? false }
        }
        if !gaps.isEmpty {
            texts.append(
                "has validations without a number of \(gaps.joined(separator: ", ")): gaps in curves"
            )
        }
        func falls(_ clock: (Line) -> Double?) -> Bool {
            let times = lines.compactMap(clock)
            return zip(times, times.dropFirst()).contains { $0 > $1 }
        }
        if falls(\.epoch) || falls(\.seconds) {
            texts.append("goes back in time while its steps rise: lines of more than one run")
        }
        return texts
    }

    /// The names of the validation scores.
    var metrics: [String] { Set(lines.flatMap { ($0.validation ?? [:]).keys }).sorted() }

    /// Whether it tells of a training; a probe's lines are the choices that it has, the first of them at step 0.
    ///
    /// A training that logs no losses is told by its first validation, which comes after a step at the earliest.
    var isOfTraining: Bool {
        lines.contains { $0.loss != nil }
            || lines.allSatisfy { $0.validation == nil || $0.step.map { $0 > 0 } ?? true }
    }

    /// The points at which a score of the validation split is defined; it is validated when its epoch is over.
    func points(of metric: String) -> [CurvePoint] {
        lines.compactMap { line in
            guard let scores = line.validation, let value = scores[metric] ?? nil, value.isFinite
            else { return nil }
            return CurvePoint(
                epoch: line.epoch.map { $0 + 1 }, step: line.step.map(Double.init),
                seconds: line.seconds,
                value: value)
        }
    }
}

/// A validation score on the way.
public struct CurvePoint: Sendable, Hashable, Codable {
    /// Epochs so far.
    public var epoch: Double?
    /// Optimiser steps so far.
    public var step: Double?
    /// Seconds so far.
    public var seconds: Double?
    /// The score.
    public var value: Double

    /// Makes a point.
    ///
    /// - Parameters:
    ///   - epoch: Epochs so far.
    ///   - step: Optimiser steps so far.
    ///   - seconds: Seconds so far.
    ///   - value: The score.
    public init(epoch: Double?, step: Double?, seconds: Double?, value: Double) {
        self.epoch = epoch
        self.step = step
        self.seconds = seconds
        self.value = value
    }
}
