import ArgumentParser
import Console
import Eval
import Metrics

/// `matter-eval score RUN...`.
struct ScoreCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "score",
        abstract: "Print every score with its definition.",
        discussion: """
            Reads runs and sweeps of matter-bench; runs that differ by seed only are put together. All protocols are \
            applied in one pass over the predictions. A folder of the unsupervised run is one of several methods; of an \
            older program, without their task.json, it gives its pooled scores.

            Example:
              matter-eval score runs/oscd
              matter-eval score sweeps/oscd --protocol pooled --protocol seco --json
            """)

    @Argument(help: "Run folders of matter-bench, or sweeps of them.") var runs: [String]
    @OptionGroup var protocols: ProtocolOptions
    @OptionGroup var resampling: ResamplingOptions
    @OptionGroup var strict: StrictOption
    @OptionGroup var json: JSONOption

    func run() throws {
        if runs.count == 1, SuiteFolder.isBenchWithoutTasks(runs[0]) {
            let given = protocols.given + resampling.given + strict.given
            guard given.isEmpty else {
                throw ValidationError(
                    "\(given.joined(separator: ", ")): \(runs[0]) is of an older matter-bench "
                        + "and has pooled scores only; run it again.")
            }
            let scores = try PooledScores(ofBench: runs[0])
            return try json.print(scores) { ScoreTable.lines(scores) }
        }
        let sheet = try ScoreSheet(
            runs, protocols: protocols.resolve(), resampling: resampling.plan,
            isStrict: strict.isStrict)
        try json.print(sheet) { ScoreTable.lines(sheet) }
    }
}

/// The tables of scores for the terminal.
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

    static func lines(_ sheet: ScoreSheet) -> [String] {
        var lines: [String] = []
        for method in sheet.methods {
            lines += [
                "\(ScoreText.name(method.title)): \(method.dataset), \(method.split), \(method.groups) groups, "
                    + "\(method.scored) of \(method.present) scored"
            ]
            var table = Table(
                ["protocol", "score", "value", "± seeds", "seeds", "test sample", "units"],
                alignments: [.left, .left, .right, .right, .right, .right, .right])
            for score in method.scores {
                table.add([
                    score.protocol, score.metric.title, ScoreText.percent(score.value),
                    ScoreText.percent(score.seeds.spread.standardDeviation),
                    String(score.seeds.spread.count),
                    ScoreText.interval(score.sample), ScoreText.units(score.units),
                ])
            }
            lines += table.lines + [""]
        }
        lines += [
            "percent; ± is the standard deviation over seeds, test sample a 95 % interval over groups"
        ]
        .map { $0.replacing("95 %", with: ScoreText.level(sheet.resampling.level)) }
        lines += sheet.protocols.map { "\($0.name): \($0.definition)" }
        return lines
            + sheet.notices.map { "\($0.severity == .warning ? "caution: " : "note: ")\($0.text)" }
    }
}
