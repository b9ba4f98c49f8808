import ArgumentParser
import Bench
import Console
import Foundation
import Logging
import Manifests
import Tensors

/// A data set's folder → a training store.
struct PackCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pack",
        abstract: "Pack a data set into a training store.",
        discussion: """
            matter-bench pack bigearthnet-v2 BIGEARTHNET --out STORE --split train

            LMDB with safetensors values in rico-hdl's layout, planes in their native size, a digest a record. Started again, it goes on \
            where it was stopped; another split is appended. With --shard each machine packs a part, and STORE is read as one; \
            "matter-bench pack store STORE --out WHOLE" makes one file of the parts.
            """)

    @OptionGroup var data: DatasetArguments

    @Option(help: "Folder of the store.")
    var out: String

    @Option(help: "Split to pack: train, val, test; all if not given.")
    var split: String?

    @Option(help: "Part to pack, I/N, for one of several machines.")
    var shard: String?

    @OptionGroup var reading: ThreadsOption
    @OptionGroup var output: JSONOption
    @OptionGroup var logging: LoggingOptions

    func validate() throws {
        do { _ = try plan() } catch { throw ValidationError("\(error)") }
    }

    /// The resolved plan.
    func plan() throws -> PackPlan {
        var plan = PackPlan(dataset: data.dataset)
        plan.split = split
        plan.shard = try shard.map { try PackShard(argument: $0) }
        plan.options = try data.options().values
        return plan
    }

    func run() throws {
        Torch.retainFreedMemory()
        let signal = StopSignal()
        let plan = try plan()
        let opened = try data.open()
        let logger = logging.logger("matter-bench")
        for remark in opened.remarks { logger.warning("\(remark)") }
        var bar = logging.progressBar("packed", total: 0)
        let summary = try PackRun(opened, plan: plan, to: out).run(
            threads: reading.threads ?? ProcessInfo.processInfo.activeProcessorCount,
            onEvent: { event in
                switch event {
                case .started(let samples, let known):
                    bar = logging.progressBar("packed", total: samples - known)
                case .committed(let samples, let known): bar.update(done: samples - known)
                }
            }, shouldStop: signal.shouldStop)
        bar.erase()
        guard let summary else {
            try signal.check()
            return
        }
        try output.print(summary) {
            [
                "\(summary.samples) samples, \(summary.known) of them were there already; "
                    + "\(summary.records) records of \(summary.bytes) bytes written to \(out)"
            ]
        }
    }
}
