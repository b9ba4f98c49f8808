import Manifests

/// The numbers that a stage left.
struct NightlyResults {
    private let stage: NightlyRecipe.Stage
    private let folder: String
    private let protocols: [ScoreProtocol]

    init(_ stage: NightlyRecipe.Stage, _ folder: String, _ protocols: [ScoreProtocol]) {
        self.stage = stage
        self.folder = folder
        self.protocols = protocols
    }

    /// The leading score of each method under each protocol, and the numbers of the stage's file.
    /// - Throws: what scoring and reading throw.
    func read() throws -> [NightlyHistory.Result] {
        var results: [NightlyHistory.Result] = []
        if !stage.scores.isEmpty {
            let scored = try ScoredRuns(
                stage.scores.map { "\(folder)/\($0)" }, protocols: protocols,
                resampling: ResamplingPlan(resamples: 0))
            if let group = scored.methods.map(\.group).first(where: \.isNameless) {
                throw EvalError(
                    .invalid, group.runs[0].folder,
                    "is called “\(group.title)”, which no other night will have; run its methods with --name"
                )
            }
            let sheet = ScoreSheet(scored)
            for method in sheet.methods {
                for score in method.scores
                where score.metric == .leading(method.task) || method.task == .multilabel {
                    guard let value = score.value else { continue }
                    results.append(
                        .init(
                            series:
                                "\(stage.name)/\(method.title)/\(score.protocol)/\(score.metric.rawValue)",
                            value: value, isHigherBetter: true))
                }
            }
        }
        if let numbers = stage.numbers {
            let path = "\(folder)/\(numbers)"
            let file = try JSONValue.parse(WholeFile.read(path, limit: 16 << 20), path: path)
            for (name, value) in (file.object ?? [:]).sorted(by: { $0.key < $1.key }) {
                guard let number = value.double else { continue }
                results.append(
                    .init(
                        series: "\(stage.name)/\(name)", value: number,
                        isHigherBetter: !stage.lower.contains(name)))
            }
        }
        return results
    }
}
