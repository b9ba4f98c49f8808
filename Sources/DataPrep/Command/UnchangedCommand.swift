import ArgumentParser
import Console
import DataPrep
import Geo
import Logging
import Manifests

/// Finds the ground that did not change, and the tiles and date pairs to train on.
struct UnchangedCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "unchanged", abstract: "Scores and selects tiles in which nothing changed.",
        discussion: """
            Compares all dates of every tile (IR-MAD) and writes masks, scores and date pairs for training into the \
            folder "unchanged" beside the tiles. Stopped, it goes on where it was.

              matter-prep unchanged tiles --smallest-score 0.95
            """)

    @Argument(help: "A folder that matter-prep run wrote.")
    var folder: String

    @OptionGroup var options: UnchangedOptions
    @OptionGroup var json: JSONOption
    @OptionGroup var logging: LoggingOptions

    func run() throws {
        let plan = try UnchangedPlan(folder: folder, settings: options.settings())
        let stop = StopSignal()
        let logger = logging.logger("matter-prep")
        var bar = logging.progressBar("tiles", total: plan.tileCount)
        var done = 0
        let report = try UnchangedRun(plan, checkStop: stop.check) { event in
            guard case .tile(let id, let isKept) = event else { return }
            done += 1
            bar.update(done: done)
            logger.debug("tile", metadata: ["id": "\(id)", "kept": "\(isKept)"])
        }.run()
        bar.erase()
        try json.print(report) { Self.table(report) }
    }

    private static func table(_ report: UnchangedReport) -> [String] {
        var table = Table(
            ["tile", "dates", "pairs", "known", "unchanged", "selected"],
            alignments: [.left, .right, .right, .right, .right, .left])
        for tile in report.tiles {
            table.add([
                tile.tile, "\(tile.dates.count)", "\(tile.pairsUsed)/\(tile.pairs.count)",
                percent(tile.known), tile.score.map(percent) ?? "–", tile.selected ? "yes" : "no",
            ])
        }
        let selected = report.tiles.count(where: \.selected)
        let (training, validation) = (report.split["train"] ?? [], report.split["val"] ?? [])
        return table.lines + [
            "",
            "\(selected) of \(report.tiles.count) tiles selected, \(report.trainingPairs) date pairs; "
                + "\(training.count) regions to train on, \(validation.count) to validate",
        ] + undecided(report)
    }

    /// Said only where there are such pairs.
    private static func undecided(_ report: UnchangedReport) -> [String] {
        guard report.undecidedPairs > 0 else { return [] }
        return [
            "\(report.undecidedPairs) of \(report.tiles.reduce(0) { $0 + $1.pairs.count }) date pairs "
                + "undecided: their dates share too little to tell change (--least-correlation)"
        ]
    }

    /// "97.3 %".
    private static func percent(_ share: Double) -> String {
        let tenths = Int((share * 1000).rounded())
        return "\(tenths / 10).\(tenths % 10) %"
    }
}

/// How unchanged ground is looked for.
struct UnchangedOptions: ParsableArguments {
    @Option(help: "Bands to compare, separated by commas. Default: those of 10 and 20 m.")
    var bands: String?

    @Option(help: "Rounds of re-weighting; 1 is plain MAD.")
    var rounds = UnchangedSettings().rounds

    @Option(help: "The least that a pixel counts in re-weighting, 0 to 1.")
    var smallestWeight = UnchangedSettings().smallestWeight

    @Option(help: "Side in pixels of the window that speaks for its middle.")
    var window = UnchangedSettings().window

    @Option(help: "A pixel counts as unchanged from this probability on.")
    var threshold = UnchangedSettings().threshold

    @Option(help: "Below the threshold a pixel is changed where one near has less than this.")
    var certain = UnchangedSettings().certain

    @Option(help: "How near, in pixels.")
    var reach = UnchangedSettings().reach

    @Option(help: "A tile is selected from this share of unchanged pixels on.")
    var smallestScore = UnchangedSettings().smallestScore

    @Option(help: "A tile of which less is known is not selected.")
    var smallestKnown = UnchangedSettings().smallestKnown

    @Option(help: "Dates with fewer pixels clear on both are not compared.")
    var fewestPixels = UnchangedSettings().fewestPixels

    @Option(help: "Dates whose largest canonical correlation is smaller are undecided.")
    var leastCorrelation = UnchangedSettings().leastCorrelation

    @Flag(inversion: .prefixedNo, help: "Treat snow as hidden ground.")
    var maskSnow = true

    @Option(help: "A date pair for training needs this share of the tile clear on both.")
    var smallestPairShare = UnchangedSettings().smallestPairShare

    @Option(help: "Share of regions set aside for validation.")
    var validationShare = UnchangedSettings().validationShare

    @Option(help: "Seed of the split.")
    var seed = UnchangedSettings().seed

    @Flag(help: "Fit every date to its tile's clearest one (normalisation.jsonl).")
    var normalise = false

    @Option(help: "Dates are fitted over pixels above this probability of no change.")
    var invariance = UnchangedSettings().invariance

    @Flag(help: "Also write fitted copies of the tiles (unchanged/normalised).")
    var normalisedTiles = false

    func settings() throws -> UnchangedSettings {
        var settings = UnchangedSettings()
        settings.bands = try TileOptions.parsed(bands, "--bands")?.sorted()
        settings.rounds = rounds
        settings.smallestWeight = smallestWeight
        settings.window = window
        settings.threshold = threshold
        settings.certain = certain
        settings.reach = reach
        settings.smallestScore = smallestScore
        settings.smallestKnown = smallestKnown
        settings.fewestPixels = fewestPixels
        settings.leastCorrelation = leastCorrelation
        settings.masksSnow = maskSnow
        settings.smallestPairShare = smallestPairShare
        settings.validationShare = validationShare
        settings.seed = seed
        settings.normalises = normalise || normalisedTiles
        settings.writesNormalised = normalisedTiles
        settings.invariance = invariance
        return settings
    }
}
