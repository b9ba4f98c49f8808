import Foundation
import Manifests
import Raster

/// ESA's processor from L1C to L2A, `L2A_Process`, as somebody installed it here.
public struct Sen2Cor: Hashable, Sendable {
    /// The program.
    public let path: String
    /// How long it may work on one product; nil for as long as it takes.
    public let timeout: Duration?
    /// How long it has to end itself when it is told to, before it is ended.
    package var grace = Duration.seconds(5)

    /// Minutes that it may work on one product where nobody says another number.
    ///
    /// Our choice, as ESA names none: a product takes tens of minutes, so that whatever is not done after three hours
    /// hangs, or wants more memory than there is, and would keep the other dates of the run from being cut.
    public static let usualMinutes = 180

    /// How long so many minutes are, of which 0 are no limit.
    public static func limit(minutes: Int) -> Duration? {
        minutes == 0 ? nil : .seconds(minutes * 60)
    }

    /// The program at a path.
    ///
    /// - Parameters:
    ///   - path: the program.
    ///   - timeout: how long it may work on one product; nil for as long as it takes.
    /// - Throws: `PrepError` (`unavailable`) for what is no program.
    public init(
        path: String, timeout: Duration? = Sen2Cor.limit(minutes: Sen2Cor.usualMinutes)
    ) throws {
        guard FileManager.default.isExecutableFile(atPath: path) else {
            throw PrepError(
                .unavailable, path,
                "is no program; name Sen2Cor's L2A_Process, or use --surface-reflectance dark-object"
            )
        }
        (self.path, self.timeout) = (path, timeout)
    }

    /// The program in the folders of a search path ("/usr/bin:/opt/…"), or nil.
    public init?(
        searchPath: String, timeout: Duration? = Sen2Cor.limit(minutes: Sen2Cor.usualMinutes)
    ) {
        let found = searchPath.split(separator: ":").map { "\($0)/L2A_Process" }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
        guard let found else { return nil }
        (path, self.timeout) = (found, timeout)
    }

    /// What tells that a product was made, written after it.
    private struct Made: Codable {
        var version: String
        var product: String
    }

    /// The L2A product of an L1C scene below a folder, made unless it is there already.
    ///
    /// What Sen2Cor did not end, it has to make anew: only the note that is written after its end makes a product one.
    /// - Returns: the product as a scene, and "sen2cor x.y".
    /// - Throws: `Sen2CorTimeout`, and `PrepError` in one line for whatever else Sen2Cor does not finish.
    func product(
        of scene: Scene, in folder: String, checkStop: () throws -> Void
    ) throws -> (scene: Scene, version: String) {
        let home = "\(folder)/\(scene.name)"
        let note = "\(home)/sen2cor.json"
        if !FileManager.default.fileExists(atPath: note) {
            try AtomicFile.write(
                encodeCanonicalJSON(try make(scene, in: home, checkStop), pretty: true), to: note)
        }
        let made = try decodeStrictJSON(Made.self, fromFile: note)
        let found = try SceneReader().scenes(at: ["\(home)/\(made.product)"])
        guard let product = found.first, product.isSurfaceReflectance == true else {
            throw PrepError(.badData, "\(home)/\(made.product)", "is no L2A product")
        }
        return (product, "sen2cor \(made.version)")
    }

    private func make(
        _ scene: Scene, in home: String, _ checkStop: () throws -> Void
    ) throws -> Made {
        guard StoredFile(scene.folder).place == .disk else {
            throw PrepError(
                .badData, scene.folder,
                "Sen2Cor reads unpacked products; unzip it, or use --surface-reflectance dark-object"
            )
        }
        try Self.clear(home)
        try AtomicFile.makeFolder(at: home)
        let version = try version(of: home, checkStop)
        let log = "\(home)/sen2cor.log"
        let arguments = ["--output_dir", home, scene.folder]
        guard try run(arguments, log: log, for: timeout, checkStop) else {
            throw Sen2CorTimeout(
                product: scene.folder, timeout: timeout ?? .zero, log: log,
                lastLine: Self.lastLine(of: log))
        }
        let products = try StoredFile(home).listing().filter { $0.hasSuffix(".SAFE") }
        guard products.count == 1 else {
            throw PrepError(
                .badData, home, "Sen2Cor left \(products.count) products for \(scene.name)")
        }
        return Made(version: version, product: products[0])
    }

    /// Removes what an earlier Sen2Cor left half-written.
    private static func clear(_ home: String) throws {
        guard FileManager.default.fileExists(atPath: home) else { return }
        do {
            try FileManager.default.removeItem(atPath: home)
        } catch {
            throw PrepError(
                .cannotCreate, home,
                "what Sen2Cor left there half-written cannot be removed; remove it: \(error)")
        }
    }

    /// How long the help may take: what does not tell it is broken for every date.
    private static let helpTimeout = Duration.seconds(600)

    /// The version that the program tells in its help.
    private func version(of home: String, _ checkStop: () throws -> Void) throws -> String {
        let log = "\(home)/version.log"
        guard try run(["--help"], log: log, for: Self.helpTimeout, checkStop) else {
            throw PrepError(
                .unavailable, path,
                "gave no answer to --help within \(Self.helpTimeout) (see \(log)); try it by hand, or "
                    + "use --surface-reflectance dark-object")
        }
        let text = (try? WholeFile.readText(log)) ?? ""
        guard let mark = text.range(of: "Version: ") else { return "of unknown version" }
        return String(text[mark.upperBound...].prefix { $0.isNumber || $0 == "." })
    }

    // MARK: The process

    /// Runs the program and tells whether it ended in time; stopped or late, it leaves nothing running.
    private func run(
        _ arguments: [String], log: String, for limit: Duration?, _ checkStop: () throws -> Void
    ) throws -> Bool {
        let process = try start(arguments, log: log)
        // A machine that sleeps does not use the program's time up.
        let (clock, begin) = (SuspendingClock(), SuspendingClock.now)
        do {
            while process.isRunning {
                try checkStop()
                if let limit, clock.now - begin > limit {
                    end(process)
                    return false
                }
                Thread.sleep(forTimeInterval: 0.05)
            }
        } catch {
            end(process)
            throw error
        }
        guard process.terminationReason == .exit, process.terminationStatus == 0 else {
            throw PrepError(
                .badData, arguments.last ?? path,
                "Sen2Cor ended with \(process.terminationStatus): \(Self.lastLine(of: log) ?? "no message") "
                    + "(all of it in \(log)); use --surface-reflectance dark-object without it")
        }
        return true
    }

    private func start(_ arguments: [String], log: String) throws -> Process {
        try AtomicFile.write([UInt8](), to: log)
        guard let output = FileHandle(forWritingAtPath: log) else {
            throw PrepError(.cannotCreate, log, "cannot be written")
        }
        defer { try? output.close() }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        // Python keeps lines to itself when a file takes them, and what is ended would not leave them in the log.
        process.environment = ProcessInfo.processInfo.environment.merging(
            ["PYTHONUNBUFFERED": "1"]) { given, _ in given }
        process.standardOutput = output
        process.standardError = output
        process.standardInput = FileHandle.nullDevice
        do {
            try process.run()
        } catch {
            throw PrepError(.unavailable, path, "cannot be started: \(error)")
        }
        return process
    }

    /// Ends a program and those that it started: `L2A_Process` is a shell script, and what works is its child.
    private func end(_ process: Process) {
        let leader = process.processIdentifier
        // Foundation starts a program in a group of its own; where it did not, the group is ours.
        let target = getpgid(leader) == leader ? -leader : leader
        let start = ContinuousClock.now
        kill(target, SIGTERM)
        while process.isRunning || kill(target, 0) == 0, ContinuousClock.now - start < grace {
            Thread.sleep(forTimeInterval: 0.05)
        }
        kill(target, SIGKILL)
        process.waitUntilExit()
    }

    /// The last line that the program wrote, cut to a length that a message can take.
    private static func lastLine(of log: String) -> String? {
        let text = String(decoding: (try? WholeFile.read(log)) ?? [], as: UTF8.self)
        let lines = text.split(whereSeparator: \.isNewline)
            .filter { !$0.allSatisfy(\.isWhitespace) }
        return lines.last.map { String($0.prefix(200)) }
    }
}

/// Sen2Cor was ended since it took too long for a product: its date is set aside, and the run goes on.
struct Sen2CorTimeout: ExitCoded, CustomStringConvertible, Hashable {
    /// The L1C product.
    let product: String
    let timeout: Duration
    /// The file that holds what Sen2Cor wrote.
    let log: String
    /// The last of it.
    let lastLine: String?

    /// The cause, the same on every machine, in the form that makes the next run try again (`DecodeFault.isReason`).
    var reason: String {
        let seconds = timeout / .seconds(1)
        return "Sen2Cor: timed out \(seconds < 1 ? "\(seconds)" : "\(Int(seconds))") s"
    }

    /// What to read and what to do, after the cause.
    var advice: String {
        let end = lastLine.map { "its last line is \"\($0)\", " } ?? "it wrote nothing, "
        return "\(end)all of it is in \(log); run again with a longer --sen2cor-timeout, or use "
            + "--surface-reflectance dark-object"
    }

    /// One line: the product, the cause, what to do.
    var description: String { "\(product): \(reason); \(advice)" }

    /// Bad data, where nothing sets the date aside.
    var exitCode: ExitCode { .badData }
}
