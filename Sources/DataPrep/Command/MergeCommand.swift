import ArgumentParser
import Console
import DataPrep

/// Makes one folder out of shards.
struct MergeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "merge", abstract: "Makes one folder out of the shards of a run.",
        discussion: """
            The folder has the manifest that a single run would have written. The shards stay; remove them when it \
            verifies.

              matter-prep merge tiles --out tiles
              matter-prep merge node1/tiles node2/tiles --out tiles
            """)

    @Argument(help: "Output folders of shards, or shards' own folders.")
    var folders: [String]

    @Option(help: "Folder for all tiles. Default: the one folder that is given.")
    var out: String?

    @OptionGroup var json: JSONOption
    @OptionGroup var logging: LoggingOptions

    func validate() throws {
        guard out != nil || folders.count == 1 else {
            throw ValidationError("Several folders are given: name the one for all with --out.")
        }
    }

    func run() throws {
        let output = out ?? folders[0]
        let stop = StopSignal()
        var bar = logging.progressBar("tiles", total: 0)
        let merge = try ShardMerge(folders, to: output, checkStop: stop.check) { done, total in
            if done == 1 { bar = logging.progressBar("tiles", total: total) }
            bar.update(done: done)
        }
        let tiles = try merge.run()
        bar.erase()
        try json.print(["tiles": tiles]) { ["\(output): \(tiles) tiles"] }
    }
}
