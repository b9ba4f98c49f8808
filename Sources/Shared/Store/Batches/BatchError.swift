public import Manifests

/// Why batches cannot be made, in one line that names the sample and says what to do.
public struct BatchError: ExitCoded, Hashable, CustomStringConvertible {
    /// What a caller may branch on.
    public enum Code: Hashable, Sendable {
        /// A sample is not what it should be, or there are too few (exit code 65).
        case invalid
        /// The plan makes no sense, or does not fit the samples (78).
        case configuration
        /// A reader does not answer (74).
        case io
        /// Batches need more memory than there is (71).
        case outOfResources
    }

    /// What kind of failure it is.
    public let code: Code
    /// The sample concerned, if one is.
    public let key: String?
    /// What happened and what to do.
    public let message: String

    init(_ code: Code, key: String? = nil, _ message: String) {
        (self.code, self.key, self.message) = (code, key, message)
    }

    /// A sample whose reader does not answer.
    static func silence(of key: String, for patience: Duration) -> BatchError {
        BatchError(
            .io, key: key,
            "its reader has not answered for \(patience.components.seconds) s; check the disk, and run again"
        )
    }

    /// The error as "sample: message".
    public var description: String {
        key.map { "sample \"\($0)\": \(message)" } ?? message
    }

    /// The code with which a program ends.
    public var exitCode: ExitCode {
        switch code {
        case .invalid: .badData
        case .configuration: .configuration
        case .io: .io
        case .outOfResources: .outOfResources
        }
    }
}
