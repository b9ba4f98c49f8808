import ArgumentParser
import Bench
import Console
import Manifests
import Store

/// Proves a packed store.
struct VerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Prove every record of a packed store.",
        discussion: """
            matter-bench verify STORE

            Reads all records and compares their SHA-256 with those that packing left. Ends with 1 where a record is damaged, with 65 \
            where the store cannot be read at all.
            """)

    @Argument(help: "Folder of the store, or of its shards.")
    var store: String

    @OptionGroup var output: JSONOption
    @OptionGroup var logging: LoggingOptions

    func run() throws {
        let signal = StopSignal()
        let verification = try StoreVerification(store)
        var bar = logging.progressBar("proved", total: verification.count)
        var result = try verification.run(
            onRecord: { bar.update(done: $0) }, shouldStop: signal.shouldStop)
        bar.erase()
        result?.faults += try PackRecord.lostSamples(verification.sampleCounts)
        guard let result else {
            try signal.check()
            return
        }
        try output.print(result) {
            result.faults + [
                "\(result.samples) samples, \(result.records) records, \(result.bytes) bytes: \(result.faults.isEmpty ? "all as they were packed" : "\(result.faults.count) faults")"
            ]
        }
        guard result.faults.isEmpty else {
            throw ArgumentParser.ExitCode(Manifests.ExitCode.wanting.rawValue)
        }
    }
}
