import Geo
import Manifests
import Metrics

/// One method over all test cities, into its folder below `methods/`.
struct MethodRun {
    let method: any ChangeMethod
    /// The encoder behind it; `nil` for a method without one.
    let input: InputDigest?
    /// What the encoder is called in tables: its file, or the pattern of files of which each seed has one.
    let initialisation: String?
    let session: OSCDSession

    private var encoder: SHA256Digest? { input?.sha256 }

    private var folder: String { "\(session.output)/methods/\(method.name)" }
    private var rules: [ThresholdRule] { session.plan.thresholdRules }

    /// Predicts what is not there yet, scores everything, and writes counts, curve, summary and panels.
    func run() throws -> MethodSummary {
        var store = try PredictionStore(folder: folder)
        let trainThreshold = try trainThreshold()
        var scored: [ScoredCity] = []
        for name in session.dataset.split.test {
            let prediction = try prediction(of: name, from: &store, common: trainThreshold)
            let city = try session.scored(name, by: method, scores: prediction.scores)
            scored.append(city)
            try PanelFile.write(
                .prediction(prediction.mask, truth: city.truth, size: prediction.size),
                named: method.name, of: name, below: session.output)
        }
        return try publish(RuleScoring(of: scored, trainThreshold: trainThreshold))
    }

    private func prediction(
        of name: String, from store: inout PredictionStore, common: Float?
    ) throws -> Prediction {
        let key = session.key(
            of: method, encoder: encoder, cities: [name] + trainCities)
        if let kept = try store.prediction(of: name, key: key) {
            session.remember(kept.scores, of: encoder, in: name)
            session.tell(.scored(method: method.name, city: name, isKept: true))
            return kept
        }
        let scores = try session.scores(of: method, encoder: encoder, in: name)
        let city = try session.scored(name, by: method, scores: scores)
        let threshold = rules[0].threshold(in: city, common: common)
        let prediction = Prediction(
            size: try session.city(name).pair.size, scores: scores,
            mask: changeMask(of: scores, threshold: threshold))
        try store.keep(prediction, truth: city.truth, of: name, key: key)
        session.tell(.scored(method: method.name, city: name, isKept: false))
        return prediction
    }

    private func publish(_ scoring: RuleScoring) throws -> MethodSummary {
        let summary = scoring.summary(of: method, rules: rules)
        try AtomicFile.write(
            JSONLinesReader.bytes(of: scoring.counts(under: rules[0])),
            to: "\(folder)/counts.jsonl")
        try AtomicFile.write(
            JSONLinesReader.bytes(of: scoring.thresholdLines), to: "\(folder)/thresholds.jsonl")
        try AtomicFile.write(
            encodeCanonicalJSON(summary, pretty: true), to: "\(folder)/summary.json")
        try AtomicFile.write(
            encodeCanonicalJSON(record(scoring), pretty: true),
            to: "\(folder)/\(TaskRecord.fileName)")
        return summary
    }

    /// The method as a task that was run, by the first of the rules: so it stands beside trained ones in scores and tables.
    private func record(_ scoring: RuleScoring) -> TaskRecord {
        let hasCommonThreshold = !rules[0].isOfEachImage
        return TaskRecord(
            task: .change, dataset: OSCDDataset.name, split: SplitName.test.rawValue,
            protocolName: "pooled", classes: ["unchanged", "changed"], ignore: 255,
            method: .init(
                name: "\(method.name)-unsupervised",
                initialisation: initialisation,
                architecture: nil, frozen: encoder != nil, labels: 1,
                bands: method.bands.map(\.rawValue), recipe: "run oscd",
                variant: encoder == nil ? nil : session.plan.variant),
            seed: session.plan.seed ?? 0, selection: .init(split: "none"),
            threshold: hasCommonThreshold
                ? scoring.result(of: rules[0]).threshold ?? Double(Float.greatestFiniteMagnitude)
                : nil,
            thresholdRule: rules[0].rawValue,
            items: session.dataset.split.test.map {
                .init(key: $0, group: $0, split: SplitName.test.rawValue)
            })
    }

    // MARK: The threshold of the training cities

    /// `training.json`: what was chosen, and from what.
    private struct Training: Codable {
        let key: SHA256Digest
        let cities: [String]
        let threshold: Double?
        let f1: Double?
    }

    private var trainCities: [String] {
        rules.contains(.trainCities) ? session.dataset.split.train : []
    }

    /// The threshold of the greatest pooled F1 on the training cities; kept when it was chosen from just these.
    private func trainThreshold() throws -> Float? {
        guard !trainCities.isEmpty else { return nil }
        let path = "\(folder)/training.json"
        let key = session.key(of: method, encoder: encoder, cities: trainCities)
        if FileSystem.isFile(path),
            let kept = try? decodeStrictJSON(Training.self, fromFile: path), kept.key == key
        {
            return kept.threshold.map { Float($0) }
        }
        let scored = try trainCities.map { name in
            try session.scored(
                name, by: method,
                scores: session.scores(of: method, encoder: encoder, in: name))
        }
        let best = try RuleScoring.curve(of: scored).bestF1
        let training = Training(
            key: key, cities: trainCities, threshold: best.map { Double($0.threshold) },
            f1: best?.counts.f1)
        try AtomicFile.write(encodeCanonicalJSON(training, pretty: true), to: path)
        return best?.threshold
    }
}
