import ArgumentParser
import Console
import Manifests

/// `matter-model`: tiles → pretrained encoder.
@main
struct MatterModelProgram: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "matter-model",
        abstract: "Pretrains material and texture encoders on tiles.",
        discussion: """
            Example: matter-model pretrain --tiles TILES --recipe manifests/recipes/matter-demo.toml --out RUN
            """,
        version: SuiteVersion.current,
        subcommands: [
            PretrainCommand.self, EmbedCommand.self, WordsCommand.self, ExportCommand.self,
            InfoCommand.self,
        ])

    static func main() {
        Console.run(MatterModelProgram.self)
    }
}
