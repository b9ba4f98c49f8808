import Foundation
import Manifests
import TestSupport
import Testing

/// `matter-prep run RECIPE.toml` and what stands around it, by exit codes and lines.
@Suite struct MatterPrepRecipeTests {
    /// Two simulated dates of two regions, made once.
    static let earth: TemporaryFolder? = {
        guard let folder = try? TemporaryFolder() else { return nil }
        let made = try? runProgram(
            "matter-prep",
            [
                "simulate", "--out", folder.path("earth"), "--products", "l2a", "--regions", "2",
                "--size", "252", "--dates", "2", "--seed", "5", "--quiet",
            ])
        return made?.status == 0 ? folder : nil
    }()

    /// Writes a recipe over the simulated Earth.
    static func recipe(in folder: TemporaryFolder, _ more: String = "") throws -> String {
        let root = try #require(earth).path("earth/l2a")
        let names = try FileManager.default.contentsOfDirectory(atPath: root).sorted()
        var text = "output = \"out\"\n"
        for name in names {
            text += "[[region]]\nname = \"\(name)\"\npaths = [\"\(root)/\(name)\"]\n"
        }
        text += "[tiles]\nsize = 128\nbands = [\"B04\", \"B08\"]\n\(more)\n"
        try AtomicFile.write(text, to: folder.path("recipe.toml"))
        return folder.path("recipe.toml")
    }

    /// The recipe does it all, options override it, and the record holds what was resolved.
    @Test func aRecipeDoesAllAndOptionsOverride() throws {
        let folder = try TemporaryFolder()
        let recipe = try Self.recipe(in: folder)
        let result = try runProgram("matter-prep", ["run", recipe, "--quiet"])
        #expect(result.status == 0, "\(result.stderr)")
        #expect(try runProgram("matter-prep", ["verify", folder.path("out")]).status == 0)
        let plan = try RunRecord(readingFrom: folder.path("out")).plan
        #expect(plan["settings"]?["tileSize"]?.int == 128)
        #expect(plan["regions"]?.array?.count == 2)
        let other = try runProgram(
            "matter-prep",
            [
                "run", recipe, "--out", folder.path("other"), "--tile-size", "256", "--bands",
                "B04", "--compression", "deflate", "--overviews", "--quiet",
            ])
        #expect(other.status == 0, "\(other.stderr)")
        let overridden = try RunRecord(readingFrom: folder.path("other")).plan
        #expect(overridden["settings"]?["tileSize"]?.int == 256)
        #expect(overridden["settings"]?["compression"] == "deflate")
        #expect(overridden["settings"]?["writesOverviews"] == true)
        #expect(plan["settings"]?["compression"] == "zstd")
        #expect(overridden["regions"]?[0]?["bands"] == ["B04"])
    }

    /// A run by options and the run by the recipe that says the same give the same record.
    @Test func theRecordIsTheSameEitherWay() throws {
        let folder = try TemporaryFolder()
        let recipe = try Self.recipe(in: folder)
        let root = try #require(Self.earth).path("earth/l2a")
        let regions = try FileManager.default.contentsOfDirectory(atPath: root).flatMap {
            ["--region", "\($0)=\(root)/\($0)"]
        }
        #expect(try runProgram("matter-prep", ["run", recipe, "--quiet"]).status == 0)
        let byOptions = try runProgram(
            "matter-prep",
            ["run", "--out", folder.path("b"), "--tile-size", "128", "--bands", "B04,B08"]
                + regions + ["--quiet"])
        #expect(byOptions.status == 0, "\(byOptions.stderr)")
        for name in ["run.json", "manifest.jsonl", "leftout.jsonl"] {
            #expect(
                try WholeFile.read(folder.path("out/\(name)"))
                    == WholeFile.read(folder.path("b/\(name)")))
        }
    }

    @Test func faultsOfARecipeAreOneLine() throws {
        let folder = try TemporaryFolder()
        func expect(_ arguments: [String], _ status: Int32, _ words: String) throws {
            let result = try runProgram("matter-prep", ["run"] + arguments)
            #expect(result.status == status, "\(result.stderr)")
            #expect(result.stderr.contains(words), "\(result.stderr)")
        }
        let recipe = try Self.recipe(in: folder, "sise = 3")
        try expect([recipe], 78, "recipe.toml:11:1: tiles.sise is no key of a recipe")
        try expect([folder.path("none.toml")], 66, "none.toml")
        try expect([], 64, "Give a recipe")
        try AtomicFile.write("[tiles]\n", to: folder.path("empty.toml"))
        try expect([folder.path("empty.toml"), "--out", folder.path("o")], 64, "no [[region]]")
        try expect(
            ["--region", "a=\(folder.path)", "--tile-stride", "0", "--out", folder.path("o")], 64,
            "--tile-stride")
        try expect(
            ["--region", "a=\(folder.path)", "--smallest-share", "1.1", "--out", folder.path("o")],
            64, "--smallest-share")
    }

    @Test func aDryRunCountsAndWritesNothing() throws {
        let folder = try TemporaryFolder()
        let recipe = try Self.recipe(in: folder)
        let before = folder.files()
        let result = try runProgram("matter-prep", ["run", recipe, "--dry-run"])
        #expect(result.status == 0, "\(result.stderr)")
        #expect(result.stdout.contains("4 scenes of"), "\(result.stdout)")
        #expect(result.stdout.contains("16 tiles") && result.stdout.contains("estimate"))
        #expect(folder.files() == before)
    }
}
