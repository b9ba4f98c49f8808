public import Manifests

/// Why a data set cannot be read or a run cannot go on, in one line that says what to do.
public struct BenchError: ExitCoded, Hashable, CustomStringConvertible {
    /// What a caller may branch on.
    public enum Code: Hashable, Sendable {
        /// A file, band or city is not there (exit code 66).
        case missing
        /// A file is there but is not what it should be (65).
        case invalid
        /// The plan makes no sense, or does not fit what is in the folder already (78).
        case configuration
    }

    /// What kind of failure it is.
    public let code: Code
    /// One line: file, band or city, cause, what to do.
    public let description: String

    /// Makes an error out of its parts.
    public init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }

    /// The code with which a program ends.
    public var exitCode: ExitCode {
        switch code {
        case .missing: .inputMissing
        case .invalid: .badData
        case .configuration: .configuration
        }
    }
}
