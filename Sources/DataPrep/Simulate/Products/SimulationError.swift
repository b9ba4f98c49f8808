public import Manifests

/// Why a synthetic Earth cannot be made, in one line.
public struct SimulationError: ExitCoded, CustomStringConvertible {
    /// The code with which the program ends.
    public let exitCode: ExitCode
    /// What is wrong and what to do.
    public let description: String

    init(_ code: ExitCode, _ description: String) {
        exitCode = code
        self.description = description
    }
}
