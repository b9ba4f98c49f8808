import Foundation
import Manifests
import TestSupport
import Testing

/// Shards by number and by what Slurm and Kubernetes say, merging and publishing, as a user calls them.
@Suite struct MatterPrepShardTests {
    private static let slurm = [
        "SLURM_ARRAY_TASK_COUNT": "2", "SLURM_ARRAY_TASK_MIN": "10", "SLURM_ARRAY_TASK_STEP": "5",
    ]

    @Test func shardsOfAnArrayMergeToASingleRun() throws {
        let folder = try TemporaryFolder()
        let recipe = try MatterPrepRecipeTests.recipe(in: folder)
        #expect(try runProgram("matter-prep", ["run", recipe, "--quiet"]).status == 0)
        let shards: [[String: String]] = [
            Self.slurm.merging(["SLURM_ARRAY_TASK_ID": "10"]) { $1 },
            ["JOB_COMPLETION_INDEX": "1", "JOB_COMPLETIONS": "2"],
        ]
        for environment in shards {
            let part = try runProgram(
                "matter-prep",
                ["run", recipe, "--out", folder.path("parts"), "--shard", "auto", "--quiet"],
                environment: environment)
            #expect(part.status == 0, "\(part.stderr)")
        }
        let merged = try runProgram(
            "matter-prep", ["merge", folder.path("parts"), "--json", "--quiet"])
        #expect(merged.status == 0, "\(merged.stderr)")
        #expect(try JSONValue.parse(merged.stdout)["tiles"]?.int == 16)
        for name in ["run.json", "manifest.jsonl", "leftout.jsonl"] {
            #expect(
                try WholeFile.read(folder.path("parts/\(name)"))
                    == WholeFile.read(folder.path("out/\(name)")))
        }
        #expect(try runProgram("matter-prep", ["verify", folder.path("parts")]).status == 0)
        let published = try runProgram(
            "matter-prep",
            ["publish", folder.path("parts"), "--format", "stac", "--to", folder.path("stac")])
        #expect(published.status == 0, "\(published.stderr)")
        #expect(published.stdout.contains("17 files"))
    }

    private static let hasValidators = OutsideReaders.are(in: "venv-manifests")

    /// E27: what is published is accepted by its format's own validator, and not when it is spoilt.
    @Test(
        .enabled(if: hasValidators, "needs the validators that script/check-manifests installs"),
        arguments: [
            ("kwcoco", "data.kwcoco.json", "\"images\""),
            ("croissant", "croissant.json", "\"contentUrl\""),
        ])
    func validatorsAccept(format: String, file: String, word: String) throws {
        let folder = try TemporaryFolder()
        let recipe = try MatterPrepRecipeTests.recipe(in: folder)
        #expect(try runProgram("matter-prep", ["run", recipe, "--quiet"]).status == 0)
        let target = folder.path(format)
        let published = try runProgram(
            "matter-prep", ["publish", folder.path("out"), "--format", format, "--to", target])
        #expect(published.status == 0, "\(published.stderr)")
        let script = OutsideReaders.script("check-manifests")
        let good = try runExecutable(script, [target])
        #expect(good.status == 0, "\(good.stderr)")
        let text = try WholeFile.readText("\(target)/\(file)")
        try AtomicFile.write(text.replacing(word, with: "\"x\""), to: "\(target)/\(file)")
        #expect(try runExecutable(script, [target]).status != 0)
    }

    /// One task of an array again is the part that it was where the number of parts is said, else it is refused.
    @Test func oneTaskIsRunAgain() throws {
        let folder = try TemporaryFolder()
        let recipe = try MatterPrepRecipeTests.recipe(in: folder)
        let alone = [
            "SLURM_ARRAY_TASK_ID": "7", "SLURM_ARRAY_TASK_COUNT": "1", "SLURM_ARRAY_TASK_MIN": "7",
            "SLURM_ARRAY_TASK_MAX": "7",
        ]
        let gaps = [
            "SLURM_ARRAY_TASK_ID": "3", "SLURM_ARRAY_TASK_COUNT": "2", "SLURM_ARRAY_TASK_MIN": "3",
            "SLURM_ARRAY_TASK_MAX": "7",
        ]
        for environment in [alone, gaps] {
            let refused = try runProgram(
                "matter-prep", ["run", recipe, "--shard", "auto", "--quiet"],
                environment: environment)
            #expect(refused.status == 64 && refused.stderr.contains("auto/N"), "\(refused.stderr)")
        }
        let again = try runProgram(
            "matter-prep", ["run", recipe, "--shard", "auto/16", "--quiet"], environment: alone)
        #expect(again.status == 0, "\(again.stderr)")
        #expect(folder.files().contains("out/shards/8-of-16/run.json"))
    }

    @Test func badPartsAreOneLine() throws {
        let folder = try TemporaryFolder()
        let recipe = try MatterPrepRecipeTests.recipe(in: folder)
        func expect(
            _ arguments: [String], _ status: Int32, _ words: String,
            _ environment: [String: String] = [:]
        ) throws {
            let result = try runProgram("matter-prep", arguments, environment: environment)
            #expect(result.status == status, "\(result.stderr)")
            #expect(result.stderr.contains(words), "\(result.stderr)")
        }
        try expect(["run", recipe, "--shard", "3/2"], 64, "shards 1/N to N/N")
        try expect(["run", recipe, "--shard", "auto"], 64, "neither SLURM_ARRAY_TASK_ID")
        try expect(
            ["run", recipe, "--shard", "auto"], 64, "JOB_COMPLETIONS", ["JOB_COMPLETION_INDEX": "0"]
        )
        try expect(
            ["run", recipe, "--shard", "auto"], 64, "no number", ["SLURM_ARRAY_TASK_ID": "x"])
        try expect(["merge", folder.path("none")], 66, "run.json")
        try expect(["merge", folder.path("a"), folder.path("b")], 64, "--out")
        try expect(
            ["publish", folder.path, "--format", "zip", "--to", folder.path("z")], 64, "zip")
        try expect(
            ["publish", folder.path("none"), "--format", "peo", "--to", folder.path("z")], 66,
            "run.json")
    }

    @Test func explainNamesWhatDiffers() throws {
        let folder = try TemporaryFolder()
        let recipe = try MatterPrepRecipeTests.recipe(in: folder)
        #expect(try runProgram("matter-prep", ["run", recipe, "--quiet"]).status == 0)
        let before = folder.files()
        let explained = try runProgram(
            "matter-prep", ["run", recipe, "--tile-size", "64", "--explain"])
        #expect(explained.status == 0, "\(explained.stderr)")
        #expect(explained.stdout.contains("settings.tileSize: 128 → 64; anew: every tile"))
        #expect(folder.files() == before)
        let refused = try runProgram(
            "matter-prep", ["run", recipe, "--tile-size", "64", "--quiet"])
        #expect(refused.status == 78 && refused.stderr.contains("settings.tileSize"))
    }

    /// What may be taken over is said by the refusal and by --explain, and done with --adopt.
    @Test func adoptGoesOnWithOtherQuicklooks() throws {
        let folder = try TemporaryFolder()
        let recipe = try MatterPrepRecipeTests.recipe(in: folder)
        let arguments = ["run", recipe, "--quicklook-bands", "B08"]
        #expect(try runProgram("matter-prep", ["run", recipe, "--quiet"]).status == 0)
        let refused = try runProgram("matter-prep", arguments + ["--quiet"])
        #expect(refused.status == 78 && refused.stderr.contains("--adopt"), "\(refused.stderr)")
        let explained = try runProgram("matter-prep", arguments + ["--explain"])
        #expect(explained.stdout.contains("or go on there with --adopt"), "\(explained.stdout)")
        let adopted = try runProgram("matter-prep", arguments + ["--adopt", "--quiet"])
        #expect(adopted.status == 0, "\(adopted.stderr)")
        let log = try WholeFile.readText(folder.path("out/prep.log"))
        #expect(log.contains("settings.quicklookBands: – → [\"B08\"]; anew: quick-looks"))
        #expect(try runProgram("matter-prep", ["verify", folder.path("out")]).status == 0)
        let fresh = try runProgram(
            "matter-prep", arguments + ["--out", folder.path("fresh"), "--quiet"])
        #expect(fresh.status == 0, "\(fresh.stderr)")
        for name in ["run.json", "manifest.jsonl", "files.jsonl"] {
            #expect(
                try WholeFile.read(folder.path("out/\(name)"))
                    == WholeFile.read(folder.path("fresh/\(name)")))
        }
        // Another size of tiles is another run.
        let other = try runProgram(
            "matter-prep", ["run", recipe, "--tile-size", "64", "--adopt", "--quiet"])
        #expect(other.status == 78 && !other.stderr.contains("with --adopt"), "\(other.stderr)")
    }
}
