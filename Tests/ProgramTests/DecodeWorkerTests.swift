import Foundation
import Manifests
import TestSupport
import Testing

/// Decoders that crash, hang or want too much memory take a date with them, and nothing else (A27, B24).
@Suite struct DecodeWorkerTests {
    /// Three simulated dates of one region.
    private static let earth: TemporaryFolder? = {
        guard let folder = try? TemporaryFolder() else { return nil }
        let made = try? runProgram(
            "matter-prep",
            [
                "simulate", "--out", folder.path("earth"), "--products", "l2a", "--regions", "1",
                "--size", "252", "--dates", "3", "--quiet",
            ])
        return made?.status == 0 ? folder : nil
    }()

    private static func arguments(_ out: String, _ more: [String] = []) throws -> [String] {
        let root = try #require(earth).path("earth/l2a")
        let name = try #require(FileManager.default.contentsOfDirectory(atPath: root).first)
        return [
            "run", "--region", "r=\(root)/\(name)", "--out", out, "--tile-size", "128", "--bands",
            "B02,B04,B08", "--quiet",
        ] + more
    }

    private static func run(
        _ out: String, _ more: [String] = [], fault: String? = nil,
        _ environment: [String: String] = [:]
    ) throws -> ProgramResult {
        let staged = fault.map { ["MATTER_TEST_DECODER": $0] } ?? [:]
        return try runProgram(
            "matter-prep", arguments(out, more),
            environment: staged.merging(environment) { $1 })
    }

    private static func tree(_ folder: TemporaryFolder, _ name: String) throws
        -> [String: SHA256Digest]
    {
        var tree: [String: SHA256Digest] = [:]
        for file in folder.files() where file.hasPrefix("\(name)/") && !file.hasSuffix(".log") {
            tree[String(file.dropFirst(name.count))] = try SHA256Digest(ofFile: folder.path(file))
        }
        return tree
    }

    /// The second date by time.
    private static func date() throws -> String {
        let root = try #require(earth).path("earth/l2a")
        let names = (FileManager.default.subpaths(atPath: root) ?? []).filter {
            $0.hasSuffix("_B04_10m.jp2")
        }
        let dates = Set(names.compactMap { $0.split(separator: "_").dropLast(2).last }).sorted()
        return try String(#require(dates.dropFirst().first))
    }

    /// Neither workers nor threads, language or time zone are seen in what is written (B27).
    @Test func whoDecodesIsNotSeen() throws {
        let folder = try TemporaryFolder()
        #expect(try Self.run(folder.path("a"), ["--no-decode-workers"]).status == 0)
        #expect(try Self.run(folder.path("b"), ["--threads", "8"]).status == 0)
        let turkish = ["LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR.UTF-8", "TZ": "Asia/Kathmandu"]
        #expect(try Self.run(folder.path("c"), ["--threads", "1"], turkish).status == 0)
        let tree = try Self.tree(folder, "a")
        #expect(tree["/store/data.mdb"] != nil && tree["/manifest.jsonl"] != nil)
        #expect(try Self.tree(folder, "b") == tree)
        #expect(try Self.tree(folder, "c") == tree)
    }

    @Test(arguments: [
        ("11 pixels", "B08", "worker died: signal 11"),
        ("11 pixels", "B04", "worker died: signal 11"),
        ("11 open", "B04", "worker died: signal 11"),
        ("hang pixels", "B02", "timed out 1 s"),
        ("9 pixels", "B02", "worker died: signal 9, likely memory: needed ≥ "),
    ]) func aDeadDecoderTakesADate(fault: String, band: String, cause: String) throws {
        let folder = try TemporaryFolder()
        let out = folder.path("out")
        let date = try Self.date()
        let staged = "\(fault) \(date)_\(band)_10m.jp2"
        let options = ["--decode-timeout", fault.hasPrefix("hang") ? "1" : "60"]
        let result = try Self.run(out, options, fault: staged)
        #expect(result.status == 80, "\(result.stderr)")
        #expect(result.stderr.hasPrefix("error: finished, with 1 of the dates set aside: r S2"))
        #expect(result.stderr.contains("\(band)_10m.jp2: \(cause)"), "\(result.stderr)")
        #expect(result.stderr.filter { $0 == "\n" }.count == 1)
        let records = try JSONLinesReader.read(TileRecord.self, from: "\(out)/manifest.jsonl")
            .records
        #expect(records.count == 8 && Set(records.map(\.date)).count == 2)
        #expect(try runProgram("matter-prep", ["verify", out]).status == 0)
        // What is said of the fault stays; without it the date is made up for.
        let tree = try Self.tree(folder, "out")
        #expect(try Self.run(out, options, fault: staged).status == 80)
        #expect(try Self.tree(folder, "out") == tree)
        #expect(try Self.run(out).status == 0)
        #expect(try Self.run(folder.path("whole")).status == 0)
        var (late, whole) = (try Self.tree(folder, "out"), try Self.tree(folder, "whole"))
        // The store keeps the order in which samples came.
        for name in ["/store/data.mdb"] { (late[name], whole[name]) = (nil, nil) }
        #expect(late == whole)
    }

    /// A date whose file is got again comes into tiles and unchanged ground made without it: the same in the end.
    @Test(arguments: ["B04", "B08"]) func aFileThatIsGotAgainIsTakenIn(band: String) throws {
        let folder = try TemporaryFolder()
        let root = try #require(Self.earth).path("earth/l2a")
        let region = try #require(FileManager.default.contentsOfDirectory(atPath: root).first)
        let scenes = folder.path("scenes")
        try FileManager.default.copyItem(atPath: "\(root)/\(region)", toPath: scenes)
        let files = (FileManager.default.subpaths(atPath: scenes) ?? []).sorted()
        // Its checksums would tell the damage before a decoder met it.
        for file in files where file.hasSuffix("/manifest.safe") {
            try FileManager.default.removeItem(atPath: "\(scenes)/\(file)")
        }
        let date = try Self.date()
        let images = files.filter { $0.hasSuffix("_\(band)_10m.jp2") }
        let sound = try #require(images.first { $0.contains("\(date)_\(band)") })
        let other = try #require(images.first { $0 != sound })
        let recipe = folder.path("recipe.toml")
        try AtomicFile.write("[unchanged]\nfewestPixels = 100\n", to: recipe)
        func run(_ out: String, fault: String? = nil) throws -> ProgramResult {
            try runProgram(
                "matter-prep",
                [
                    "run", recipe, "--region", "r=\(scenes)", "--out", folder.path(out),
                    "--tile-size", "128", "--bands", "B02,B04,B08", "--quiet",
                ], environment: fault.map { ["MATTER_TEST_DECODER": $0] } ?? [:])
        }
        let bytes = try WholeFile.read("\(scenes)/\(sound)")
        try AtomicFile.write(WholeFile.read("\(scenes)/\(other)"), to: "\(scenes)/\(sound)")
        let late = try run("out", fault: "11 pixels \(date)_\(band)_10m.jp2")
        #expect(late.status == 80, "\(late.stderr)")
        try AtomicFile.write(bytes, to: "\(scenes)/\(sound)")
        let healed = try run("out")
        #expect(healed.status == 0, "\(healed.stderr)")
        #expect(try run("whole").status == 0)
        var (tree, whole) = (try Self.tree(folder, "out"), try Self.tree(folder, "whole"))
        for name in ["/store/data.mdb"] { (tree[name], whole[name]) = (nil, nil) }
        #expect(tree == whole && tree["/unchanged/scores.jsonl"] != nil)
        // Of a sound date nothing may change.
        try AtomicFile.write(WholeFile.read("\(scenes)/\(other)"), to: "\(scenes)/\(sound)")
        #expect(try run("out").status == 78)
    }

    @Test func aDecoderWithoutMemorySaysWhatItNeeds() throws {
        let folder = try TemporaryFolder()
        let result = try Self.run(folder.path("out"), ["--decode-memory", "1"])
        #expect(result.status == 80, "\(result.stderr)")
        #expect(result.stderr.contains("r: no date is left"))
        #expect(result.stderr.contains("memory: needed ≥ 34 MB"), "\(result.stderr)")
    }

    /// A worker that hangs does not outlive the program that asked it.
    @Test func workersEndWithTheirProgram() throws {
        let folder = try TemporaryFolder()
        let process = Process()
        process.executableURL = programURL("matter-prep")
        process.arguments = try Self.arguments(folder.path("out"))
        process.environment = ProcessInfo.processInfo.environment.merging(
            ["MATTER_TEST_DECODER": "hang pixels B08_10m.jp2"]) { $1 }
        try process.run()
        let children = "/proc/\(process.processIdentifier)/task/"
        var workers: [String] = []
        for _ in 0..<3000 where workers.count < 2 {
            usleep(20_000)
            let threads = (try? FileManager.default.contentsOfDirectory(atPath: children)) ?? []
            workers = threads.flatMap { thread in
                ((try? String(contentsOfFile: "\(children)\(thread)/children", encoding: .utf8))
                    ?? "").split(separator: " ").map(String.init)
            }
        }
        #expect(!workers.isEmpty)
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        func live() -> Bool {
            workers.contains { worker in
                let line =
                    (try? String(contentsOfFile: "/proc/\(worker)/stat", encoding: .utf8)) ?? ""
                // Nobody may be there to bury it.
                return !line.isEmpty && !line.contains(") Z ")
            }
        }
        for _ in 0..<250 where live() { usleep(20_000) }
        #expect(!live())
    }
}
