public import Foundation

/// What a program gave back.
public struct ProgramResult: Sendable {
    /// The exit code; 128 + the signal's number if a signal ended it.
    public let status: Int32
    /// All that it wrote to stdout.
    public let stdout: String
    /// All that it wrote to stderr.
    public let stderr: String
}

/// Runs one of the built programs, which lie beside the test bundle, and waits for its end.
/// - Parameters:
///   - name: The program: "matter-prep".
///   - arguments: Its arguments.
///   - environment: Variables to set beside those of the test.
///   - stdin: Text that it can read.
/// - Returns: Its exit code and all that it wrote.
/// - Throws: what Foundation throws if it cannot be started.
public func runProgram(
    _ name: String, _ arguments: [String] = [], environment: [String: String] = [:],
    stdin: String = ""
) throws -> ProgramResult {
    try runExecutable(
        programURL(name).path, arguments, environment: environment, stdin: stdin)
}

/// Runs any executable by its path, as `runProgram` does with ours, and waits for its end.
/// - Parameters:
///   - path: The executable.
///   - arguments: Its arguments.
///   - environment: Variables to set beside those of the test.
///   - stdin: Text that it can read.
/// - Returns: Its exit code and all that it wrote.
/// - Throws: what Foundation throws if it cannot be started.
public func runExecutable(
    _ path: String, _ arguments: [String] = [], environment: [String: String] = [:],
    stdin: String = ""
) throws -> ProgramResult {
    let folder = try TemporaryFolder()
    let streams = ["in", "out", "err"].map { folder.path($0) }
    for stream in streams {
        try Data(stdin.utf8).write(to: URL(filePath: stream))
    }
    let process = Process()
    process.executableURL = URL(filePath: path)
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.standardInput = FileHandle(forReadingAtPath: streams[0])
    for (path, isOutput) in [(streams[1], true), (streams[2], false)] {
        let file = FileHandle(forWritingAtPath: path)
        try file?.truncate(atOffset: 0)
        if isOutput { process.standardOutput = file } else { process.standardError = file }
    }
    try process.run()
    process.waitUntilExit()
    let isSignal = process.terminationReason == .uncaughtSignal
    return ProgramResult(
        status: process.terminationStatus + (isSignal ? 128 : 0),
        stdout: String(decoding: try Data(contentsOf: URL(filePath: streams[1])), as: UTF8.self),
        stderr: String(decoding: try Data(contentsOf: URL(filePath: streams[2])), as: UTF8.self))
}

/// Where a built program lies: in the folder of the running test's own executable or bundle.
public func programURL(_ name: String) -> URL {
    let candidates =
        Bundle.allBundles.map { $0.bundleURL.deletingLastPathComponent() }
        + CommandLine.arguments.map { URL(filePath: $0).deletingLastPathComponent() }
        + [Bundle.main.bundleURL]
    let programs = candidates.map { $0.appending(path: name) }
    return programs.first { FileManager.default.isExecutableFile(atPath: $0.path) }
        ?? URL(filePath: "/nonexistent/\(name)")
}
