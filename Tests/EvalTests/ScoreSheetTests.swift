import Eval
import Foundation
import Manifests
import Metrics
import TestSupport
import Testing

@Suite("Scores of tasks")
struct ScoreSheetTests {
    private let protocols: [ScoreProtocol]

    init() throws { protocols = try Protocols.read(Checkout.path("manifests/protocols")) }

    private func sheet(_ runs: [String], resamples: Int = 64) throws -> ScoreSheet {
        try ScoreSheet(runs, protocols: protocols, resampling: ResamplingPlan(resamples: resamples))
    }

    @Test("every protocol of the suite reads, and has sources for what it decides")
    func protocolsRead() throws {
        #expect(protocols.first?.name == "pooled")
        #expect(
            Set(protocols.map(\.name)).isSuperset(of: [
                "seco", "daudt", "ssl4eo", "ssl4eo-bigearthnet", "matter-snapshot",
                "matter-snapshot-unsupervised", "matter-snapshot-spacenet", "torchgeo", "cities",
            ]))
        for value in protocols {
            let path = Checkout.path("manifests/protocols/\(value.name).toml")
            let head = try WholeFile.readText(path).split(separator: "[sources]")[0]
            let keys = head.matches(of: /(?m)^([a-z_]+) =/).map { String($0.1) }
            let unnamed = Set(keys).subtracting(["name", "title", "tasks"])
                .subtracting(value.sources.keys)
            #expect(keys.count > 3 && unnamed.isEmpty, "\(value.name): \(unnamed.sorted())")
        }
    }

    @Test("pooled scores are those of all pixels; ignored ones are not scored")
    func pooled() throws {
        let fixture = try TaskFixture()
        let sheet = try sheet([try fixture.change("run")])
        let method = sheet.methods[0]
        #expect(method.present == 3 * 1600 && method.scored == 3 * 1520)
        let f1 = try #require(method.score("pooled", .f1))
        let precision = try #require(method.score("pooled", .precision)?.value)
        let recall = try #require(method.score("pooled", .recall)?.value)
        #expect(abs((f1.value ?? 0) - 2 * precision * recall / (precision + recall)) < 1e-12)
        #expect(f1.sample?.groups == 3 && f1.seeds.lower == nil)
        #expect(f1.definition.contains("2 TP"))
        #expect(method.confusion.joined().reduce(0, +) == method.scored)
        #expect(method.byGroup.map(\.group) == ["beirut", "paris", "rio"])
        #expect(method.score("pooled", .averagePrecision)?.value != nil)
    }

    @Test("the same predictions give other numbers under other protocols")
    func protocolsDiffer() throws {
        let fixture = try TaskFixture()
        var run = TaskFixture.Run()
        run.side = 100
        let method = try sheet([try fixture.change("run", run)]).methods[0]
        let values = ["pooled", "cities", "torchgeo"].map { method.score($0, .f1)?.value }
        #expect(Set(values).count == 3)
        // Pooled over whole cities is pooled, whoever did it.
        #expect(method.score("daudt", .f1)?.value == values[0])
        // All patches of 96 px are in one batch here, which is the pool.
        #expect(method.score("ssl4eo", .f1)?.value == values[0])
        // No batch of 32 is full: nothing is scored.
        #expect(method.score("seco", .f1)?.value == nil)
        #expect(method.score("seco", .f1)?.sample == nil)
    }

    @Test("runs that differ by seed only are put together")
    func seeds() throws {
        let fixture = try TaskFixture()
        for seed in 1...3 {
            var run = TaskFixture.Run()
            run.seed = UInt64(seed)
            try fixture.change("sweep/unet/seed-\(seed)", run)
        }
        let sheet = try sheet([fixture.folder.path("sweep")])
        #expect(sheet.methods.count == 1 && sheet.methods[0].seeds == [1, 2, 3])
        let score = try #require(sheet.methods[0].score("pooled", .f1))
        #expect(score.perSeed.count == 3 && score.seeds.lower != nil)
        #expect(score.value == score.seeds.spread.mean)
        #expect((score.sample?.lower ?? 1) <= (score.value ?? 0))
        #expect(!sheet.notices.contains { $0.text.contains("no interval over seeds") })
    }

    @Test("land cover: four averages, and batches as training loops log them")
    func multilabel() throws {
        let fixture = try TaskFixture()
        let method = try sheet([try fixture.multilabel("run")]).methods[0]
        #expect(method.groups == 15 && method.classes.count == 5)
        for metric in [MetricName.macro, .micro, .weighted, .samples] {
            #expect(method.score("pooled", metric)?.value != nil)
            #expect(method.score("pooled", metric)?.sample?.lower != nil)
        }
        let batches = try #require(method.score("matter-snapshot-bigearthnet", .micro))
        #expect(batches.units?.count == 4 && batches.sample == nil)
        // Batches of patches of cities say nothing of land cover.
        #expect(method.score("ssl4eo", .micro) == nil)
        #expect(method.score("ssl4eo-bigearthnet", .micro)?.units?.count == 1)
    }

    @Test("of change, the means over both classes are told too, from the same counts")
    func bothClasses() throws {
        let fixture = try TaskFixture()
        let method = try sheet([try fixture.change("run")]).methods[0]
        let counts = method.confusion
        func iou(_ own: Int) -> Double {
            let other = 1 - own
            return Double(counts[own][own])
                / Double(counts[own][own] + counts[own][other] + counts[other][own])
        }
        func f1(_ own: Int) -> Double { 2 * iou(own) / (1 + iou(own)) }
        #expect(abs((method.score("pooled", .meanIoU)?.value ?? 0) - (iou(0) + iou(1)) / 2) < 1e-12)
        #expect(abs((method.score("pooled", .meanF1)?.value ?? 0) - (f1(0) + f1(1)) / 2) < 1e-12)
    }

    @Test(
        "what 0/0 counts as holds for pooled scores, for swaps of groups and for batches of labels too"
    )
    func undefined() throws {
        let fixture = try TaskFixture()
        func values(_ unit: String, _ run: String, _ metric: MetricName) throws -> [Double?] {
            try ["leave out", "zero", "one"].map { undefined in
                try fixture.write(
                    "one.toml",
                    """
                    name = "one"
                    title = "One"
                    tasks = ["change", "multilabel"]
                    \(unit)
                    undefined = "\(undefined)"

                    """)
                let sheet = try ScoreSheet(
                    [run], protocols: Protocols.read(fixture.folder.path("one.toml")),
                    resampling: ResamplingPlan(resamples: 8))
                let score = try #require(sheet.methods[0].score("one", metric))
                #expect(score.sample.map { $0.lower == score.value } ?? true)
                return score.value
            }
        }
        // Nothing is called and nothing has changed: precision is 0/0 in every city, and in all of them.
        var empty = TaskFixture.Run()
        (empty.side, empty.skill, empty.threshold) = (4, 0, 2)
        let run = try fixture.change("empty", empty)
        #expect(try values("unit = \"all\"", run, .precision) == [nil, 0, 1])
        #expect(try values("unit = \"group\"", run, .precision) == [nil, 0, 1])
        // Batches of one image, four of which have no label: of them there is no average precision.
        let lists = try fixture.multilabel(
            "lists", classes: 2, scores: [Float](repeating: 0.5, count: 10),
            labels: [1, 0] + [UInt8](repeating: 0, count: 8))
        #expect(
            try values("unit = \"batch\"\nbatch = 1\naverage = \"micro\"", lists, .micro) == [
                0.5, 0.1, 0.9,
            ])
    }

    @Test("the snapshot's windows: what is called where nothing has changed is not seen")
    func windowsWithChange() throws {
        let fixture = try TaskFixture()
        // Two windows of 128 px and a strip at the edge; the first holds 100 pixels of change.
        let width = 300
        func image(_ name: String, called: (Int, Int) -> Bool, hasChange: Bool) -> TaskFixture.Image
        {
            let places = (0..<128 * width).map { (row: $0 / width, column: $0 % width) }
            return .init(
                name: name, width: width,
                scores: places.map { called($0.row, $0.column) ? 1 : 0 },
                truth: places.map { hasChange && $0.row < 10 && $0.column < 10 ? 1 : 0 })
        }
        let run = try fixture.change(
            "run",
            images: [
                // Right but for ten false alarms beside the change, and all of the other windows.
                image(
                    "busy", called: { $0 < 10 && $1 < 11 || $1 >= 128 }, hasChange: true),
                image("quiet", called: { _, _ in true }, hasChange: false),
            ])
        let method = try sheet([run]).methods[0]
        #expect(method.score("matter-snapshot", .precision)?.value == 100.0 / 110)
        #expect(method.score("matter-snapshot", .recall)?.value == 1)
        let pooled = try #require(method.score("pooled", .precision)?.value)
        #expect(pooled < 0.01)
        #expect(method.score("daudt", .precision)?.value == pooled)
        // Of 32 px it is the same first window, and of buildings it says nothing.
        #expect(method.score("matter-snapshot-unsupervised", .precision)?.value == 100.0 / 110)
        #expect(method.score("matter-snapshot-spacenet", .precision) == nil)
        #expect(
            method.score("matter-snapshot", .f1)?.definition.contains("hold a pixel of change")
                == true)
    }

    @Test("the oracle is the best of all thresholds, not of those that are drawn")
    func oracle() throws {
        let fixture = try TaskFixture()
        let count = 100_000
        var run = TaskFixture.Run()
        // Between the ranks 20 and 21: just what has changed is called.
        run.threshold = (Double(count) - 20.5) / Double(count)
        let image = TaskFixture.Image(
            name: "rio", width: 400, scores: (0..<count).map { Float($0) / Float(count) },
            truth: (0..<count).map { $0 >= count - 20 ? 1 : 0 })
        let method = try sheet([try fixture.change("run", run, images: [image])]).methods[0]
        #expect(method.score("pooled", .f1)?.value == 1)
        let curve = try #require(method.thresholdCurve)
        #expect(curve.best?.f1 == 1)
        #expect(curve.points.contains { $0.f1 == 1 } && curve.points.count <= 400)
    }

    @Test("pixels beyond what a curve may keep cost the curve, with a word, and nothing else")
    func tooManyPixels() throws {
        let fixture = try TaskFixture()
        var run = TaskFixture.Run()
        run.skill = 0
        let folder = try fixture.change("run", run)
        func sheet(_ limit: Int) throws -> ScoreSheet {
            try ScoreSheet(
                [folder], protocols: protocols, resampling: ResamplingPlan(resamples: 0),
                curveLimit: limit)
        }
        let (all, few) = (try sheet(3 * 1600), try sheet(3 * 1600 - 400))
        #expect(all.methods[0].thresholdCurve != nil && few.methods[0].thresholdCurve == nil)
        #expect(few.methods[0].score("pooled", .averagePrecision) == nil)
        #expect(few.methods[0].score("pooled", .f1) == all.methods[0].score("pooled", .f1))
        #expect(few.methods[0].calibration == all.methods[0].calibration)
        #expect(all.methods[0].calibration?.total == Int64(3 * 1520))
        #expect(few.notices.contains { $0.text.contains("4800 pixels, too many for a curve") })
        #expect(!all.notices.contains { $0.text.contains("too many") })
    }

    @Test("the sheet is the same for the same runs, and is JSON without NaN")
    func deterministic() throws {
        let fixture = try TaskFixture()
        let run = try fixture.change("run")
        let first = try encodeCanonicalJSON(sheet([run]))
        #expect(try first == encodeCanonicalJSON(sheet([run])))
        #expect(try decodeStrictJSON(ScoreSheet.self, from: first) == sheet([run]))
    }

    @Test("a test split that was selected on, and an oracle, are flagged")
    func flagged() throws {
        let fixture = try TaskFixture()
        var run = TaskFixture.Run()
        run.selection = "test"
        let sheet = try sheet([try fixture.change("run", run)])
        #expect(
            sheet.notices.contains {
                $0.severity == .warning && $0.text.contains("selected on the split")
            })
        #expect(sheet.notices.contains { $0.text.contains("torn line") })
    }

    @Test("a split that was selected on is flagged by its own name, and by that of older runs")
    func flaggedByName() throws {
        for (selection, program, isFlagged) in [
            ("val", "matter-bench run", true), ("held-out", "matter-bench run", false),
            ("test", "matter-bench run", true), ("test", "matter-bench predict", false),
        ] {
            let fixture = try TaskFixture()
            var run = TaskFixture.Run()
            run.selection = selection
            let path = try fixture.change("run", run)
            // As SeCo does with BigEarthNet: what is scored is called "val".
            for (name, key, value) in [
                ("task.json", "split", "val"), ("run.json", "program", program),
            ] {
                let file = "\(path)/\(name)"
                var members = try #require(
                    JSONValue.parse(WholeFile.read(file), path: file).object)
                members[key] = .string(value)
                try AtomicFile.write(JSONValue.object(members).serialized(), to: file)
            }
            let notices = try sheet([path]).notices
            #expect(
                notices.contains { $0.text.contains("selected on the split") } == isFlagged,
                "\(selection), \(program)")
        }
    }
}

@Suite("Runs of tasks that are not whole or not right")
struct BadTaskTests {
    private func failure(_ folders: [String]) throws -> (code: ExitCode?, text: String) {
        let protocols = try Protocols.read(Checkout.path("manifests/protocols"))
        do {
            _ = try ScoreSheet(
                folders, protocols: protocols, resampling: ResamplingPlan(resamples: 0))
            return (nil, "")
        } catch {
            return ((error as? any ExitCoded)?.exitCode, "\(error)")
        }
    }

    @Test("a prediction that is missing is listed, 66; one too many, 65")
    func missing() throws {
        let fixture = try TaskFixture()
        let run = try fixture.change("run")
        try FileManager.default.removeItem(atPath: "\(run)/predictions/rio.safetensors")
        let missing = try failure([run])
        #expect(missing.code == .inputMissing && missing.text.contains("rio"))
        try fixture.change("run")
        try fixture.write("run/predictions/extra.safetensors", "x")
        let extra = try failure([run])
        #expect(extra.code == .badData && extra.text.contains("extra"))
    }

    @Test(
        "a score that is no number, sizes that differ, a label that is no class: 65, naming the file"
    )
    func wrong() throws {
        let fixture = try TaskFixture()
        let run = try fixture.change("run")
        let path = "run/predictions/rio.safetensors"
        let good = (0..<4).flatMap { _ in TaskFixture.bytes(0.5) }
        let bad = TaskFixture.bytes(.nan) + good.dropFirst(4)
        let cases: [([UInt8], String)] = [
            (
                TaskFixture.arrays([
                    ("score", "F32", [2, 2], bad), ("label", "U8", [2, 2], [0, 1, 0, 1]),
                ]), "row 0, column 0"
            ),
            (
                TaskFixture.arrays([
                    ("score", "F32", [2, 2], good), ("label", "U8", [1, 4], [0, 1, 0, 1]),
                ]), "must be of one size"
            ),
            (
                TaskFixture.arrays([
                    ("score", "F32", [2, 2], good), ("label", "U8", [2, 2], [0, 7, 0, 1]),
                ]), "neither a class"
            ),
            (TaskFixture.arrays([("score", "F32", [2, 2], good)]), "no array \"label\""),
            (
                Array(TaskFixture.arrays([("score", "F32", [2, 2], good)]).dropLast(3)),
                "not a safetensors"
            ),
            ([1, 2, 3], "not a safetensors"),
        ]
        for (bytes, text) in cases {
            try fixture.write(path, bytes)
            let failure = try failure([run])
            #expect(failure.text.contains(text), "\(failure.text)")
            #expect(failure.text.contains("rio.safetensors") && !failure.text.contains("\n"))
        }
    }

    @Test("no run, another format, a sample twice, a seed twice")
    func records() throws {
        let fixture = try TaskFixture()
        #expect(try failure([fixture.folder.path]).code == .inputMissing)
        let run = try fixture.change("run")
        let other = try fixture.change("other")
        #expect(try failure([run, other]).text.contains("same method and seed"))
        var twice = TaskFixture.Run()
        twice.cities = ["rio", "rio"]
        #expect(try failure([try fixture.change("twice", twice)]).text.contains("rio twice"))
        let text = try String(contentsOfFile: "\(run)/task.json", encoding: .utf8)
        try fixture.write("run/task.json", text.replacing("matter-task/1", with: "matter-task/9"))
        #expect(try failure([run]).text.contains("matter-task/9"))
    }

    @Test("objects of some samples only, a line of no sample: neither is averaged over the rest")
    func objects() throws {
        let fixture = try TaskFixture()
        let run = try fixture.segmentation(
            "run", classes: 2, prediction: [0, 1, 0, 1, 0, 1], truth: [0, 1, 0, 1, 1, 1])
        func line(_ key: String) -> String {
            #"{"key":"\#(key)","objects":{"truePositives":1,"falsePositives":0,"falseNegatives":1}}"#
                + "\n"
        }
        let all = ["chip-0", "chip-1", "chip-2"].map(line)
        try fixture.write("run/counts.jsonl", all.joined())
        #expect(try failure([run]).code == nil)
        for text in [all[0] + all[2], all[0] + all[2] + String(all[1].dropLast(5))] {
            try fixture.write("run/counts.jsonl", text)
            let failure = try failure([run])
            #expect(failure.code == .inputMissing && failure.text.contains("chip-1"))
        }
        try fixture.write("run/counts.jsonl", all.joined() + line("chip-9"))
        let strange = try failure([run])
        #expect(strange.code == .badData && strange.text.contains("chip-9"))
    }

    @Test(
        "a city in which a rule of its own finds no threshold has no calls; one without a line is 66",
        arguments: ["otsu", "minimum-error", "unimodal"])
    func noThreshold(rule: String) throws {
        let fixture = try TaskFixture()
        var run = TaskFixture.Run()
        // Each city has its own threshold.
        (run.rule, run.threshold) = (rule, nil)
        func image(_ name: String, _ scores: [Float]) -> TaskFixture.Image {
            .init(name: name, width: 2, scores: scores, truth: [0, 0, 1, 1])
        }
        let path = try fixture.change(
            "run", run, images: [image("flat", [0, 0, 0, 0]), image("rio", [0, 0.5, 1, 1])])
        let rio = #"{"key":"rio","threshold":0.75}"# + "\n"
        try fixture.write("run/counts.jsonl", #"{"key":"flat","threshold":null}"# + "\n" + rio)
        let protocols = try Protocols.read(Checkout.path("manifests/protocols/pooled.toml"))
        let method = try ScoreSheet(
            [path], protocols: protocols, resampling: ResamplingPlan(resamples: 0)
        ).methods[0]
        #expect(method.score("pooled", .precision)?.value == 1)
        #expect(method.score("pooled", .recall)?.value == 0.5)
        try fixture.write("run/counts.jsonl", rio)
        let failure = try failure([path])
        #expect(failure.code == .inputMissing && failure.text.contains("flat"))
    }

    @Test("a protocol that is wrong is named with line and column")
    func protocols() throws {
        let fixture = try TaskFixture()
        try fixture.write("a.toml", "name = \"a\"\ntitle = \"A\"\nunit = \"batch\"\n")
        let error = #expect(throws: ManifestError.self) {
            try Protocols.read(fixture.folder.path("a.toml"))
        }
        #expect(error?.description.contains("a.toml:3") == true)
        let head = "name = \"b\"\ntitle = \"B\"\n"
        for (text, word) in [
            ("unitt = 3", "did you mean unit?"), ("unitt = \"batch\"", "did you mean unit?"),
            ("undefind = \"zero\"", "did you mean undefined?"), ("split = 3", "must be text"),
            ("batch = 3", "unit is \"all\""), ("seed = 3", "unit is \"all\""),
            ("edge = \"drop\"", "patch_px"),
            ("patch_px = 8\nwindows = \"with change\"", "is of change"),
        ] {
            try fixture.write("b.toml", "\(head)\(text)\n")
            let error = #expect(throws: ManifestError.self) {
                try Protocols.read(fixture.folder.path("b.toml"))
            }
            #expect(error?.exitCode == .configuration)
            #expect(error?.description.contains(word) == true, "\(error?.description ?? "")")
        }
        for name in ["one", "two"] { try fixture.write("same/\(name).toml", head) }
        let twice = #expect(throws: ManifestError.self) {
            try Protocols.read(fixture.folder.path("same"))
        }
        #expect(twice?.description.contains("two.toml") == true)
        #expect(twice?.exitCode == .configuration)
        #expect(throws: EvalError.self) { try Protocols.read(fixture.folder.path("none")) }
    }
}
