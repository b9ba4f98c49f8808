import ArgumentParser
import Console
import Manifests

@main
struct MatterPrep: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "matter-prep",
        abstract: "Turns Sentinel-2 scenes into aligned tiles.",
        version: SuiteVersion.current,
        subcommands: [
            RunCommand.self, FetchCommand.self, UnchangedCommand.self, MergeCommand.self,
            PublishCommand.self,
            SimulateCommand.self, VerifyCommand.self, AlignCommand.self,
            TileCommand.self, OrthorectifyCommand.self, DecodeCommand.self,
        ])

    static func main() { Console.run(MatterPrep.self) }
}
