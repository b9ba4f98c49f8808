import Foundation
import Manifests
import TestSupport
import Testing

/// `matter-model info`, and what `embed` and `words` say when they are given nothing to work on.
@Suite struct MatterModelInfoTests {
    static let recipes = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "manifests/recipes").path

    private func run(_ words: String...) throws -> ProgramResult {
        try runProgram("matter-model", words)
    }

    @Test func everyShippedRecipeTellsWhereItsValuesComeFrom() throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: Self.recipes)
            .filter { $0.hasPrefix("matter-") && $0.hasSuffix(".toml") }
        #expect(names.count >= 3)
        for name in names {
            let result = try run("info", "\(Self.recipes)/\(name)", "--json")
            #expect(result.status == 0 && result.stderr.isEmpty)
            let json = try JSONValue.parse(Array(result.stdout.utf8))
            guard case .array(let values)? = json["values"] else {
                Issue.record("\(name): no values")
                continue
            }
            for value in values {
                let origin = value["origin"]?.string ?? ""
                #expect(["paper", "snapshot", "ours"].contains(origin), "\(name): \(value)")
            }
            #expect((json["cost"]?["multiplicationsAPatch"]?.int ?? 0) > 1_000_000)
            #expect((json["fixed"]?.array?.count ?? 0) > 20)
        }
    }

    /// What nobody can set, and what is wrong in the authors' code, is printed too.
    @Test func whatIsFixedAndWhatIsWrongInTheSourceIsPrinted() throws {
        let snapshot = try run("info", "\(Self.recipes)/matter-snapshot.toml")
        let lines = snapshot.stdout.split(separator: "\n")
        for start in ["tern.cosine.floor", "encoder.activation", "optimiser.trust"] {
            #expect(lines.count { $0.hasPrefix(start) } == 1, "\(start)")
        }
        #expect(snapshot.stdout.contains("|sum(f1 - f2)|"))
        let demo = try run("info", "\(Self.recipes)/matter-demo.toml")
        #expect(demo.status == 0 && !demo.stdout.contains("defect"))
    }

    @Test func aValueSetByHandIsShownAndChecked() throws {
        let recipe = "\(Self.recipes)/matter-paper.toml"
        let good = try run("info", recipe, "--set", "tern.kernel=cosine-similar")
        #expect(good.status == 0 && good.stdout.contains("set by hand"))
        let bad = try run("info", recipe, "--set", "tern.kernel=cosin")
        #expect(
            bad.status == 78 && bad.stderr.hasPrefix("error: --set: tern.kernel must be one of"))
        // More learned values than the memory holds, and a number that no product of two holds.
        for setting in ["encoder.features=65536", "patches.perImage=9223372036854775807"] {
            #expect(try run("info", recipe, "--set", setting).status == 78)
        }
        let none = try run("info", recipe, "--set", "tern.kernel")
        #expect(none.status == 64)
    }

    @Test(arguments: [("--steps", "5000000000000000000"), ("--timeout", "9300000000000000")])
    func numbersThatNoRunHasAreRefused(_ option: String, _ value: String) throws {
        let result = try run(
            "pretrain", "--store", "s", "--recipe", "\(Self.recipes)/matter-paper.toml", "--out",
            "o", option, value)
        #expect(result.status == 64 && result.stderr.contains(option))
    }

    @Test(arguments: ["embed", "words"])
    func whatIsMissingIsNamed(_ command: String) throws {
        let folder = try TemporaryFolder()
        let result = try run(
            command, folder.path("none.safetensors"), "--tiles", folder.path("tiles"), "--out",
            folder.path("out"))
        #expect(result.status == 66)
        #expect(result.stderr.contains("tiles/manifest.jsonl"))
        for stride in ["0", "4000000000", "9223372036854775807"] {
            let refused = try run(command, "x", "--tiles", "t", "--out", "o", "--stride", stride)
            #expect(refused.status == 64)
        }
    }
}
