import BenchFixtures
import Foundation
import Glibc
import Manifests
import TestSupport
import Testing

/// Tasks through the program.
@Suite(.serialized)
struct MatterBenchTaskTests {
    let folder: TemporaryFolder
    private let cities: String
    private let small = [
        "data.bands=[\"B02\", \"B03\", \"B04\"]", "data.crop=16", "data.stride=8", "data.overlap=0",
        "encoder.stem=method", "encoder.strides=[2]", "run.epochs=2", "run.batch=2",
        "run.checkpointEvery=1", "head.channels=8", "head.rates=[1, 2]",
    ].flatMap { ["--set", $0] }

    init() throws {
        folder = try TemporaryFolder()
        cities = folder.path("OSCD")
        _ = try OSCDFixture(at: cities, train: ["pisa", "nantes"], test: ["rio"])
    }

    private func bench(_ arguments: String...) throws -> ProgramResult {
        try runProgram("matter-bench", arguments + small)
    }

    private func digests(_ out: String) throws -> [String: SHA256Digest] {
        let files = folder.files().filter { $0.hasPrefix("\(out)/") }
            .map { String($0.dropFirst(out.count + 1)) }
            .filter { !["curves.jsonl", "environment.json"].contains($0) }
        return Dictionary(
            uniqueKeysWithValues: try files.map {
                ($0, try SHA256Digest(ofFile: folder.path("\(out)/\($0)")))
            })
    }

    @Test func aTaskRunsAndPredictsElsewhere() throws {
        let run = try bench(
            "run", "change", "oscd", cities, "--out", folder.path("RUN"), "--json")
        #expect(run.status == 0, "\(run.stderr)")
        let summary = try JSONValue.parse(Array(run.stdout.utf8), path: "stdout")
        #expect(summary[""]?["task"]?.string == "change")
        let predicted = try runProgram(
            "matter-bench",
            [
                "predict", folder.path("RUN"), "--data", cities, "--split", "train", "--out",
                folder.path("TRAIN"),
            ])
        #expect(predicted.status == 0, "\(predicted.stderr)")
        #expect(
            folder.files().contains("TRAIN/predictions/pisa.safetensors"), "\(folder.files())")
    }

    /// D2: killed at random moments and run again it ends with the same bytes.
    @Test func killedAtAnyMomentAndRunAgainGivesTheSameBytes() throws {
        // Chance has a part: channels are dropped.
        let chance = ["--set", "head.dropout=0.4", "--set", "run.epochs=4"]
        let whole = try runProgram(
            "matter-bench",
            ["run", "change", "oscd", cities, "--out", folder.path("WHOLE")] + small + chance)
        #expect(whole.status == 0, "\(whole.stderr)")
        let arguments =
            ["run", "change", "oscd", cities, "--out", folder.path("PARTS")] + small + chance
        for attempt in 0..<12 {
            let process = Process()
            process.executableURL = programURL("matter-bench")
            process.arguments = arguments
            process.standardError = FileHandle.nullDevice
            process.standardOutput = FileHandle.nullDevice
            try process.run()
            usleep(UInt32(60_000 + 90_000 * attempt))
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
        }
        let last = try runProgram("matter-bench", arguments)
        #expect(last.status == 0, "\(last.stderr)")
        #expect(try digests("WHOLE") == digests("PARTS"))
    }

    /// D4, D20: what a stop or a full disk leaves is gone on with.
    @Test func stoppedAndThenWithoutRoomOnTheDiskItGoesOnFromItsCheckpoint() throws {
        let arguments = { [self] (out: String, epochs: Int) in
            ["run", "change", "oscd", cities, "--out", folder.path(out)] + small
                + ["--set", "run.epochs=\(epochs)"]
        }
        let checkpoint = folder.path("PARTS/checkpoint.safetensors")
        // However slow the one who watches is: a training that was over before it was stopped is made longer.
        var (epochs, status) = (8, Int32(0))
        while status == 0, epochs <= 512 {
            epochs *= 2
            try? FileManager.default.removeItem(atPath: folder.path("PARTS"))
            let process = Process()
            process.executableURL = programURL("matter-bench")
            process.arguments = arguments("PARTS", epochs)
            process.standardError = FileHandle.nullDevice
            process.standardOutput = FileHandle.nullDevice
            try process.run()
            while process.isRunning, !FileManager.default.fileExists(atPath: checkpoint) {
                usleep(1000)
            }
            kill(process.processIdentifier, SIGTERM)
            process.waitUntilExit()
            status = process.terminationStatus
        }
        #expect(status == 143)
        let saved = try SHA256Digest(ofFile: checkpoint)
        let limited = try runExecutable(
            "/bin/sh",
            ["-c", "ulimit -f 100; exec \"$0\" \"$@\"", programURL("matter-bench").path]
                + arguments("PARTS", epochs))
        #expect(limited.status == 74, "\(limited.stderr)")
        #expect(limited.stderr.contains("checkpoint.safetensors"), "\(limited.stderr)")
        #expect(try SHA256Digest(ofFile: checkpoint) == saved)
        let last = try runProgram("matter-bench", arguments("PARTS", epochs))
        #expect(last.status == 0 && last.stderr.contains("going on"), "\(last.stderr)")
        let whole = try runProgram("matter-bench", arguments("WHOLE", epochs))
        #expect(whole.status == 0, "\(whole.stderr)")
        #expect(try digests("WHOLE") == digests("PARTS"))
    }

    private static let recipes = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "manifests/recipes").path

    /// D16: a GPU that is not there is told before anything is written.
    @Test func aMissingGPUIsTold() throws {
        let result = try runProgram(
            "matter-bench",
            ["run", "change", "oscd", cities, "--out", folder.path("RUN"), "--device", "cuda:99"]
                + small, environment: ["CUDA_VISIBLE_DEVICES": ""])
        #expect(result.status == 69, "\(result.stderr)")
        #expect(!FileManager.default.fileExists(atPath: folder.path("RUN")))
    }

    /// D19: two runs of one folder do not mix.
    @Test func twoRunsDoNotShareAFolder() throws {
        let lock = try FolderLock(folder: folder.path("RUN"))
        let result = try bench(
            "run", "change", "oscd", cities, "--out", folder.path("RUN"))
        withExtendedLifetime(lock) {}
        #expect(result.status == 75, "\(result.stderr)")
    }

    /// D21: a folder that cannot be made is told before training.
    @Test func aFolderThatCannotBeMadeIsToldAtOnce() throws {
        try AtomicFile.write("a file", to: folder.path("file"))
        let result = try bench(
            "run", "change", "oscd", cities, "--out", folder.path("file/run"))
        #expect(result.status == 73, "\(result.stderr)")
        #expect(!result.stderr.contains("training"), "\(result.stderr)")
    }

    @Test func thePapersTableIsASweepARow() throws {
        let table = try bench(
            "paper", "oscd", "--data", cities, "--recipes", Self.recipes, "--out",
            folder.path("TABLE"), "--seeds", "2", "--set", "run.epochs=1")
        #expect(table.status == 0, "\(table.stderr)")
        // Without labels and with, beside the published rows.
        for row in ["cva-unsupervised", "unet-fine-tuned, from random"] {
            #expect(table.stdout.contains(row), "\(table.stdout)")
        }
        let files = Set(folder.files())
        for row in ["linear-random", "unet-random", "deeplab-random"] {
            #expect(files.contains("TABLE/\(row)/sweep.json"))
            #expect(files.contains("TABLE/\(row)/run/seed-2/task.json"))
        }
        #expect(files.contains("TABLE/unsupervised/methods/cva/summary.json"))
        let report = try JSONValue.parse(
            WholeFile.read(folder.path("TABLE/report/report.json")))
        let sections = try #require(report["sections"]?.array)
        let beside = try #require(
            sections.compactMap { $0["blocks"]?[0]?["table"] }.first {
                $0["columns"]?[0]?["title"] == "Published"
            })
        let published = (beside["rows"]?.array ?? []).compactMap { $0[0]?["text"]?.string }
        #expect(Set(published) == ["VCA", "U-Net, random"])
    }

    /// The recipes of script/suite fit what simulate writes: classes of pixels and of patches, with their curves.
    @Test func simulatedReferenceMapsAreLearnt() throws {
        let made = try runProgram(
            "matter-prep",
            [
                "simulate", "--out", folder.path("earth"), "--products", "bigearthnet-v2",
                "--patches", "5", "--quiet",
            ])
        #expect(made.status == 0, "\(made.stderr)")
        let tasks = [
            ("segmentation", "landcover-unet", "mIoU", ["--set", "data.labels=1.0"]),
            ("multilabel", "cover", "mAP", []),
        ]
        let less = [
            "run.epochs=1", "data.crop=16", "data.overlap=0", "data.stride=16",
            "encoder.strides=[4]",
        ].flatMap { ["--set", $0] }
        for (task, name, metric, more) in tasks {
            let run = try runProgram(
                "matter-bench",
                [
                    "run", task, "bigearthnet-v2", folder.path("earth/bigearthnet-v2"), "--recipe",
                    "\(Self.recipes)/bench-synthetic-\(name).toml", "--out", folder.path(name),
                ] + less + more)
            #expect(run.status == 0, "\(run.stderr)")
            let curves = folder.files().filter {
                $0.hasPrefix("\(name)/") && $0.hasSuffix("curves.jsonl")
            }
            #expect(curves.count == (name == "cover" ? 3 : 1))
            for path in curves {
                let text = try WholeFile.readText(folder.path(path))
                #expect(text.contains("\"\(metric)\""), "\(path): \(text)")
            }
        }
    }

    /// A signal's number is no exit code of ours.
    @Test func aReportThatWasKilledIsABug() throws {
        // A copy of the program beside a matter-eval that is killed.
        try FileManager.default.copyItem(
            atPath: programURL("matter-bench").path, toPath: folder.path("matter-bench"))
        let report = folder.path("matter-eval")
        try Data("#!/bin/sh\nkill -9 $$\n".utf8).write(to: URL(filePath: report))
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: report)
        let result = try runExecutable(
            folder.path("matter-bench"),
            [
                "paper", "oscd", "--data", cities, "--recipes", Self.recipes, "--out",
                folder.path("TABLE"),
            ] + small + ["--set", "run.epochs=1"])
        #expect(result.status == 70, "\(result.stderr)")
        #expect(result.stderr.contains("ended by signal 9"), "\(result.stderr)")
    }

    private static let wrong: [(String, Int32)] = [
        ("run chnge oscd X --out Y", 64), ("run change oscd X --out Y --seeds 0", 64),
        ("run change oscd X --out Y --shard 3/2", 64),
        ("run change oscd /nowhere --out /tmp/never-made", 66),
        ("run change ocsd X --out Y", 78),
        ("run change oscd X --out Y --set run.epoch=1", 78),
        ("predict /nowhere --data X --out Y", 66),
        ("paper oscd --data X --recipes /nowhere --out Y", 66),
    ]

    @Test(arguments: wrong)
    func wrongCommandsEndInOneLine(_ line: String, _ status: Int32) throws {
        let arguments = line.split(separator: " ").map(String.init)
        let result = try runProgram("matter-bench", arguments)
        #expect(result.status == status, "\(result.stderr)")
        if status != 64 { #expect(result.stderr.split(separator: "\n").count == 1) }
    }
}
