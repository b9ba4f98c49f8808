public import Manifests

/// What keeps scenes from becoming tiles: which file, why, and what to do about it, in one line.
public struct PrepError: ExitCoded, CustomStringConvertible, Hashable {
    /// The kinds of failure that a caller may branch on; each has its exit code.
    public enum Code: Sendable, Hashable {
        /// Input that must be there is not.
        case missing
        /// Input that contradicts itself, is damaged, or is not what it says.
        case badData
        /// Output that cannot be created.
        case cannotCreate
        /// The folder holds the result of another plan or other inputs.
        case configuration
        /// A program or service that is needed is not there.
        case unavailable
        /// The call makes no sense, whatever the files hold.
        case usage
    }

    /// The kind of failure.
    public let code: Code
    /// The file, folder or scene it happened to.
    public let path: String
    /// The cause and what to do.
    public let message: String

    /// An error about a file.
    public init(_ code: Code, _ path: String, _ message: String) {
        self.code = code
        self.path = path
        self.message = message
    }

    /// One line: the file, the cause, what to do.
    public var description: String { "\(path): \(message)" }

    /// The exit code a program ends with.
    public var exitCode: ExitCode {
        switch code {
        case .missing: .inputMissing
        case .badData: .badData
        case .cannotCreate: .cannotCreate
        case .configuration: .configuration
        case .unavailable: .unavailable
        case .usage: .usage
        }
    }
}
