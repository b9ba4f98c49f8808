import Manifests
import Metrics

/// Reads what one method left in a bench folder.
struct MethodReader {
    private(set) var log: InputLog
    private let name: String
    private let cities: [String]
    /// What is not there, in words.
    private(set) var missing: [String] = []
    /// What a reader of the report must know.
    private(set) var notices: [Report.Notice] = []

    init(log: InputLog, name: String, cities: [String]) {
        self.log = log
        self.name = name
        self.cities = cities
    }

    /// Counts that a Double holds exactly, and that add up without overflow.
    private static let countable: ClosedRange<Int64> = 0...(1 << 53)

    private var folder: String { "methods/\(name)" }

    mutating func read() throws -> Report.Method {
        let record = try log.read(MethodRecord.self, from: "\(folder)/summary.json")
        let counted = try readCounts()
        try checkPredictions()
        let pooled = counted.map(\.scores).reduce(into: Report.Scores.none) { $0.add($1) }
        return Report.Method(
            id: name, title: record.title, description: record.description,
            thresholdRule: record.thresholdRuleTitle ?? record.thresholdRule,
            isOracle: record.isOracle ?? false, pooled: pooled, cities: counted,
            spread: Report.ScoreSpread(of: counted.map(\.scores)),
            averagePrecision: record.averagePrecision,
            thresholdCurve: try readThresholds(oracle: record.oracle))
    }

    private mutating func readCounts() throws -> [Report.CityScores] {
        let path = "\(folder)/counts.jsonl"
        guard log.exists(path) else {
            missing.append("all counts of \(name)")
            return []
        }
        let lines = try log.lines(CountsRecord.self, from: path)
        if lines.hasTornTail { notices.append(.torn("bench/\(path)")) }
        var found: [String: Report.CityScores] = [:]
        for line in lines.records {
            guard cities.contains(line.city) else {
                throw EvalError(
                    .invalid, log.path(path), "\(line.city) is no city of the run's data set")
            }
            guard found[line.city] == nil else {
                throw EvalError(.invalid, log.path(path), "\(line.city) is there twice")
            }
            found[line.city] = try scores(of: line, path: path)
        }
        missing += cities.filter { found[$0] == nil }.map { "counts of \($0) by \(name)" }
        return cities.compactMap { found[$0] }
    }

    private func scores(of line: CountsRecord, path: String) throws -> Report.CityScores {
        let counts = [
            line.truePositive, line.falsePositive, line.falseNegative, line.trueNegative,
        ]
        guard counts.allSatisfy(Self.countable.contains),
            counts.reduce(0, +) == line.pixelsScored, line.pixelsScored <= line.pixelsPresent
        else {
            throw EvalError(
                .invalid, log.path(path),
                "the counts of \(line.city) do not add up to its \(line.pixelsScored) scored pixels"
            )
        }
        let confusion = ConfusionCounts(
            truePositive: line.truePositive, falsePositive: line.falsePositive,
            falseNegative: line.falseNegative, trueNegative: line.trueNegative)
        return Report.CityScores(
            city: line.city, split: line.split, threshold: line.threshold,
            scores: Report.Scores(
                confusion, pixelsScored: line.pixelsScored, pixelsPresent: line.pixelsPresent))
    }

    /// Every city's prediction must be there, and be the one whose digest the run noted.
    private mutating func checkPredictions() throws {
        struct Entry: Decodable {
            var city: String
            var sha256: String
        }
        var noted: [String: String] = [:]
        if log.exists("\(folder)/predictions.jsonl") {
            let entries = try log.lines(Entry.self, from: "\(folder)/predictions.jsonl").records
            noted = Dictionary(entries.map { ($0.city, $0.sha256) }) { $1 }
        }
        for city in cities {
            let path = "\(folder)/predictions/\(city).safetensors"
            guard log.exists(path) else {
                missing.append("prediction of \(city) by \(name)")
                continue
            }
            try log.note(path)
            guard let digest = noted[city], digest != log.inputs.last?.sha256 else { continue }
            throw EvalError(
                .invalid, log.path(path),
                "is not the prediction that the run wrote; run matter-bench again")
        }
    }

    private mutating func readThresholds(
        oracle: MethodRecord.Oracle?
    ) throws -> Report.ThresholdCurve {
        let path = "\(folder)/thresholds.jsonl"
        guard log.exists(path) else {
            return Report.ThresholdCurve(points: [], originalCount: 0, best: nil)
        }
        let lines = try log.lines(ThresholdRecord.self, from: path)
        if lines.hasTornTail { notices.append(.torn("bench/\(path)")) }
        let points = try lines.records.map { line in
            let counts = [
                line.truePositive, line.falsePositive, line.falseNegative, line.trueNegative,
            ]
            try checkCounts(counts, path)
            return Report.ThresholdPoint(
                line.threshold,
                ConfusionCounts(
                    truePositive: counts[0], falsePositive: counts[1], falseNegative: counts[2],
                    trueNegative: counts[3]))
        }
        guard let threshold = oracle?.threshold, let counts = oracle?.scores.counts else {
            return Report.ThresholdCurve(points)
        }
        try checkCounts(
            [
                counts.truePositive, counts.falsePositive, counts.falseNegative,
                counts.trueNegative,
            ], "\(folder)/summary.json")
        return Report.ThresholdCurve(points, best: .init(threshold, counts))
    }

    private func checkCounts(_ counts: [Int64], _ path: String) throws {
        guard counts.allSatisfy(Self.countable.contains) else {
            throw EvalError(.invalid, log.path(path), "a count is negative or beyond 2^53")
        }
    }
}
