import Manifests

/// A pretraining run folder: its curves, and the digest of its encoder.
struct PretrainFolder {
    let pretraining: Report.Pretraining
    let record: RunRecord
    let encoderDigest: String?
    let inputs: [Report.Input]
    let notices: [Report.Notice]

    private static let limit = 600

    private struct Line: Decodable {
        var step: Int
        var loss: Double?
        var learningRate: Double?
        var embeddingStd: Double?
        var alignment: Double?
        var uniformity: Double?
    }

    /// Reads a folder; a torn last line and repeated steps are told, not fatal: the run may still be going on.
    /// - Throws: `EvalError` or `ManifestError`: 66 when a file is missing, 65 with file and line.
    init(_ folder: String) throws {
        let name = InputLog.name(of: folder)
        var log = try InputLog(folder: folder, role: "pretrain/\(name)")
        record = try log.read(RunRecord.self, from: RunRecord.fileName)
        let lines = try log.lines(Line.self, from: "curves.jsonl")
        var notices: [Report.Notice] = lines.hasTornTail ? [.torn("\(log.role)/curves.jsonl")] : []
        var points: [Int: Report.PretrainingPoint] = [:]
        for line in lines.records {
            points[line.step] = Report.PretrainingPoint(
                step: line.step, loss: line.loss, learningRate: line.learningRate,
                embeddingStd: line.embeddingStd, alignment: line.alignment,
                uniformity: line.uniformity)
        }
        let repeated = lines.records.count - points.count
        if repeated > 0 {
            notices.append(
                .init(
                    severity: .warning,
                    text: "\(log.role)/curves.jsonl tells \(repeated) steps more than once; "
                        + "the last word on a step is shown."))
        }
        let sorted = points.values.sorted { $0.step < $1.step }
        pretraining = Report.Pretraining(
            name: name, seed: record.seed, originalCount: sorted.count,
            points: Downsampling.thinned(sorted, to: Self.limit) { $0.loss })
        if log.exists("encoder.safetensors") { try log.note("encoder.safetensors") }
        encoderDigest = log.inputs.first { $0.path.hasSuffix("/encoder.safetensors") }?.sha256
        self.notices = notices + Self.health(of: sorted, name: name)
        inputs = log.inputs
    }

    /// Collapse and values that were not finite.
    private static func health(
        of points: [Report.PretrainingPoint], name: String
    ) -> [Report.Notice] {
        var notices: [Report.Notice] = []
        let lost = points.count { $0.loss == nil }
        if lost > 0 {
            notices.append(
                .init(
                    severity: .warning,
                    text: "The loss of \(name) is not finite at \(lost) of \(points.count) steps; "
                        + "the curve has gaps there."))
        }
        let spreads = points.compactMap(\.embeddingStd)
        if let first = spreads.first, let last = spreads.last, last < 0.1 * first {
            notices.append(
                .init(
                    severity: .warning,
                    text: "The embeddings of \(name) end with less than a tenth of the spread they "
                        + "began with: the encoder may have collapsed."))
        }
        return notices
    }
}
