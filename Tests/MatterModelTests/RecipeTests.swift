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

    @Test(arguments: ["matter-demo", "matter-paper", "matter-snapshot"])
    func everyValueOfOursSaysWhereItComesFrom(_ name: String) throws {
        let file = try RecipeFile(path: "\(Self.folder)/\(name).toml")
        #expect(file.recipe.name == name)
        let example = try JSONValue(encoding: Recipe.example)
        let (given, known) = (Set(file.rows.map(\.key)), try JSONValue(encoding: Recipe.kinds))
        #expect(given.isSuperset(of: Self.keys(of: example)))
        #expect(given.isSubset(of: Self.keys(of: known)))
        #expect(file.recipe.data.pairs != nil)
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
        ("temperature = 0.1 ", "temperature = inf ", "loss.temperature must be a finite number"),
        (
            "learningRate = 0.001 ", "learningRate = nan ",
            "optimiser.learningRate must be a finite number"
        ),
        (
            "perImage = 24 ", "perImage = 9223372036854775807 ", "patches.perImage must be 1…65536"
        ),
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

    @Test func onePatchIsTooFew() throws {
        #expect(throws: Never.self) { try Self.changed("data.batch=1") }
        #expect(throws: Never.self) { try Self.changed("patches.perImage=1") }
        let error = #expect(throws: ManifestError.self) {
            try Self.changed("data.batch=1", "patches.perImage=1")
        }
        #expect(error?.message.contains("two patches or more") == true)
    }

    /// Recipes of before there were these keys mean what they meant, and are written as they were.
    @Test func someKeysMayBeLeftOut() throws {
        #expect(Recipe.example.data.pairs == nil && Recipe.example.patches.inferenceWindow == nil)
        let text = try JSONValue(encoding: Recipe.example).serialized()
        #expect(!text.contains("pairs") && !text.contains("inferenceWindow"))
        #expect(Recipe.example.encoding.of == nil && !text.contains("\"of\""))
        #expect(try Self.changed("encoding.of=positions").recipe.encoding.of == .positions)
        #expect(try decodeStrictJSON(Recipe.self, from: Array(text.utf8)) == .example)
        #expect(try Self.changed("patches.inferenceWindow=9").rows.last?.value == "9")
        #expect(try Self.changed().recipe.patches.windowInInference == 7)
    }

    /// The authors' code: 7 pixels in training and 13 in inference, a rate that stays; unchanged regions, as in the paper.
    @Test func theSnapshotsValuesAreTheSnapshots() throws {
        let snapshot = try RecipeFile(path: "\(Self.folder)/matter-snapshot.toml").recipe
        #expect(snapshot.patches.window == 7 && snapshot.patches.windowInInference == 13)
        #expect(snapshot.optimiser.schedule == .constant)
        #expect(snapshot.data.pairs == .unchanged)
        #expect(try Self.changed().recipe.data.pairs == .unchanged)
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

    /// All that is known to be wrong in the authors' code, by a word of each.
    @Test func theSnapshotNamesItsDefects() throws {
        let file = try RecipeFile(path: "\(Self.folder)/matter-snapshot.toml")
        let words = [
            "cross-entropy", "overwritten", "own region", "6 px", "lower border", "standardised in",
            "divided by 2", "|sum(f1 - f2)|", "32 windows", "changes alone", "last batch",
            "best epoch", "n_samples", "13 channels", "0.0003", "-0.2", "no parameters",
            "2048 channels", "one pixel", "does not run",
        ]
        for word in words {
            #expect(file.defects.count { $0.what.contains(word) } == 1, "\(word)")
        }
        #expect(file.defects.count == words.count)
        #expect(RecipeSummary(file).defects == file.defects)
        #expect(!(try JSONValue(encoding: file.recipe).serialized().contains("defect")))
    }

    @Test(arguments: [
        "[[defect]]\nwhat = \"a\"", "[[defect]]\nwhat = \"a\"\nhere = \"\"",
        "[[defect]]\nwhat = \"a\"\nhere = 1", "[[defect]]\nwhat = \"a\"\nhere = \"b\"\nby = \"c\"",
    ])
    func aDefectIsTwoTexts(_ defect: String) throws {
        let text = try Self.text("matter-demo")
        let error = #expect(throws: ManifestError.self) {
            try RecipeFile(text: text + defect, path: "r.toml")
        }
        #expect(error?.exitCode == .configuration)
        let line = text.split(separator: "\n", omittingEmptySubsequences: false).count
        #expect(error?.path.hasPrefix("r.toml:\(line):") == true, "\(error?.path ?? "")")
        #expect(error?.message.contains("must have two texts") == true)
    }

    /// What only the official code or our own reason speaks for is not the paper's.
    @Test func nothingIsThePapersThatItDoesNotSay() throws {
        func origin(_ recipe: String, _ key: String) throws -> String? {
            try RecipeFile(path: "\(Self.folder)/\(recipe).toml").rows.first { $0.key == key }?
                .origin
        }
        for name in ["matter-demo", "matter-paper", "matter-snapshot"] {
            #expect(try origin(name, "encoder.stem") == "snapshot")
        }
        #expect(try origin("matter-paper", "encoder.backbone") == "snapshot")
        // The snapshot's rate is constant.
        for name in ["matter-demo", "matter-paper"] {
            #expect(try origin(name, "optimiser.schedule") == "ours")
        }
    }

    static func changed(_ settings: String...) throws -> RecipeFile {
        try RecipeFile(
            text: text("matter-paper"), path: "r.toml",
            settings: settings.map { try #require(RecipeSetting($0)) })
    }

    @Test func valuesCanBeSetByHand() throws {
        let file = try Self.changed(
            "tern.kernel=cosine-similar", "tern.layers=[[1, 2]]", "loss.temperature=0.07")
        #expect(file.recipe.tern.kernel == .cosineSimilar && file.recipe.tern.layers == [[1, 2]])
        #expect(file.recipe.loss.temperature == 0.07)
        let row = try #require(file.rows.first { $0.key == "tern.kernel" })
        #expect(row.origin == "ours" && row.value == "\"cosine-similar\"")
        #expect(row.reason.contains("by hand"))
        #expect(RecipeSetting("=1") == nil && RecipeSetting("a=") == nil)
    }

    /// What several keys make together is told at the one that can be mended.
    @Test func tooManyBranchesAreToldAtTheFeatures() {
        let branches = repeatElement("1", count: 40).joined(separator: ", ")
        let error = #expect(throws: ManifestError.self) {
            try Self.changed("encoder.aspp=[\(branches)]")
        }
        #expect(error?.exitCode == .configuration && error?.path.hasPrefix("r.toml:") == true)
        #expect(error?.message.contains("must not make more") == true, "\(error?.message ?? "")")
    }

    @Test(arguments: [
        ("tern.kernl=pamr", "is no key of a recipe; the nearest is tern.kernel"),
        ("tern.kernel=pam", "must be one of pamr"), ("patches.window=8", "must be odd"),
        ("loss.margin=inf", "must be a finite number"),
        ("data.pairs=some", "must be one of all, unchanged"),
        ("patches.inferenceWindow=8", "must be odd"),
        ("encoding.of=all", "must be one of mean, positions"),
        ("encoder.features=65536", "must not make more than 2^27 learned values"),
        ("tern=3", "must be a section"), ("data.crop=x", "must be an integer, not a text"),
    ])
    func mistakesByHandAreNamed(_ setting: String, _ message: String) {
        let error = #expect(throws: ManifestError.self) { try Self.changed(setting) }
        #expect(error?.exitCode == .configuration && error?.path == "--set")
        #expect(error?.message.contains(message) == true, "\(error?.message ?? "")")
    }
}
