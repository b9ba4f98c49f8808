import ArgumentParser
import Console
import Eval

/// `matter-eval report RUN... --out REPORT`.
struct ReportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Write report.json, and HTML, Markdown and LaTeX.",
        discussion: """
            Everything is rendered from report.json alone; index.html is one file that needs no network. Runs and \
            sweeps of tasks are scored under all protocols; one folder of the unsupervised run keeps its own \
            report, pooled.

            Example:
              matter-eval report sweeps/random sweeps/matter --out reports/oscd
              matter-eval report runs/oscd --pretrain runs/matter --prep tiles --out reports/oscd
            """)

    @Argument(help: "Run folders of matter-bench, or sweeps of them.") var runs: [String]
    @Option(help: "Run folder of matter-model pretrain; may be repeated.") var pretrain: [String] =
        []
    @Option(help: "Output folder of matter-prep run; may be repeated.") var prep: [String] = []
    @Option(help: "Folder for the report.") var out: String
    @Option(help: "The report's headline.") var title: String?
    @Option(help: "Tasks: a part of the title of the method to compare with.") var reference:
        String?
    @Option(help: "Tasks: share of the reference's final score that counts as converged.")
    var converged = 0.95
    @Option(help: "A caution that the report shows first; may be repeated.")
    var caution: [String] = []
    @Option(help: "Tasks: how many places are shown as images, from the best to the worst.")
    var images = 6
    @OptionGroup var protocols: ProtocolOptions
    @OptionGroup var resampling: ResamplingOptions
    @OptionGroup var strict: StrictOption

    func validate() throws {
        guard (0...200).contains(images) else {
            throw ValidationError("--images is 0 … 200, not \(images).")
        }
        guard !runs.isEmpty else { throw ValidationError("Name a run folder.") }
        guard converged > 0, converged <= 1 else {
            throw ValidationError("--converged must lie in 0 … 1.")
        }
    }

    func run() throws {
        guard runs.count == 1, SuiteFolder.isBench(runs[0]) else { return try reportTasks() }
        let bench = runs[0]
        guard ofTasks.isEmpty else {
            throw ValidationError(
                "\(ofTasks.joined(separator: ", ")): not of a report of the unsupervised run; "
                    + "for one of tasks name its methods, \(bench)/methods.")
        }
        let report = try Report(
            of: ReportInputs(
                bench: bench, pretraining: pretrain, preparations: prep, title: title,
                cautions: caution))
        try ReportFolder.write(report, to: out)
        for line in lines(of: report) { try StandardStreams.printResult(line) }
    }

    /// Options that only a report of tasks follows, as they are written.
    private var ofTasks: [String] {
        (reference == nil ? [] : ["--reference"]) + (converged == 0.95 ? [] : ["--converged"])
            + (images == 6 ? [] : ["--images"]) + protocols.given + resampling.given + strict.given
    }

    private func reportTasks() throws {
        guard pretrain.isEmpty, prep.isEmpty else {
            throw ValidationError(
                "--pretrain and --prep belong to a report of the unsupervised run.")
        }
        var request = TaskReport.Request(runs: runs, protocols: try protocols.resolve())
        request.resampling = resampling.plan
        request.title = title
        request.reference = reference
        request.share = converged
        request.images = images
        request.cautions = caution
        request.isStrict = strict.isStrict
        let document = try TaskReport.document(request)
        try DocumentFolder.write(document, to: out)
        try StandardStreams.printResult(document.lede)
        try StandardStreams.printResult("report: \(out)/index.html")
    }

    private func lines(of report: Report) -> [String] {
        var lines: [String] = []
        if !report.alignment.isEmpty { lines += ReportTables.shifts(report) + [""] }
        return lines + ReportTables.scores(report) + ["", "report: \(out)/index.html"]
    }
}

/// What the report command prints of a report.
enum ReportTables {
    /// Known against found shifts, one line a date.
    static func shifts(_ report: Report) -> [String] {
        var table = Table(
            [
                "region", "date", "known rows", "known columns", "found rows", "found columns",
                "error (px)", "status",
            ],
            alignments: [.left, .left, .right, .right, .right, .right, .right, .left])
        for region in report.alignment {
            for date in region.dates {
                table.add([
                    ScoreText.name(region.region), ScoreText.name(date.date),
                    ScoreText.shift(date.known?.rows),
                    ScoreText.shift(date.known?.columns), ScoreText.shift(date.found?.rows),
                    ScoreText.shift(date.found?.columns), ScoreText.pixels(date.errorInPixels),
                    date.status,
                ])
            }
        }
        return table.lines
    }

    /// Pooled scores, one line a method.
    static func scores(_ report: Report) -> [String] {
        var table = Table(
            ["method", "precision", "recall", "F1", "F1 over cities"],
            alignments: [.left, .right, .right, .right, .right])
        for method in report.methods {
            table.add([
                ScoreText.name(method.title) + (method.isOracle ? " (oracle)" : ""),
                ScoreText.percent(method.pooled.precision),
                ScoreText.percent(method.pooled.recall), ScoreText.percent(method.pooled.f1),
                ScoreText.percent(method.spread.f1),
            ])
        }
        return table.lines
    }
}
