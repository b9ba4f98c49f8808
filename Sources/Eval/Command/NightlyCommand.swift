import ArgumentParser
import Console
import Eval
import Foundation
import Logging
import Manifests

/// `matter-eval nightly RECIPE --out FOLDER`.
struct NightlyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "nightly",
        abstract: "Run a recipe of tasks and compare with nights before.",
        discussion: """
            Runs the recipe's stages (those that are done are not run again), scores them, keeps the numbers in \
            FOLDER/history.sqlite and writes FOLDER/nights/NIGHT/report; FOLDER/latest shows the last whole night. Ends \
            with 1 where a number is worse than the nights before by more than they spread, or is missing, with 80 where a stage \
            failed. After --accept, numbers are compared with those of that night and later ones only.

            Example:
              matter-eval nightly manifests/nightly/synthetic.toml --out nightly
            """)

    @Argument(help: "Recipe of stages.") var recipe: String
    @Option(help: "Folder of all nights.") var out: String
    @Option(help: "Name of the night; names sort as nights follow. Default: today's date (UTC).")
    var night: String?
    @Flag(help: "Take tonight's numbers as the new measure.") var accept = false
    @OptionGroup var protocols: ProtocolOptions
    @OptionGroup var logging: LoggingOptions

    func validate() throws {
        if let night, night.isEmpty || night.contains("/") || night.hasPrefix(".") {
            throw ValidationError("--night must be a name of a folder.")
        }
    }

    func run() throws {
        let logger = logging.logger("matter-eval")
        let program =
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        var plan = Nightly.Plan(
            recipe: try NightlyRecipe(path: recipe), folder: out, night: night ?? Self.today(),
            protocols: try protocols.resolve(),
            programs: [URL(filePath: program).deletingLastPathComponent().path])
        plan.accepts = accept
        let signal = StopSignal()
        let outcome = try Nightly(
            plan, onEvent: { logger.info("\($0)") }, shouldStop: signal.shouldStop
        ).run()
        try signal.check()
        for line in DocumentTables.lines(outcome.document) { try StandardStreams.printResult(line) }
        try StandardStreams.printResult("report: \(out)/nights/\(plan.night)/report/index.html")
        try writeSummary("\(out)/nights/\(plan.night)/report/report.md")
        guard outcome.regressions.isEmpty, outcome.missing.isEmpty else {
            throw ArgumentParser.ExitCode(Manifests.ExitCode.wanting.rawValue)
        }
        guard outcome.isLatest else {
            throw ArgumentParser.ExitCode(Manifests.ExitCode.quarantined.rawValue)
        }
    }

    /// Shows the report on the page of a workflow's run, where there is one.
    private func writeSummary(_ report: String) throws {
        guard let path = ProcessInfo.processInfo.environment["GITHUB_STEP_SUMMARY"], !path.isEmpty,
            let file = FileHandle(forWritingAtPath: path)
        else { return }
        try file.seekToEnd()
        try file.write(contentsOf: Data(WholeFile.readText(report).utf8))
        try file.close()
    }

    private static func today() -> String {
        let parts = Calendar(identifier: .gregorian).dateComponents(
            in: TimeZone(secondsFromGMT: 0) ?? .current, from: Date())
        func two(_ value: Int?) -> String { (value ?? 0) < 10 ? "0\(value ?? 0)" : "\(value ?? 0)" }
        return "\(parts.year ?? 0)-\(two(parts.month))-\(two(parts.day))"
    }
}
