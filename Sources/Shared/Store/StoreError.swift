public import Manifests

/// What went wrong with a training store, in one line.
public struct StoreError: ExitCoded, Hashable, CustomStringConvertible {
    /// What a caller may branch on.
    public enum Code: Hashable, Sendable {
        /// The store or the sample is not there (exit code 66).
        case missing
        /// The content is not what it should be (65).
        case invalid
        /// The store cannot be made (73).
        case cannotCreate
        /// Reading or writing failed (74).
        case io
        /// Out of file handles or memory (71).
        case outOfResources
        /// Not permitted (77).
        case notPermitted
    }

    /// What kind of failure it is.
    public let code: Code
    /// The store's folder.
    public let path: String
    /// The sample concerned, if one is.
    public let key: String?
    /// What happened and what to do.
    public let message: String

    init(_ code: Code, path: String, key: String? = nil, _ message: String) {
        (self.code, self.path, self.key, self.message) = (code, path, key, message)
    }

    /// The error as "store, sample: message".
    public var description: String {
        "\(path)\(key.map { ", sample \"\($0)\"" } ?? ""): \(message)"
    }

    /// The code with which a program ends.
    public var exitCode: ExitCode {
        switch code {
        case .missing: .inputMissing
        case .invalid: .badData
        case .cannotCreate: .cannotCreate
        case .io: .io
        case .outOfResources: .outOfResources
        case .notPermitted: .notPermitted
        }
    }
}
