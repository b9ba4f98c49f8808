import ArgumentParser
import Eval
import Foundation

/// Which protocols, and where they are.
struct ProtocolOptions: ParsableArguments {
    @Option(
        help:
            "Folder of protocols (*.toml), or one file; default: manifests/protocols of the suite.")
    var protocols: String?
    @Option(name: .customLong("protocol"), help: "Use this protocol only; may be repeated.")
    var names: [String] = []

    /// What was asked for, as it is written.
    var given: [String] {
        (protocols == nil ? [] : ["--protocols"]) + (names.isEmpty ? [] : ["--protocol"])
    }

    /// The chosen protocols.
    func resolve() throws -> [ScoreProtocol] {
        let all = try Protocols.read(protocols ?? SuiteFolder.path("manifests/protocols"))
        guard !names.isEmpty else { return all }
        return try names.map { name in
            guard let found = all.first(where: { $0.name == name }) else {
                throw ValidationError(
                    "no protocol is called \(name); there are \(all.map(\.name).joined(separator: ", "))"
                )
            }
            return found
        }
    }
}

/// What becomes of runs that leave a doubt.
struct StrictOption: ParsableArguments {
    @Flag(
        name: .customLong("strict"),
        help:
            "End with 65 where a run leaves a doubt: torn or repeated lines, scores that are no probabilities, a model selected on what it is scored on."
    )
    var isStrict = false

    /// What was asked for, as it is written.
    var given: [String] { isStrict ? ["--strict"] : [] }
}

/// How intervals over test samples are made.
struct ResamplingOptions: ParsableArguments {
    @Option(help: "Resamples of groups (cities, tiles, images); 0: no interval over test samples.")
    var resamples = 1000
    @Option(help: "What the resamples follow from.") var seed: UInt64 = 0
    @Option(help: "Chance that an interval holds what it is of.") var level = 0.95

    func validate() throws {
        guard (0...1_000_000).contains(resamples) else {
            throw ValidationError("--resamples must lie in 0 … 1000000.")
        }
        guard level > 0, level < 1 else {
            throw ValidationError("--level must lie between 0 and 1.")
        }
    }

    /// What is not as it stands by itself, as it is written.
    var given: [String] {
        let own = ResamplingPlan()
        return (resamples == own.resamples ? [] : ["--resamples"])
            + (seed == own.seed ? [] : ["--seed"]) + (level == own.level ? [] : ["--level"])
    }

    var plan: ResamplingPlan { ResamplingPlan(resamples: resamples, seed: seed, level: level) }
}

/// Where the suite's own files lie: below the working folder, or above the program.
enum SuiteFolder {
    static func path(_ relative: String) -> String {
        let files = FileManager.default
        if files.fileExists(atPath: relative) { return relative }
        let program = (try? files.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        var folder = URL(filePath: program).deletingLastPathComponent()
        for _ in 0..<6 {
            let candidate = folder.appending(path: relative).path
            if files.fileExists(atPath: candidate) { return candidate }
            folder.deleteLastPathComponent()
        }
        return relative
    }

    /// Whether a folder is one of `matter-bench run oscd` whose methods are no tasks: of an older program.
    static func isBenchWithoutTasks(_ folder: String) -> Bool {
        let files = FileManager.default
        let methods = (try? files.contentsOfDirectory(atPath: "\(folder)/methods")) ?? []
        return isBench(folder)
            && !methods.contains { files.fileExists(atPath: "\(folder)/methods/\($0)/task.json") }
    }

    /// Whether a folder is one of `matter-bench run oscd` and not a task's.
    static func isBench(_ folder: String) -> Bool {
        let files = FileManager.default
        return !files.fileExists(atPath: "\(folder)/task.json")
            && files.fileExists(atPath: "\(folder)/run.json")
            && files.fileExists(atPath: "\(folder)/methods")
    }
}
