import Foundation
import Manifests

/// What became of a stage.
package struct StageOutcome: Codable, Sendable, Equatable {
    /// How it ended.
    package enum Status: String, Codable, Sendable {
        /// With 0.
        case done
        /// With another code, or a signal.
        case failed
        /// It took longer than it may.
        case timedOut
        /// It could not be started.
        case notStarted
        /// It ended, and what it left could not be read.
        case unreadable
    }

    /// The stage.
    package var stage: String
    /// How it ended.
    package var status: Status
    /// The exit code, or 128 + the signal's number.
    package var code: Int32
    /// How long it took.
    package var seconds: Double
    /// The first cause, in a line.
    package var cause: String
    /// The digest of its command as the recipe has it; `nil` in journals of programs that did not keep it.
    package var command: String?

    /// Whether all is well.
    package var isDone: Bool { status == .done }
}

/// Runs a stage's command in its folder, for so long as it may, and leaves none of its processes behind.
struct StageRunner {
    let stage: NightlyRecipe.Stage
    let folder: String
    /// What words in braces stand for in commands.
    let places: [String: String]
    /// Folders in which programs are looked for first.
    let programs: [String]
    let shouldStop: @Sendable () -> Bool
    /// How long a stage that was asked to end may take before it is killed.
    var grace = Duration.seconds(10)

    func run() throws -> StageOutcome {
        try AtomicFile.makeFolder(at: folder)
        guard let program = find(stage.command[0]) else {
            return outcome(.notStarted, 127, 0, "\(stage.command[0]) is no program here or on PATH")
        }
        var environment = ProcessInfo.processInfo.environment
        environment["PATH"] = (programs + [environment["PATH"] ?? "/usr/bin:/bin"]).joined(
            separator: ":")
        let log = "\(folder)/stage.log"
        try keepOldLog(log)
        try AtomicFile.write("", to: log)
        let arguments = stage.command.dropFirst().map { word in
            places.reduce(word) { $0.replacing("{\($1.key)}", with: $1.value) }
        }
        let start = ContinuousClock.now
        let process: StageProcess
        do {
            process = try StageProcess(
                .init(
                    program: URL(filePath: program).path, arguments: arguments,
                    environment: environment, folder: URL(filePath: folder).path,
                    log: URL(filePath: log).path))
        } catch let error as StageStartError {
            return outcome(.notStarted, 126, 0, "\(program) cannot be started: \(error.reason)")
        }
        let end = wait(for: process, since: start)
        // However a stage ends, what it started ends with it.
        let code = process.end(within: grace)
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        switch end {
        case .late:
            return outcome(.timedOut, code, seconds, "took longer than \(stage.minutes) minutes")
        // Whatever it answers to being ended, it had not ended by itself.
        case .stopped: return outcome(.failed, code, seconds, "stopped")
        case .byItself:
            return code == 0
                ? outcome(.done, 0, seconds, "")
                : outcome(.failed, code, seconds, lastLine(log) ?? "ended with \(code)")
        }
    }

    /// What an earlier start printed stays beside, as `stage.1.log` and on.
    private func keepOldLog(_ log: String) throws {
        var status = stat()
        guard stat(log, &status) == 0, status.st_size > 0 else { return }
        var number = 1
        while FileManager.default.fileExists(atPath: "\(folder)/stage.\(number).log") {
            number += 1
        }
        guard rename(log, "\(folder)/stage.\(number).log") == 0 else {
            throw ManifestError(.io, path: log, "cannot be renamed; make its folder writable")
        }
    }

    private enum End { case byItself, late, stopped }

    /// Waits until the stage ended, its time is over, or a stop is asked for.
    private func wait(for process: StageProcess, since start: ContinuousClock.Instant) -> End {
        let limit = Duration.seconds(stage.minutes * 60)
        while !process.hasEnded {
            if ContinuousClock.now - start > limit { return .late }
            if shouldStop() { return .stopped }
            StageProcess.rest()
        }
        return .byItself
    }

    private func find(_ name: String) -> String? {
        if name.contains("/") {
            return FileManager.default.isExecutableFile(atPath: name) ? name : nil
        }
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
        return (programs + path.split(separator: ":").map(String.init)).map { "\($0)/\(name)" }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
    }

    private func lastLine(_ log: String) -> String? {
        guard let text = try? WholeFile.readText(log, limit: 64 << 20) else { return nil }
        return text.split(whereSeparator: \.isNewline).last.map {
            Markup.shortened(String($0), to: 300)
        }
    }

    private func outcome(
        _ status: StageOutcome.Status, _ code: Int32, _ seconds: Double, _ cause: String
    ) -> StageOutcome {
        StageOutcome(
            stage: stage.name, status: status, code: code, seconds: seconds, cause: cause,
            command: stage.commandDigest)
    }
}
