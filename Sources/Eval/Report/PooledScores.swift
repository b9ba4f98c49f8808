/// What `matter-eval score` prints: each method's pooled scores.
public struct PooledScores: Codable, Sendable, Equatable {
    /// One method.
    public struct Line: Codable, Sendable, Equatable {
        /// Its short name.
        public var method: String
        /// Its name for people.
        public var title: String
        /// How its threshold was chosen.
        public var thresholdRule: String
        /// Whether that choice has seen the truth.
        public var isOracle: Bool
        /// Scores of all pixels of all cities together.
        public var pooled: Report.Scores
        /// How single cities spread.
        public var overCities: Report.ScoreSpread
    }

    /// The data set's name.
    public var dataset: String
    /// The cities scored.
    public var cities: [String]
    /// The methods, in the order of the run.
    public var methods: [Line]

    /// Reads the counts of a bench folder, and proves that nothing is missing.
    /// - Throws: `EvalError` or `ManifestError`: 66 with a list of what is missing, 65 with file and line.
    public init(ofBench folder: String) throws {
        let bench = try BenchFolder(folder, withPanels: false)
        dataset = bench.record.dataset.name
        cities = Array(Set(bench.record.dataset.cities)).sorted()
        methods = bench.methods.map { method in
            Line(
                method: method.id, title: method.title, thresholdRule: method.thresholdRule,
                isOracle: method.isOracle, pooled: method.pooled, overCities: method.spread)
        }
    }
}
