import Foundation
import Manifests
import Raster

/// ESA's processor from L1C to L2A, `L2A_Process`, as somebody installed it here.
public struct Sen2Cor: Hashable, Sendable {
    /// The program.
    public let path: String

    /// The program at a path.
    ///
    /// - Throws: `PrepError` (`unavailable`) for what is no program.
    public init(path: String) throws {
        guard FileManager.default.isExecutableFile(atPath: path) else {
            throw PrepError(
                .unavailable, path,
                "is no program; name Sen2Cor's L2A_Process, or use --surface-reflectance dark-object"
            )
        }
        self.path = path
    }

    /// The program in the folders of a search path ("/usr/bin:/opt/…"), or nil.
    public init?(searchPath: String) {
        let found = searchPath.split(separator: ":").map { "\($0)/L2A_Process" }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
        guard let found else { return nil }
        path = found
    }

    /// What tells that a product was made, written after it.
    private struct Made: Codable {
        var version: String
        var product: String
    }

    /// The L2A product of an L1C scene below a folder, made unless it is there already.
    ///
    /// - Returns: the product as a scene, and "sen2cor x.y".
    /// - Throws: `PrepError` in one line for whatever Sen2Cor does not finish.
    func product(
        of scene: Scene, in folder: String, checkStop: () throws -> Void
    ) throws -> (scene: Scene, version: String) {
        let home = "\(folder)/\(scene.name)"
        let note = "\(home)/sen2cor.json"
        if !FileManager.default.fileExists(atPath: note) {
            guard StoredFile(scene.folder).place == .disk else {
                throw PrepError(
                    .badData, scene.folder,
                    "Sen2Cor reads unpacked products; unzip it, or use --surface-reflectance dark-object"
                )
            }
            try? FileManager.default.removeItem(atPath: home)
            try AtomicFile.makeFolder(at: home)
            let version = try version(of: home, checkStop)
            try run(["--output_dir", home, scene.folder], log: "\(home)/sen2cor.log", checkStop)
            let products = try StoredFile(home).listing().filter { $0.hasSuffix(".SAFE") }
            guard products.count == 1 else {
                throw PrepError(
                    .badData, home, "Sen2Cor left \(products.count) products for \(scene.name)")
            }
            try AtomicFile.write(
                encodeCanonicalJSON(Made(version: version, product: products[0]), pretty: true),
                to: note)
        }
        let made = try decodeStrictJSON(Made.self, fromFile: note)
        let found = try SceneReader().scenes(at: ["\(home)/\(made.product)"])
        guard let product = found.first, product.isSurfaceReflectance == true else {
            throw PrepError(.badData, "\(home)/\(made.product)", "is no L2A product")
        }
        return (product, "sen2cor \(made.version)")
    }

    /// The version that the program tells in its help.
    private func version(of home: String, _ checkStop: () throws -> Void) throws -> String {
        let log = "\(home)/version.log"
        try run(["--help"], log: log, checkStop)
        let text = (try? WholeFile.readText(log)) ?? ""
        guard let mark = text.range(of: "Version: ") else { return "of unknown version" }
        return String(text[mark.upperBound...].prefix { $0.isNumber || $0 == "." })
    }

    /// Ends a program and those that it started: `L2A_Process` is a shell script, and what works is its child.
    private func end(_ process: Process) {
        let leader = process.processIdentifier
        // Foundation starts a program in a group of its own; where it did not, the group is ours.
        let target = getpgid(leader) == leader ? -leader : leader
        kill(target, SIGTERM)
        for _ in 0..<100 where process.isRunning || kill(target, 0) == 0 {
            Thread.sleep(forTimeInterval: 0.05)
        }
        kill(target, SIGKILL)
        process.waitUntilExit()
    }

    private func run(_ arguments: [String], log: String, _ checkStop: () throws -> Void) throws {
        try AtomicFile.write([UInt8](), to: log)
        guard let output = FileHandle(forWritingAtPath: log) else {
            throw PrepError(.cannotCreate, log, "cannot be written")
        }
        defer { try? output.close() }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        process.standardOutput = output
        process.standardError = output
        process.standardInput = FileHandle.nullDevice
        do {
            try process.run()
        } catch {
            throw PrepError(.unavailable, path, "cannot be started: \(error)")
        }
        do {
            while process.isRunning {
                try checkStop()
                Thread.sleep(forTimeInterval: 0.05)
            }
        } catch {
            end(process)
            throw error
        }
        guard process.terminationReason == .exit, process.terminationStatus == 0 else {
            let lines = ((try? WholeFile.readText(log)) ?? "").split(whereSeparator: \.isNewline)
            throw PrepError(
                .badData, arguments.last ?? path,
                "Sen2Cor ended with \(process.terminationStatus): \(lines.last ?? "no message") "
                    + "(all of it in \(log)); use --surface-reflectance dark-object without it")
        }
    }
}
