import Foundation
import Manifests
import MatterModel
import Testing

struct RecipeTests {
    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "manifests/recipes").path

    static func text(_ name: String) throws -> String {
        try WholeFile.readText("\(folder)/\(name).toml")
    }

    /// The dotted keys of all values that are no sections.
    static func keys(of value: JSONValue, below prefix: String = "") -> [String] {
        guard let section = value.object else { return [prefix] }
        return section.flatMap { name, value in
            keys(of: value, below: prefix.isEmpty ? name : "\(prefix).\(name)")
        }
    }

    @Test(arguments: ["matter-demo", "matter-snapshot"])
    func everyValueOfOursSaysWhereItComesFrom(_ name: String) throws {
        let file = try RecipeFile(path: "\(Self.folder)/\(name).toml")
        #expect(file.recipe.name == name)
        let example = try JSONValue(encoding: Recipe.example)
        #expect(Set(file.rows.map(\.key)) == Set(Self.keys(of: example)))
        for row in file.rows {
            #expect(["paper", "snapshot", "ours"].contains(row.origin), "\(row.key)")
            #expect(!row.reason.isEmpty || row.origin == "snapshot", "\(row.key)")
        }
        let json = try JSONValue(encoding: file.recipe).serialized()
        #expect(try decodeStrictJSON(Recipe.self, from: Array(json.utf8)) == file.recipe)
    }

    @Test(arguments: [
        (
            "iterations = 3 ", "iteration = 3 ",
            "tern.iteration is no key of a recipe; the nearest is tern.iterations"
        ),
        ("crop = 64", "crop = \"64\"", "data.crop must be an integer, not a text in quotes"),
        ("window = 7 ", "window = 8 ", "patches.window must be odd"),
        (
            "kernel = \"pamr\"", "kernel = \"pam\"",
            "tern.kernel must be one of pamr, cosine-similar, cosine-printed"
        ),
        ("clusters = 32", "clusters = [32]", "encoding.clusters must be an integer, not a list"),
        ("\"B12\"]", "\"B13\"]", "data.bands must name distinct bands"),
    ])
    func mistakesAreNamedWithTheirPlace(_ old: String, _ new: String, _ message: String) throws {
        let text = try Self.text("matter-demo")
        try #require(text.contains(old))
        let changed = text.replacingOccurrences(of: old, with: new)
        let error = #expect(throws: ManifestError.self) {
            try RecipeFile(text: changed, path: "r.toml")
        }
        let index = changed.split(separator: "\n", omittingEmptySubsequences: false)
            .firstIndex { $0.contains(new) }
        let line = try #require(index) + 1
        #expect(error?.exitCode == .configuration)
        #expect(error?.path.hasPrefix("r.toml:\(line):") == true)
        #expect(error?.message.contains(message) == true, "\(error?.message ?? "")")
    }

    @Test func missingKeysAndBrokenTextsAreNamed() throws {
        let text = try Self.text("matter-demo")
        let without = text.split(separator: "\n").filter { !$0.hasPrefix("temperature") }
            .joined(separator: "\n")
        let missing = #expect(throws: ManifestError.self) {
            try RecipeFile(text: without, path: "r.toml")
        }
        #expect(missing?.message == "loss.temperature is missing; every recipe must give it")
        let broken = #expect(throws: ManifestError.self) {
            try RecipeFile(text: "name = \"x\"\nsteps = = 3\n", path: "r.toml")
        }
        #expect(broken?.path.hasPrefix("r.toml:2:") == true)
        #expect(broken?.exitCode == .configuration)
    }
}
