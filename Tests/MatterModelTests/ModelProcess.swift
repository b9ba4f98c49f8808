import Foundation
import Manifests
import MatterModel
import TestSupport

/// `matter-model pretrain` as a process of its own, in a folder that holds `store` and `recipe.toml`.
final class ModelProcess {
    private let process = Process()
    private let folder: TemporaryFolder
    private let log: String

    /// Starts it.
    init(
        _ folder: TemporaryFolder, _ out: String, _ options: [String] = [],
        environment: [String: String] = [:]
    ) throws {
        self.folder = folder
        log = folder.path("log-\(UUID().uuidString)")
        try Data().write(to: URL(filePath: log))
        process.executableURL = programURL("matter-model")
        process.arguments =
            [
                "pretrain", "--store", folder.path("store"), "--recipe", folder.path("recipe.toml"),
                "--out", folder.path(out), "--seed", "5", "--device", "cpu",
            ] + options
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle(forWritingAtPath: log)
        try process.run()
    }

    /// All that it wrote to stderr.
    var stderr: String { (try? WholeFile.readText(log)) ?? "" }

    /// Waits for its end; the exit code, or 128 + the signal's number.
    func wait() -> Int32 {
        process.waitUntilExit()
        return process.terminationStatus
            + (process.terminationReason == .uncaughtSignal ? 128 : 0)
    }

    /// Waits until something holds; false if the process ends before.
    func waitUntil(_ holds: (ModelProcess) -> Bool) -> Bool {
        while process.isRunning {
            if holds(self) { return true }
            usleep(2000)
        }
        return holds(self)
    }

    /// Whether a file of the folder has as many lines.
    func hasLines(_ count: Int, in name: String) -> Bool {
        let bytes = (try? WholeFile.read(folder.path(name))) ?? []
        return bytes.count { $0 == UInt8(ascii: "\n") } >= count
    }

    /// Sends it a signal.
    func signal(_ number: Int32) { kill(process.processIdentifier, number) }

    var isRunning: Bool { process.isRunning }
}

/// A recipe as the text of its file.
enum RecipeText {
    static func write(_ recipe: Recipe, to path: String) throws {
        guard let sections = try JSONValue(encoding: recipe).object else { return }
        var (top, rest) = ("", "")
        for (name, value) in sections.sorted(by: { $0.key < $1.key }) {
            guard let section = value.object else {
                top += "\(name) = \(value.serialized())\n"
                continue
            }
            rest += "[\(name)]\n"
            for (key, value) in section.sorted(by: { $0.key < $1.key }) {
                rest += "\(key) = \(value.serialized())\n"
            }
        }
        try AtomicFile.write(top + rest, to: path)
    }
}
