import ArgumentParser
import Console
import DataPrep
import Foundation
import Manifests

/// Which part of a plan this machine does.
struct ShardOption: ParsableArguments {
    @Option(
        help: """
            Do part I of N (I/N) into <out>/shards, for matter-prep merge. auto takes the part from Slurm's array \
            variables, or from JOB_COMPLETION_INDEX and JOB_COMPLETIONS in a Kubernetes indexed job. auto/N, with \
            tasks numbered 0 to N-1, is for arrays of which single tasks are run again.
            """)
    var shard: String?

    func resolve(_ environment: [String: String] = ProcessInfo.processInfo.environment) throws
        -> Shard?
    {
        guard let shard else { return nil }
        guard shard == "auto" || shard.hasPrefix("auto/") else { return try Shard(argument: shard) }
        func number(_ name: String) throws -> Int? {
            guard let text = environment[name] else { return nil }
            guard let number = Int(text) else {
                throw ValidationError("--shard auto: \(name) is \"\(text)\", no number.")
            }
            return number
        }
        if shard != "auto" {
            guard let task = try number("SLURM_ARRAY_TASK_ID") ?? number("JOB_COMPLETION_INDEX")
            else { throw ValidationError("--shard \(shard): no task number is set; give I/N.") }
            return try Shard(argument: "\(task + 1)/\(shard.dropFirst(5))")
        }
        if let task = try number("SLURM_ARRAY_TASK_ID") {
            guard let count = try number("SLURM_ARRAY_TASK_COUNT"),
                let first = try number("SLURM_ARRAY_TASK_MIN")
            else {
                throw ValidationError(
                    "--shard auto: SLURM_ARRAY_TASK_COUNT or SLURM_ARRAY_TASK_MIN is not set.")
            }
            let step = max(try number("SLURM_ARRAY_TASK_STEP") ?? 1, 1)
            let last = try number("SLURM_ARRAY_TASK_MAX") ?? first + (count - 1) * step
            // An array of some tasks of another one: which part of how many a task is cannot be told from it.
            guard count == (last - first) / step + 1, count > 1 || first < 2 else {
                throw ValidationError(
                    "--shard auto: the array is not all of a plan; give auto/N (tasks from 0) or I/N."
                )
            }
            return try Shard(index: (task - first) / step + 1, count: count)
        }
        if let index = try number("JOB_COMPLETION_INDEX") {
            guard let count = try number("JOB_COMPLETIONS") else {
                throw ValidationError(
                    "--shard auto: set JOB_COMPLETIONS to the job's completions, beside JOB_COMPLETION_INDEX."
                )
            }
            return try Shard(index: index + 1, count: count)
        }
        throw ValidationError(
            "--shard auto: neither SLURM_ARRAY_TASK_ID nor JOB_COMPLETION_INDEX is set; give I/N.")
    }
}
