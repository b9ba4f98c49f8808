import ArgumentParser
import Console
import Manifests

/// Data sets and encoders in, predictions, counts and curves out.
@main
struct MatterBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "matter-bench",
        abstract: "Score encoders on data sets.",
        discussion: """
            matter-bench run oscd --data OSCD --encoder RUN/encoder.safetensors \\
              --untrained RUN/snapshots/step-000000.safetensors --out BENCH
            """,
        version: SuiteVersion.current,
        subcommands: [
            PackCommand.self, VerifyCommand.self, RunCommand.self, PredictCommand.self,
            PaperCommand.self, CheckCommand.self, StatsCommand.self, InfoCommand.self,
        ])

    static func main() {
        Console.run(MatterBench.self)
    }
}

/// The tasks.
struct RunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Run a task and keep all that it gave in a folder.",
        subcommands: [RunTaskCommand.self, RunOSCDCommand.self],
        defaultSubcommand: RunTaskCommand.self)
}
