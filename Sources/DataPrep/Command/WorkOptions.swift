import ArgumentParser
import DataPrep
import Raster

/// How much of the machine is used, and how scenes are decoded; what is written depends on none of it.
struct WorkOptions: ParsableArguments {
    @Option(help: "Threads that decode, resample and encode. Default: one for each core.")
    var threads: Int?

    @Flag(
        inversion: .prefixedNo,
        help: """
            Decode scenes in processes of their own: a file that crashes or hangs its decoder is set aside and the rest \
            goes on.
            """)
    var decodeWorkers = true

    @Option(help: "Seconds that a decoding process may take for an answer.")
    var decodeTimeout = 120.0

    @Option(help: "Megabytes of memory that a decoding process may take.")
    var decodeMemory = DecodeService.largestMemory >> 20

    func validate() throws {
        guard (1...1024).contains(threads ?? 1) else {
            throw ValidationError("--threads is 1 to 1024.")
        }
        guard decodeTimeout > 0, decodeTimeout <= 86_400 else {
            throw ValidationError("--decode-timeout is more than 0 seconds and at most a day.")
        }
        guard (1...1 << 20).contains(decodeMemory) else {
            throw ValidationError("--decode-memory is 1 to 1048576 MB.")
        }
    }

    /// From here on scenes are decoded as the options say.
    func start() {
        guard decodeWorkers else { return }
        let program = ["/proc/self/exe", DecodeCommand.name, "--memory", "\(decodeMemory)"]
        IsolatedDecoding.start(.init(command: program, timeout: .seconds(decodeTimeout)))
    }

    /// Ends the processes that decode.
    func stop() { IsolatedDecoding.stop() }
}
