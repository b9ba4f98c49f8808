public import Geo
public import Manifests

/// What went wrong with a raster, in one line: path, what was done, and all that GDAL said.
public struct RasterError: ExitCoded, Hashable, CustomStringConvertible {
    /// What a caller may branch on.
    public enum Code: String, Hashable, Codable, Sendable {
        /// The file is not there (exit code 66).
        case missing
        /// The file is there but broken, or no raster (65).
        case unreadable
        /// The content, or what is asked of it, makes no sense (65).
        case invalid
        /// The file cannot be created (73).
        case cannotCreate
        /// Reading or writing failed (74).
        case io
        /// Not permitted (77).
        case notPermitted
        /// On the network, and not to be had from there (69).
        case unavailable
        /// Out of file handles (71).
        case outOfResources
    }

    /// What kind of failure it is.
    public let code: Code
    /// The file concerned; empty if there is none.
    public let path: String
    /// What happened, in order.
    public let messages: [String]

    /// Makes an error out of its parts.
    public init(_ code: Code, path: String = "", _ messages: String...) {
        self.init(code, path: path, messages: messages)
    }

    init(_ code: Code, path: String, messages: [String]) {
        self.code = code
        self.path = path
        self.messages = messages
    }

    /// The error as "path: message; message".
    public var description: String {
        let text = messages.isEmpty ? "unknown failure" : messages.joined(separator: "; ")
        return Network.redacted(path.isEmpty ? text : "\(path): \(text)")
    }

    /// The code with which a program ends.
    public var exitCode: ExitCode {
        switch code {
        case .missing: .inputMissing
        case .unreadable, .invalid: .badData
        case .cannotCreate: .cannotCreate
        case .io: .io
        case .notPermitted: .notPermitted
        case .unavailable: .unavailable
        case .outOfResources: .outOfResources
        }
    }
}

extension GeoError: ExitCoded {
    /// Values that make no sense come from bad data.
    public var exitCode: ExitCode { .badData }
}
