import CTorch
public import Manifests

/// What went wrong at libtorch's door, in one line: the operation, the shapes it was given, libtorch's reason.
public struct TorchError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What a caller may branch on.
    public enum Code: Sendable, Hashable {
        /// Shapes, dtypes or values that an operation cannot take.
        case invalid
        /// A file that is not what it should be.
        case badData
        /// A file that is not there.
        case missing
        /// A file that cannot be written.
        case io
        /// The machine or the GPU has too little memory.
        case outOfMemory
        /// No GPU, or libtorch's CUDA library cannot be loaded.
        case unavailable
        /// Another process of the group is gone, or does not answer in time.
        case disconnected
        /// A setting that makes no sense.
        case configuration
        /// A bug, ours or libtorch's.
        case bug
    }

    /// What a caller may branch on.
    public let code: Code
    /// What was being done: an operator's name, or the path of a file.
    public let operation: String
    /// The shapes of the tensors that were given, in their order.
    public let shapes: [[Int]]
    /// The reason, one line.
    public let message: String

    /// Makes an error.
    public init(_ code: Code, operation: String, shapes: [[Int]] = [], message: String) {
        self.code = code
        self.operation = operation
        self.shapes = shapes
        self.message = message
    }

    /// One line: operation, reason, shapes.
    public var description: String {
        guard !shapes.isEmpty else { return "\(operation): \(message)" }
        let list = shapes.map { "\($0)" }.joined(separator: ", ")
        return "\(operation): \(message) (shapes \(list))"
    }
}

extension TorchError: ExitCoded {
    /// What the program tells the shell.
    public var exitCode: ExitCode {
        switch code {
        case .invalid, .badData: .badData
        case .missing: .inputMissing
        case .io, .disconnected: .io
        case .outOfMemory: .outOfResources
        case .unavailable: .unavailable
        case .configuration: .configuration
        case .bug: .bug
        }
    }
}

extension TorchError {
    /// The failure that libtorch left for this thread.
    static func last(_ operation: String, shapes: [[Int]] = []) -> TorchError {
        let text = String(cString: ctorch_error())
        let lines = text.split(whereSeparator: \.isNewline).map { $0.trimmingSpaces() }
        let message = lines.filter { !$0.isEmpty }.joined(separator: " ")
        return TorchError(
            Code(failure: ctorch_error_kind()), operation: operation, shapes: shapes,
            message: message.isEmpty ? "failed without a reason" : message)
    }
}

extension TorchError.Code {
    init(failure: Int32) {
        switch UInt32(bitPattern: failure) {
        case CTORCH_INVALID.rawValue: self = .invalid
        case CTORCH_OUT_OF_MEMORY.rawValue: self = .outOfMemory
        case CTORCH_UNAVAILABLE.rawValue: self = .unavailable
        case CTORCH_DISCONNECTED.rawValue: self = .disconnected
        default: self = .bug
        }
    }
}

extension Substring {
    fileprivate func trimmingSpaces() -> Substring {
        drop { $0 == " " }
    }
}
