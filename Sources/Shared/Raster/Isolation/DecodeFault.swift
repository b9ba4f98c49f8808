import Foundation
public import Manifests

/// A file of which the decoding ended a worker process, or did not end: the file is no use, the run goes on.
public struct DecodeFault: ExitCoded, Hashable, CustomStringConvertible {
    /// The file.
    public let path: String
    /// "worker died: signal 11", "timed out 120 s".
    public let cause: String
    /// Whether there was not enough memory, as far as one can tell: worth another try.
    let isOutOfMemory: Bool

    /// How a process ended.
    struct Death {
        let signal: Int32
        let code: Int32

        /// What `waitpid` gives.
        init(_ status: Int32) { (signal, code) = (status & 0x7f, status >> 8 & 0xff) }
    }

    init(_ request: DecodeRequest, death: Death) {
        path = request.path
        // The system ends what takes too much by 9; without memory C++ ends itself by 6, Swift by 4 (by 5 on ARM).
        isOutOfMemory = [4, 5, 6, 9].contains(death.signal)
        let what = death.signal == 0 ? "exit code \(death.code)" : "signal \(death.signal)"
        cause =
            "worker died: \(what)"
            + (isOutOfMemory ? ", likely memory: \(Self.need(request))" : "")
    }

    init(outOfMemory request: DecodeRequest) {
        path = request.path
        isOutOfMemory = true
        cause = "worker out of memory: \(Self.need(request))"
    }

    init(_ request: DecodeRequest, seconds: Double) {
        path = request.path
        isOutOfMemory = false
        cause = "timed out \(seconds < 1 ? "\(seconds)" : "\(Int(seconds))") s"
    }

    private static func need(_ request: DecodeRequest) -> String {
        "needed ≥ \((request.memory + 999_999) / 1_000_000) MB"
    }

    /// The cause with the file's own name, the same on every machine.
    public var reason: String { "\(URL(fileURLWithPath: path).lastPathComponent): \(cause)" }

    /// Whether what was set aside was so for such a fault: worth another try in the next run.
    public static func isReason(_ reason: String?) -> Bool {
        guard let reason else { return false }
        return [": worker died: ", ": worker out of memory: ", ": timed out "]
            .contains(where: reason.contains)
    }

    /// One line: the file, the cause, what to do.
    public var description: String { "\(path): \(cause); get the file again, or leave it out" }

    /// Bad data.
    public var exitCode: ExitCode { .badData }
}
