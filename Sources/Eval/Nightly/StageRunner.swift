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

    /// Whether all is well.
    package var isDone: Bool { status == .done }
}

/// Runs a stage's command in its folder, for so long as it may.
struct StageRunner {
    let stage: NightlyRecipe.Stage
    let folder: String
    /// What words in braces stand for in commands.
    let places: [String: String]
    /// Folders in which programs are looked for first.
    let programs: [String]
    let shouldStop: @Sendable () -> Bool

    func run() throws -> StageOutcome {
        try AtomicFile.makeFolder(at: folder)
        guard let program = find(stage.command[0]) else {
            return outcome(.notStarted, 127, 0, "\(stage.command[0]) is no program here or on PATH")
        }
        let process = Process()
        process.executableURL = URL(filePath: program)
        process.arguments = stage.command.dropFirst().map { word in
            places.reduce(word) { $0.replacing("{\($1.key)}", with: $1.value) }
        }
        process.currentDirectoryURL = URL(filePath: folder)
        var environment = ProcessInfo.processInfo.environment
        environment["PATH"] = (programs + [environment["PATH"] ?? "/usr/bin:/bin"]).joined(
            separator: ":")
        process.environment = environment
        let log = "\(folder)/stage.log"
        try AtomicFile.write("", to: log)
        guard let file = FileHandle(forWritingAtPath: log) else {
            throw ManifestError(.cannotCreate, path: log, "cannot be written")
        }
        process.standardOutput = file
        process.standardError = file
        process.standardInput = FileHandle.nullDevice
        let start = ContinuousClock.now
        do { try process.run() } catch {
            return outcome(
                .notStarted, 126, 0, "\(program) cannot be started: \(error.localizedDescription)")
        }
        let isLate = wait(for: process, since: start)
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        let isSignal = process.terminationReason == .uncaughtSignal
        let code = process.terminationStatus + (isSignal ? 128 : 0)
        if isLate {
            return outcome(.timedOut, code, seconds, "took longer than \(stage.minutes) minutes")
        }
        return code == 0
            ? outcome(.done, 0, seconds, "")
            : outcome(.failed, code, seconds, lastLine(log) ?? "ended with \(code)")
    }

    /// Waits for the end, brings it about where the process is late or a stop is asked for, and says whether it was late.
    private func wait(for process: Process, since start: ContinuousClock.Instant) -> Bool {
        let limit = Duration.seconds(stage.minutes * 60)
        var ending: ContinuousClock.Instant?
        var isLate = false
        while process.isRunning {
            Thread.sleep(forTimeInterval: 0.02)
            let now = ContinuousClock.now
            if let ending {
                if now - ending > .seconds(10) { kill(process.processIdentifier, SIGKILL) }
            } else if now - start > limit || shouldStop() {
                isLate = now - start > limit
                process.terminate()
                ending = now
            }
        }
        process.waitUntilExit()
        return isLate
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
        StageOutcome(stage: stage.name, status: status, code: code, seconds: seconds, cause: cause)
    }
}
