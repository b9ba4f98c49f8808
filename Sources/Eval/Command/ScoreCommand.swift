import ArgumentParser
import Console
import Eval

/// `matter-eval score BENCH`.
struct ScoreCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "score",
        abstract: "Print the pooled scores of a bench run.",
        discussion: """
            Precision, recall, F1 and IoU of the class change, in percent, over all pixels of all cities together.

            Example:
              matter-eval score runs/oscd
              matter-eval score runs/oscd --json
            """)

    @Argument(help: "Run folder of matter-bench.") var bench: String
    @OptionGroup var json: JSONOption

    func run() throws {
        let scores = try PooledScores(ofBench: bench)
        try json.print(scores) { ScoreTable.lines(scores) }
    }
}

/// The table of pooled scores for the terminal.
enum ScoreTable {
    static func lines(_ scores: PooledScores) -> [String] {
        var table = Table(
            ["method", "precision", "recall", "F1", "IoU", "F1 over cities", "n"],
            alignments: [.left, .right, .right, .right, .right, .right, .right])
        for line in scores.methods {
            table.add([
                ScoreText.name(line.title) + (line.isOracle ? " (oracle)" : ""),
                ScoreText.percent(line.pooled.precision), ScoreText.percent(line.pooled.recall),
                ScoreText.percent(line.pooled.f1), ScoreText.percent(line.pooled.iou),
                ScoreText.percent(line.overCities.f1), String(line.overCities.f1.count),
            ])
        }
        let cities = scores.cities.count == 1 ? "1 city" : "\(scores.cities.count) cities"
        return table.lines + [
            "percent, class change, pooled over \(cities) of \(ScoreText.name(scores.dataset))"
        ]
    }
}
