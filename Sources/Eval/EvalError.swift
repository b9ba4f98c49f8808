public import Manifests

/// Why a run folder cannot be evaluated, in one line.
public struct EvalError: ExitCoded, Hashable, CustomStringConvertible {
    /// What a caller may branch on.
    public enum Code: Hashable, Sendable {
        /// Something that belongs to the run is not there (exit code 66).
        case missing
        /// Something is there and is not what it should be (65).
        case invalid
    }

    /// What kind of failure it is.
    public let code: Code
    /// The file or folder concerned.
    public let path: String
    /// What happened and what to do.
    public let message: String

    init(_ code: Code, _ path: String, _ message: String) {
        self.code = code
        self.path = path
        self.message = message
    }

    /// The error as "path: message".
    public var description: String { "\(path): \(message)" }

    /// The code with which a program ends.
    public var exitCode: ExitCode { code == .missing ? .inputMissing : .badData }
}
