import Foundation
import Manifests
import TestSupport
import Testing

/// What holds for each of the four programs, whatever it does.
@Suite struct ProgramTests {
    static let names = ["matter-prep", "matter-model", "matter-bench", "matter-eval"]

    @Test(arguments: names) func helpGoesToStdout(name: String) throws {
        let result = try runProgram(name, ["--help"])
        #expect(result.status == 0)
        #expect(result.stdout.contains("USAGE: \(name)"))
        #expect(result.stderr.isEmpty)
    }

    @Test(arguments: names) func tellsItsVersion(name: String) throws {
        let result = try runProgram(name, ["--version"])
        #expect(result.status == 0)
        #expect(result.stdout == "\(SuiteVersion.current)\n")
    }

    @Test(arguments: names) func unknownFlagsAreUsageErrors(name: String) throws {
        let result = try runProgram(name, ["--no-such-flag"])
        #expect(result.status == 64)
        #expect(result.stdout.isEmpty)
        #expect(result.stderr.contains("--no-such-flag"))
    }

    @Test(arguments: names) func aFullDiskBehindStdoutIsAnError(name: String) throws {
        let result = try runInShell("\"$0\" --help > /dev/full", name)
        #expect(result.status == 74)
        #expect(result.stderr.hasPrefix("error: standard output: "))
        #expect(result.stderr.filter { $0 == "\n" }.count == 1)
    }

    @Test(arguments: names) func aReaderThatGoesAwayIsNoError(name: String) throws {
        // The reader ends before the program begins to write.
        let script = "{ sleep 0.2; \"$0\" --help; echo \"status $?\" >&2; } | true"
        let result = try runInShell(script, name)
        #expect(result.stderr == "status 141\n")
    }

    private func runInShell(
        _ script: String, _ name: String
    ) throws -> (status: Int32, stderr: String) {
        let process = Process()
        let errors = Pipe()
        process.executableURL = URL(filePath: "/bin/sh")
        process.arguments = ["-c", script, programURL(name).path]
        process.standardError = errors
        try process.run()
        let bytes = errors.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: bytes, as: UTF8.self))
    }
}
