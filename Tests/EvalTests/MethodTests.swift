import Eval
import Foundation
import Manifests
import TestSupport
import Testing

/// Which runs are seeds of one method, and what methods are called.
@Suite("Methods")
struct MethodTests {
    private let fixture: TaskFixture
    private let protocols: [ScoreProtocol]

    init() throws {
        fixture = try TaskFixture()
        protocols = try Protocols.read(Checkout.path("manifests/protocols/pooled.toml"))
    }

    /// A small run that began with an encoder.
    @discardableResult
    private func run(
        _ path: String, seed: UInt64, encoder: String? = nil,
        from file: String = "encoder.safetensors",
        adjust: (inout TaskFixture.Run) -> Void = { _ in }
    ) throws -> String {
        var run = TaskFixture.Run()
        (run.seed, run.side, run.encoder) = (seed, 12, encoder)
        run.initialisation = encoder == nil ? "random" : file
        adjust(&run)
        return try fixture.change(path, run)
    }

    private func methods(_ folders: [String]) throws -> [MethodScores] {
        try ScoreSheet(
            folders.map { fixture.folder.path($0) }, protocols: protocols,
            resampling: ResamplingPlan(resamples: 0)
        ).methods
    }

    private func refusal(_ folders: [String]) -> String {
        do {
            let titles = try methods(folders).map(\.title)
            return "accepted: \(titles)"
        } catch {
            return (error as? any ExitCoded)?.exitCode == .badData ? "\(error)" : "other: \(error)"
        }
    }

    @Test("two encoders of one name are two methods, whatever their seeds", arguments: [1, 4])
    func encoders(from first: UInt64) throws {
        for seed in UInt64(0)..<3 {
            try run("a/seed-\(seed)", seed: 1 + seed, encoder: "aaaaaaaa0")
            try run("b/seed-\(seed)", seed: first + seed, encoder: "bbbbbbbb0")
        }
        let found = try methods(["a", "b"])
        #expect(found.map(\.seeds.count) == [3, 3])
        #expect(
            found.map(\.title) == [
                "unet, from encoder.safetensors, frozen, encoder aaaaaaaa",
                "unet, from encoder.safetensors, frozen, encoder bbbbbbbb",
            ])
        let compared = try Comparison(
            ["a", "b"].map { fixture.folder.path($0) }, protocols: protocols,
            resampling: ResamplingPlan(resamples: 20))
        #expect(compared.pairs.map(\.method) == [found[1].title])
        // The names of the first night would not be those of the second.
        let stage = """
            name = "named"
            [[stage]]
            name = "bench"
            command = ["cp", "-r", "\(fixture.folder.path("a"))", "\(fixture.folder.path("b"))", "."]
            scores = ["a", "b"]

            """
        try fixture.write("recipe.toml", stage)
        let night = try Nightly(
            Nightly.Plan(
                recipe: NightlyRecipe(path: fixture.folder.path("recipe.toml")),
                folder: fixture.folder.path("nights"), night: "1", protocols: protocols,
                programs: [])
        ).run()
        #expect(night.stages[0].status == .unreadable && night.stages[0].cause.contains("--name"))
    }

    @Test("seeds with an encoder each are one method where it is known that they are")
    func encodersOfSeeds() throws {
        let pattern = "seed-{seed}/encoder.safetensors"
        for seed in UInt64(1)...3 {
            // As an older matter-bench wrote it: the sweep says that the encoders follow from the seeds.
            try run("old/run/seed-\(seed)", seed: seed, encoder: "old\(seed)")
            try run("new/run/seed-\(seed)", seed: seed, encoder: "new\(seed)", from: pattern)
            try run("more/run/seed-\(seed)", seed: seed + 3, encoder: "more\(seed)", from: pattern)
        }
        for sweep in ["old", "new", "more"] { try fixture.write("\(sweep)/sweep.json", "{}") }
        for sweep in ["old", "new"] {
            let found = try methods([sweep])
            #expect(found.map(\.title) == ["unet, from encoder.safetensors, frozen"])
            #expect(found[0].seeds == [1, 2, 3] && found[0].encoders == 3)
        }
        let unknown = refusal(["new", "more"])
        #expect(unknown.contains("--name") && unknown.contains(pattern), "\(unknown)")
        for seed in UInt64(1)...3 {
            for (sweep, first, name) in [
                ("new", 0, "MATTER"), ("more", 3, "MATTER"), ("other", 0, "SeCo"),
            ] {
                try run(
                    "\(sweep)/run/seed-\(seed)", seed: seed + UInt64(first),
                    encoder: "\(sweep)\(seed)", from: pattern
                ) { $0.variant = name }
            }
        }
        let named = try methods(["new", "more", "other"])
        #expect(named.map(\.seeds.count) == [6, 3])
        #expect(named.map(\.title).map { $0.suffix(6) } == ["MATTER", ", SeCo"])
    }

    @Test("methods without training know data, encoder and seeds by the run around them")
    func methodsOfARun() throws {
        func write(_ home: String, seed: UInt64, plan: String, encoder: String, from file: String)
            throws
        {
            let method = "\(home)/methods/matter"
            try run(method, seed: seed) { $0.initialisation = file }
            try FileManager.default.removeItem(
                atPath: fixture.folder.path("\(method)/run.json"))
            let inputs = #"[{"path":"matter/e.safetensors","bytes":1,"sha256":"\#(encoder)"}]"#
            try fixture.write(
                "\(home)/run.json",
                #"{"plan":\#(plan),"inputs":\#(inputs),"dataset":{"sha256":"d1"}}"#)
        }
        for seed in UInt64(1)...2 {
            try write(
                "table/unsupervised-seed-\(seed)", seed: seed, plan: "{\"seed\":\(seed)}",
                encoder: "e\(seed)", from: "e-{seed}.safetensors")
            try write(
                "runs/\(seed)", seed: 0, plan: "{}", encoder: "e\(seed)", from: "e.safetensors")
        }
        let table = try methods(["table"])
        #expect(table.map(\.seeds) == [[1, 2]] && table.map(\.encoders) == [2])
        #expect(table.map(\.datasetDigest) == ["d1"])
        // Without seeds, two encoders of one name are two methods.
        #expect(try methods(["runs"]).map(\.seeds) == [[0], [0]])
    }

    @Test("combinations of a grid are methods, told by what differs")
    func combinations() throws {
        for (number, rate) in ["0.01", "0.1"].enumerated() {
            for seed in UInt64(1)...2 {
                try run("sweep/\(number)/seed-\(seed)", seed: seed) {
                    $0.plan =
                        #"{"name":"toy","data":{"options":{"cache":"/tmp/\#(seed)"}},"optimiser":{"learningRate":\#(rate),"clip":0}}"#
                }
            }
        }
        #expect(
            try methods(["sweep"]).map(\.title) == [
                "unet, from random, frozen, optimiser.learningRate 0.01",
                "unet, from random, frozen, optimiser.learningRate 0.1",
            ])
    }

    @Test("seeds of other classes, rules or data are not averaged: 65")
    func foreign() throws {
        try run("first", seed: 1)
        let cases: [(String, String, (inout TaskFixture.Run) -> Void)] = [
            ("classes", "other classes", { $0.classes = ["same", "other"] }),
            ("rule", "another rule", { $0.rule = "otsu" }),
            ("data", "digests differ", { $0.digest = "ffff" }),
            ("samples", "other samples", { $0.cities = ["rio"] }),
        ]
        for (folder, text, adjust) in cases {
            try run(folder, seed: 2, adjust: adjust)
            let refusal = refusal(["first", folder])
            #expect(refusal.contains(text), "\(refusal)")
        }
    }
}
