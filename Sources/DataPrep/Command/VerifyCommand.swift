import ArgumentParser
import Console
import DataPrep
import Manifests

/// Proves a folder of tiles.
struct VerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Proves a folder of tiles against its manifest.",
        discussion: """
            Proves every file below the folder, the training store, unchanged ground, shards and publications too. Ends \
            with 0 when all is whole, 65 when something is damaged, missing or no part of it, 1 when the run that wrote \
            the folder did not finish. Running the same command again rebuilds what is damaged, and nothing else.

              matter-prep verify tiles
            """)

    @Argument(help: "A folder that matter-prep run wrote.")
    var folder: String

    @OptionGroup var json: JSONOption
    @OptionGroup var logging: LoggingOptions

    func run() throws {
        let result = try PrepVerification(folder: folder)
        try json.print(result) {
            result.faults
                + [
                    result.isUnfinished
                        ? "unfinished: run the same command again"
                        : "\(result.tiles) tiles, \(result.proven) files and samples proven, \(result.faults.count) faults"
                ]
        }
        if !result.faults.isEmpty { throw ExitCode(Manifests.ExitCode.badData.rawValue) }
        if result.isUnfinished { throw ExitCode(Manifests.ExitCode.wanting.rawValue) }
    }
}
