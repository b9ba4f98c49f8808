public import ArgumentParser
import Console
public import Eval
import Manifests
import Metrics

/// `matter-eval compare RUN... [--least-gain X]`.
struct CompareCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare",
        abstract: "Test whether methods differ by more than chance.",
        discussion: """
            Groups (cities, tiles, images) are resampled and swapped, never pixels: what other samples would say. What \
            other seeds would is Student's paired t test over seeds. p-values of several methods are corrected by Holm's \
            procedure. Ends with 1 where a bound that was asked for is not met.

            Example:
              matter-eval compare sweeps/random sweeps/matter --metric f1 --least-gain 0
            """)

    @Argument(help: "Run folders and sweeps; the first method is the reference.") var runs: [String]
    @OptionGroup var protocols: ProtocolOptions
    @OptionGroup var resampling: ResamplingOptions
    @Option(help: "Score to compare, such as f1, miou, map-macro.") var metric: MetricName?
    @Option(help: "A part of the reference's title.") var reference: String?
    @Option(help: "Least gain that the interval's lower end must reach.") var leastGain: Double?
    @Option(help: "Greatest loss that the interval's lower end may show.") var greatestLoss: Double?
    @Option(help: "Greatest corrected p-value over groups.") var greatestP: Double?
    @Option(help: "File for the bounds that were asked for, as JUnit has them.") var junit: String?
    @OptionGroup var json: JSONOption

    func validate() throws {
        guard protocols.names.count < 2 else {
            throw ValidationError("compare takes one --protocol.")
        }
    }

    func run() throws {
        let chosen = try protocols.resolve()
        let comparison = try Comparison(
            runs, protocols: chosen, protocolName: protocols.names.first ?? chosen[0].name,
            metric: metric, reference: reference, resampling: resampling.plan)
        try json.print(comparison) { Self.lines(comparison) }
        let bound = Comparison.Bound(
            leastGain: leastGain, greatestLoss: greatestLoss, greatestPValue: greatestP)
        if let junit { try AtomicFile.write(comparison.junit(bound), to: junit) }
        let shortfalls = comparison.shortfalls(bound)
        guard shortfalls.isEmpty else {
            shortfalls.forEach { StandardStreams.printMessage("gate: \($0)") }
            throw ArgumentParser.ExitCode(Manifests.ExitCode.wanting.rawValue)
        }
    }

    private static func lines(_ comparison: Comparison) -> [String] {
        var table = Table(
            [
                "method", "score", "reference", "difference", "interval", "p", "corrected",
                "seeds ahead",
                "p of seeds", "test",
            ],
            alignments: [
                .left, .right, .right, .right, .right, .right, .right, .right, .right, .left,
            ])
        for pair in comparison.pairs {
            table.add([
                ScoreText.name(pair.method), ScoreText.percent(pair.score),
                ScoreText.percent(pair.referenceScore), ScoreText.percent(pair.difference),
                ScoreText.interval(pair.interval), ScoreText.chance(pair.pValue),
                ScoreText.chance(pair.corrected), ScoreText.ahead(pair.seeds),
                ScoreText.chance(pair.seeds?.corrected), pair.test,
            ])
        }
        let cautions = comparison.pairs.compactMap { pair in
            pair.caution.map { "caution: \(ScoreText.name(pair.method)): \($0)" }
        }
        let reference = comparison.pairs.first?.reference ?? ""
        return table.lines
            + ["percent points against \(ScoreText.name(reference)); \(comparison.definition)"]
            + cautions
    }
}

extension MetricName: ExpressibleByArgument {}
