import Manifests
import Metrics

/// F1 over the steps of a pretraining run: one line of `curves.jsonl` a snapshot.
struct SnapshotRun {
    let snapshots: [Snapshot]
    let cities: [String]
    let session: OSCDSession
    /// Makes the method of a snapshot's encoder.
    let method: (String) throws -> any ChangeMethod

    /// Scores what is not in the file yet, and rewrites it whole after each snapshot.
    func run() throws {
        let path = "\(session.output)/curves.jsonl"
        let known =
            FileSystem.isFile(path)
            ? try JSONLinesReader.read(CurvePoint.self, from: path).records : []
        var points: [CurvePoint] = []
        for snapshot in snapshots {
            let digest = try SHA256Digest(ofFile: snapshot.path)
            let kept = known.first {
                $0.step == snapshot.step && $0.encoder == digest.hex && $0.cities == cities
            }
            let point = try kept ?? score(snapshot, digest: digest)
            points.append(point)
            if kept == nil { try AtomicFile.write(JSONLinesReader.bytes(of: points), to: path) }
            session.tell(.snapshot(step: point.step, f1: point.f1))
        }
        if known != points { try AtomicFile.write(JSONLinesReader.bytes(of: points), to: path) }
    }

    private func score(_ snapshot: Snapshot, digest: SHA256Digest) throws -> CurvePoint {
        let method = try method(snapshot.path)
        let scored = try cities.map { name in
            try session.scored(
                name, by: method,
                scores: session.scores(of: method, encoder: digest, in: name))
        }
        let summary = ScoreSummary(
            of: scored.map {
                CityCounts($0, threshold: ThresholdRule.otsu.threshold(in: $0, common: nil))
            })
        return CurvePoint(
            method: method.name, step: snapshot.step, f1: summary.f1,
            precision: summary.precision, recall: summary.recall,
            averagePrecision: try RuleScoring.curve(of: scored).averagePrecision, cities: cities,
            encoder: digest.hex)
    }
}
