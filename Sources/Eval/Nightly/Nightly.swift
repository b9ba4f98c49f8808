import Foundation
import Manifests

/// One night: runs what is not done yet, keeps the numbers, compares them, and writes the report.
package struct Nightly {
    /// What is asked of a night.
    package struct Plan: Sendable {
        /// The recipe.
        package var recipe: NightlyRecipe
        /// The folder of all nights.
        package var folder: String
        /// The night's name; names sort as the nights follow one another: "2026-11-21".
        package var night: String
        /// How to score.
        package var protocols: [ScoreProtocol]
        /// Folders in which programs are looked for first.
        package var programs: [String]
        /// Whether tonight's numbers are taken as they are, and are the measure from now on.
        package var accepts = false
        /// How long a stage that was asked to end may take before it is killed.
        package var grace = Duration.seconds(10)

        /// Describes a night.
        package init(
            recipe: NightlyRecipe, folder: String, night: String, protocols: [ScoreProtocol],
            programs: [String]
        ) {
            self.recipe = recipe
            self.folder = folder
            self.night = night
            self.protocols = protocols
            self.programs = programs
        }
    }

    /// What a night found.
    package struct Outcome: Sendable {
        /// The report.
        package var document: Document
        /// What became of the stages.
        package var stages: [StageOutcome]
        /// What is worse than before.
        package var regressions: [NightlyGate.Verdict]
        /// Series that nights before had, and that a stage which ended well has not left tonight, by name.
        package var missing: [String]
        /// Nights whose folders were removed.
        package var pruned: [String]
        /// Whether `latest` shows this night.
        package var isLatest: Bool
    }

    private let plan: Plan
    private let onEvent: (String) -> Void
    private let shouldStop: @Sendable () -> Bool

    /// Prepares a night.
    package init(
        _ plan: Plan, onEvent: @escaping (String) -> Void = { _ in },
        shouldStop: @escaping @Sendable () -> Bool = { false }
    ) {
        self.plan = plan
        self.onEvent = onEvent
        self.shouldStop = shouldStop
    }

    /// The first of a night's seeds: the same whenever this night is run, another for another night.
    ///
    /// Nights that all drew alike would not spread at all, and any number that a change moves by chance would look worse.
    package static func seed(of night: String) -> Int {
        // Steps of 100 keep the seeds that follow from those of other nights.
        SHA256Digest(of: Array(night.utf8)).hex.prefix(6).reduce(0) {
            $0 << 4 | ($1.hexDigitValue ?? 0)
        } % 1_000_000 * 100 + 1
    }

    private var folder: String { "\(plan.folder)/nights/\(plan.night)" }
    private var journal: String { "\(folder)/journal.jsonl" }

    /// Runs the night, or what is left of it.
    /// - Throws: `ManifestError`: 75 while another night runs, 78 where the night is another recipe's, 73 or 74 where nothing
    ///   can be written.
    package func run() throws -> Outcome {
        try AtomicFile.makeFolder(at: folder)
        let lock = try FolderLock(folder: plan.folder)
        defer { withExtendedLifetime(lock) {} }
        // What is wrong with the history must be known before a night is spent.
        let history = try NightlyHistory(path: "\(plan.folder)/history.sqlite")
        try checkRecipe(history)
        var stages: [StageOutcome] = []
        var results: [NightlyHistory.Result] = []
        let known = try done()
        for stage in plan.recipe.stages {
            var outcome = try known[stage.name] ?? run(stage)
            if outcome.isDone {
                do {
                    results += try NightlyResults(stage, "\(folder)/\(stage.name)", plan.protocols)
                        .read()
                } catch {
                    outcome.status = .unreadable
                    outcome.cause = "\(error)"
                }
            }
            stages.append(outcome)
            if shouldStop() { break }
        }
        let isWhole = stages.count == plan.recipe.stages.count && stages.allSatisfy(\.isDone)
        // What was accepted stays so when the night is gone through again.
        let isAccepted =
            try plan.accepts || history.isAccepted(plan.night, recipe: plan.recipe.name)
        let (verdicts, trends) = try judge(results, history)
        let flagged = isAccepted ? [] : verdicts.filter(\.isRegression)
        let names = Set(flagged.map(\.series))
        let missing = isAccepted ? [:] : try vanished(stages, results, history)
        try history.record(
            .init(
                id: plan.night, recipe: plan.recipe.name, isWhole: isWhole, isAccepted: isAccepted),
            results.map { result in
                var copy = result
                copy.isFlagged = names.contains(result.series)
                return copy
            })
        let document = NightlyReport(
            plan: plan, stages: stages, verdicts: verdicts, flagged: names, missing: missing,
            trends: trends, isWhole: isWhole, isAccepted: isAccepted
        ).document()
        try DocumentFolder.write(document, to: "\(folder)/report")
        if isWhole { try flip() }
        let pruned =
            isWhole
            ? try Pruning(plan.folder, keep: plan.recipe.keep, tonight: plan.night).run() : []
        return Outcome(
            document: document, stages: stages, regressions: flagged,
            missing: missing.keys.sorted(), pruned: pruned, isLatest: isWhole)
    }

    /// A night of one name belongs to one recipe: another's would take its numbers' and its report's place.
    private func checkRecipe(_ history: NightlyHistory) throws {
        guard let other = try history.recipe(of: plan.night), other != plan.recipe.name else {
            return
        }
        throw ManifestError(
            .configuration, path: plan.folder,
            "night \(plan.night) is one of the recipe \(other); name another --out or --night")
    }

    /// Stages that an earlier start of the same night ended well, by the commands that they have now.
    private func done() throws -> [String: StageOutcome] {
        guard FileManager.default.fileExists(atPath: journal) else { return [:] }
        let commands = plan.recipe.stages.map { ($0.name, $0.commandDigest) }
        let digests = Dictionary(uniqueKeysWithValues: commands)
        let lines = try JSONLinesReader.read(StageOutcome.self, from: journal).records
        return Dictionary(lines.map { ($0.stage, $0) }) { $1 }.filter { stage, last in
            last.isDone && (last.command == nil || last.command == digests[stage])
        }
    }

    private func run(_ stage: NightlyRecipe.Stage) throws -> StageOutcome {
        onEvent("stage \(stage.name): \(stage.command.joined(separator: " "))")
        let outcome = try StageRunner(
            stage: stage, folder: "\(folder)/\(stage.name)",
            places: [
                "recipe": plan.recipe.folder,
                "night": URL(filePath: folder).standardizedFileURL.path,
                "night-seed": "\(Self.seed(of: plan.night))",
            ], programs: plan.programs, shouldStop: shouldStop, grace: plan.grace
        ).run()
        let writer = try JSONLinesWriter(appendingTo: journal)
        try writer.append(outcome)
        try writer.synchronize()
        onEvent("stage \(stage.name): \(outcome.status.rawValue) \(outcome.cause)")
        return outcome
    }

    private func judge(
        _ results: [NightlyHistory.Result], _ history: NightlyHistory
    ) throws -> ([NightlyGate.Verdict], [String: [NightlyHistory.Point]]) {
        let gate = NightlyGate(plan.recipe, seriesCount: results.count)
        var trends: [String: [NightlyHistory.Point]] = [:]
        let verdicts = try results.map { result in
            let points = try history.values(
                of: result.series, before: plan.night, recipe: plan.recipe.name,
                limit: max(60, 4 * plan.recipe.nights))
            trends[result.series] = points
            return gate.judge(result, points)
        }
        return (verdicts, trends)
    }

    /// Series of stages that ended well tonight, which whole nights before had and tonight has not, with the last night that had them.
    private func vanished(
        _ stages: [StageOutcome], _ results: [NightlyHistory.Result], _ history: NightlyHistory
    ) throws -> [String: String] {
        let done = Set(stages.filter(\.isDone).map(\.stage))
        let tonight = Set(results.map(\.series))
        return try history.series(
            before: plan.night, recipe: plan.recipe.name, limit: plan.recipe.nights
        ).filter { series, _ in
            done.contains(series.prefix { $0 != "/" }.description) && !tonight.contains(series)
        }
    }

    /// Lets `latest` show this night, at one stroke.
    private func flip() throws {
        let temporary = "\(plan.folder)/.latest.\(plan.night)"
        unlink(temporary)
        guard symlink("nights/\(plan.night)/report", temporary) == 0,
            rename(temporary, "\(plan.folder)/latest") == 0
        else {
            throw ManifestError(
                .io, path: "\(plan.folder)/latest", "cannot be made to show this night")
        }
    }
}

/// Removes the folders of old nights: the last so many stay, and of older ones the first of each month.
struct Pruning {
    private let folder: String
    private let keep: Int
    private let tonight: String

    init(_ folder: String, keep: Int, tonight: String) {
        self.folder = folder
        self.keep = keep
        self.tonight = tonight
    }

    /// Which nights go, by their names, whatever the order.
    static func doomed(_ nights: [String], keep: Int) -> [String] {
        let sorted = nights.sorted()
        var months: Set<Substring> = []
        let firsts = sorted.filter { months.insert($0.prefix(7)).inserted }
        return sorted.dropLast(keep).filter { !firsts.contains($0) }
    }

    func run() throws -> [String] {
        let files = FileManager.default
        let nights = try files.contentsOfDirectory(atPath: "\(folder)/nights").filter {
            !$0.hasPrefix(".")
        }
        let gone = Self.doomed(nights, keep: keep).filter { $0 != tonight }
        for night in gone { try files.removeItem(atPath: "\(folder)/nights/\(night)") }
        return gone
    }
}
