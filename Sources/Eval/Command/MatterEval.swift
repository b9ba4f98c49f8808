import ArgumentParser
import Console
import Manifests

/// The program `matter-eval`.
@main
struct MatterEval: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "matter-eval",
        abstract: "Scores run folders and writes reports.",
        version: SuiteVersion.current,
        subcommands: [
            ScoreCommand.self, CompareCommand.self, ReportCommand.self, PaperCommand.self,
            AuditCommand.self, StudyCommand.self, NightlyCommand.self,
        ])

    static func main() { Console.run(Self.self) }
}
