import Foundation
import Manifests
import TestSupport
import Testing

/// Programs of the system that tests of faults need; where one is not there, the tests that need it say so.
enum Tool {
    static let strace = find("strace")
    static let prlimit = find("prlimit")
    static let taskset = find("taskset")
    static let setpriv = find("setpriv")
    static let compiler = find("clang") ?? find("cc")
    static let isRoot = getuid() == 0

    private static func find(_ name: String) -> String? {
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin").split(
            separator: ":")
        return folders.map { "\($0)/\(name)" }.first {
            FileManager.default.isExecutableFile(atPath: $0)
        }
    }

    /// Whether processes may be traced here.
    static let canTrace: Bool = {
        guard let strace else { return false }
        return (try? runExecutable(strace, ["-o", "/dev/null", "/bin/true"]))?.status == 0
    }()

    /// Whether a file system in memory can be mounted here.
    static let canMount: Bool = {
        guard isRoot, let folder = try? TemporaryFolder() else { return false }
        return (try? withSmallDisk(megabytes: 1, at: folder.path) {}) != nil
    }()

    /// Runs a program of the suite under strace, with all its threads.
    static func traced(
        _ options: [String], _ arguments: [String], environment: [String: String] = [:],
        program: String = "matter-prep"
    ) throws -> (result: ProgramResult, trace: String) {
        let folder = try TemporaryFolder()
        let result = try runExecutable(
            try #require(strace),
            ["-f", "-qq", "-o", folder.path("trace")] + options
                + [programURL(program).path] + arguments, environment: environment)
        return (result, (try? WholeFile.readText(folder.path("trace"))) ?? "")
    }

    /// Mounts a small file system on a folder for the time of a body.
    static func withSmallDisk(megabytes: Int, at path: String, _ body: () throws -> Void) throws {
        let options = ["-t", "tmpfs", "-o", "size=\(megabytes)m", "tmpfs", path]
        let mounted = try runExecutable("/bin/mount", options)
        guard mounted.status == 0 else {
            throw ManifestError(.cannotCreate, path: path, mounted.stderr)
        }
        defer { _ = try? runExecutable("/bin/umount", ["-l", path]) }
        try body()
    }
}

/// A run of `matter-prep` that is let alone until a condition holds, or until it ends.
final class Running {
    let process = Process()
    private let errors = Pipe()

    init(_ arguments: [String], environment: [String: String] = [:]) throws {
        process.executableURL = programURL("matter-prep")
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardOutput = FileHandle.nullDevice
        process.standardError = errors
        try process.run()
    }

    func wait(until condition: () -> Bool) {
        while process.isRunning, !condition() { usleep(1000) }
    }

    func send(_ signal: Int32) { kill(process.processIdentifier, signal) }

    /// The exit code, 128 + the number of a signal that ended it, and what it wrote to stderr.
    func end() -> (status: Int32, stderr: String) {
        let text = errors.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        let isSignal = process.terminationReason == .uncaughtSignal
        return (
            process.terminationStatus + (isSignal ? 128 : 0), String(decoding: text, as: UTF8.self)
        )
    }
}
