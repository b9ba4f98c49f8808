import Glibc

/// What went wrong with a file of ours, in one line.
public struct ManifestError: ExitCoded, Hashable, CustomStringConvertible {
    /// What a caller may branch on.
    public enum Code: Hashable, Sendable {
        /// The file is not there (exit code 66).
        case missing
        /// The content is not what it should be (65).
        case invalid
        /// The file or folder cannot be created (73).
        case cannotCreate
        /// Reading or writing failed (74).
        case io
        /// Another process holds the lock (75).
        case locked
        /// Not permitted (77).
        case notPermitted
        /// Does not fit what is there already (78).
        case configuration
        /// Out of file handles or memory (71).
        case outOfResources
        /// The system does not offer what is needed (69).
        case unavailable
    }

    /// What kind of failure it is.
    public let code: Code
    /// The file or folder concerned; empty if the bytes came from no file.
    public let path: String
    /// The line (from 1) of the file, where that is known.
    public let line: Int?
    /// What happened and what to do.
    public let message: String

    /// Makes an error out of its parts.
    public init(_ code: Code, path: String = "", line: Int? = nil, _ message: String) {
        self.code = code
        self.path = path
        self.line = line
        self.message = message
    }

    /// The same error, said of the given file (and line).
    public func at(path: String, line: Int? = nil) -> ManifestError {
        ManifestError(code, path: path, line: line ?? self.line, message)
    }

    /// The error as "path:line: message".
    public var description: String {
        let place = [path.isEmpty ? nil : path, line.map(String.init)].compactMap(\.self)
        return (place.isEmpty ? [] : [place.joined(separator: ":")] + [""]).joined(separator: ": ")
            + message
    }

    /// The code with which a program ends.
    public var exitCode: ExitCode {
        switch code {
        case .missing: .inputMissing
        case .invalid: .badData
        case .cannotCreate: .cannotCreate
        case .io: .io
        case .locked: .locked
        case .notPermitted: .notPermitted
        case .configuration: .configuration
        case .outOfResources: .outOfResources
        case .unavailable: .unavailable
        }
    }
}

// MARK: Failures of system calls

/// Whether a failing call was to read what should be there, or to make something.
package enum FileAccess {
    /// What should be there is read.
    case reading
    /// Something is made.
    case writing
}

extension ManifestError {
    /// What `errno` means for a file.
    package init(errno number: Int32, path: String, while access: FileAccess, _ doing: String) {
        let code: Code =
            switch number {
            case EACCES, EPERM: .notPermitted
            case EMFILE, ENFILE, ENOMEM: .outOfResources
            case ENOENT, ENOTDIR, ELOOP: access == .reading ? .missing : .cannotCreate
            case EROFS, EISDIR, EEXIST, ENAMETOOLONG, ENXIO:
                access == .reading ? .io : .cannotCreate
            default: .io
            }
        self.init(code, path: path, "\(doing): \(String(cString: strerror(number)))")
    }
}
