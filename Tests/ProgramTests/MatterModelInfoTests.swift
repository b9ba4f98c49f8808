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
        }
    }

    @Test func aValueSetByHandIsShownAndChecked() throws {
        let recipe = "\(Self.recipes)/matter-paper.toml"
        let good = try run("info", recipe, "--set", "tern.kernel=cosine-similar")
        #expect(good.status == 0 && good.stdout.contains("set by hand"))
        let bad = try run("info", recipe, "--set", "tern.kernel=cosin")
        #expect(
            bad.status == 78 && bad.stderr.hasPrefix("error: --set: tern.kernel must be one of"))
        let none = try run("info", recipe, "--set", "tern.kernel")
        #expect(none.status == 64)
    }

    @Test(arguments: ["embed", "words"])
    func whatIsMissingIsNamed(_ command: String) throws {
        let folder = try TemporaryFolder()
        let result = try run(
            command, folder.path("none.safetensors"), "--tiles", folder.path("tiles"), "--out",
            folder.path("out"))
        #expect(result.status == 66)
        #expect(result.stderr.contains("tiles/manifest.jsonl"))
        #expect(try run(command, "x", "--tiles", "t", "--out", "o", "--stride", "0").status == 64)
    }
}
